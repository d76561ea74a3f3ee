/** DeepLabv3: a class for every cell, from dilated windows of several sizes side by side. */
import * as nn from '../nn/index.ts'
import { resize } from '../ops/resize.ts'
import { convNorm } from './blocks/convNorm.ts'
import {
  type ClassifierOptions,
  checkCounts,
  classifierSizes,
  dropoutOption,
} from './blocks/options.ts'
import { residualBody } from './blocks/residual.ts'
import { type ConvSettings, spaceOf } from './blocks/space.ts'
import { wired } from './blocks/wired.ts'

export interface DeepLabV3Options extends ClassifierOptions {
  /** Dilations of the three wide branches. 12, 24 and 36 by default. */
  readonly dilations?: readonly [number, number, number]
  /** The probability of dropping a value after the branches in training. 0.5 by default. */
  readonly dropout?: number
}

const images = spaceOf('deeplabv3Resnet50')

const unit = (settings: ConvSettings): nn.Layer[] =>
  convNorm(images, settings, { activation: nn.relu })

/** The mean of the whole image, spread over it again. */
const imagePooling = (inChannels: number, outChannels: number): nn.Layer =>
  wired(
    'ASPPPooling',
    Object.fromEntries(
      [nn.adaptiveAvgPool2d(1), ...unit({ inChannels, outChannels, kernelSize: 1 })].entries(),
    ),
    (x, parts) => {
      const mean = Object.values(parts).reduce((value, layer) => layer.forward(value), x)
      return resize(mean, { size: x.shape.slice(2), mode: 'bilinear' })
    },
  )

interface PyramidPlan {
  readonly inChannels: number
  readonly outChannels: number
  readonly dilations: readonly number[]
  readonly dropout: number
}

/** Atrous spatial pyramid pooling: the same cells seen through windows of five widths. */
function pyramid({ inChannels, outChannels, dilations, dropout }: PyramidPlan): nn.Layer {
  const wide = dilations.map((dilation) =>
    nn.sequential(...unit({ inChannels, outChannels, kernelSize: 3, padding: dilation, dilation })),
  )
  const convs = [
    nn.sequential(...unit({ inChannels, outChannels, kernelSize: 1 })),
    ...wide,
    imagePooling(inChannels, outChannels),
  ]
  const joined = { inChannels: convs.length * outChannels, outChannels, kernelSize: 1 }
  return nn.sequential({
    convs: nn.branches(convs),
    project: nn.sequential(...unit(joined), nn.dropout(dropout)),
  })
}

/**
 * DeepLabv3 on ResNet-50, by torchvision's names and without the auxiliary head:
 * `[batch, 3, height, width]` → `[batch, 21, height, width]`.
 *
 * The last two stages of the ResNet dilate instead of striding, so that a cell of theirs stands for 8
 * of the image. Loading torchvision's weights with `strict: false` leaves their `aux_classifier`.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * const { totals } = models.deeplabv3Resnet50().summary([3, 65, 97])
 * totals.parameters // => 39638869
 * totals.outputShape // => [21, 65, 97]
 * ```
 * @see Chen, Papandreou, Schroff, Adam, "Rethinking atrous convolution for semantic image segmentation"
 * (2017).
 */
export function deeplabv3Resnet50(options: DeepLabV3Options = {}): nn.Layer {
  const op = 'deeplabv3Resnet50'
  const names = ['dilations', 'dropout']
  const { inChannels, classes, widen } = classifierSizes(op, options, names, { classes: 21 })
  const dilations = checkCounts(op, 'dilations', options.dilations ?? [12, 24, 36], 3)
  const dropout = dropoutOption(op, options.dropout, 0.5)
  const body = residualBody(images, {
    inChannels,
    channels: widen(64),
    blocks: [3, 4, 6, 3],
    bottleneck: true,
    dilatedStages: 2,
  })
  const inside = widen(256)
  return wired(
    'DeepLabV3',
    {
      backbone: nn.sequential(body.layers),
      classifier: nn.sequential(
        pyramid({ inChannels: body.outChannels, outChannels: inside, dilations, dropout }),
        ...unit({ inChannels: inside, outChannels: inside, kernelSize: 3, padding: 1 }),
        nn.conv2d({ inChannels: inside, outChannels: classes, kernelSize: 1 }),
      ),
    },
    (x, { backbone, classifier }) =>
      resize(classifier.forward(backbone.forward(x)), {
        size: x.shape.slice(2),
        mode: 'bilinear',
      }),
  )
}
