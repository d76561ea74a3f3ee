/** MobileNetV2: residual blocks that are thin outside and wide inside. */
import { normal, zeros } from '../init/index.ts'
import * as nn from '../nn/index.ts'
import { convNorm } from './blocks/convNorm.ts'
import {
  type ClassifierOptions,
  classifierSizes,
  dropoutOption,
  widthOption,
} from './blocks/options.ts'
import { spaceOf } from './blocks/space.ts'

export interface MobileNetV2Options extends ClassifierOptions {
  /** The probability of dropping a feature in training. 0.2 by default. */
  readonly dropout?: number
}

const images = spaceOf('mobilenetV2')
const activation = nn.relu6

/** Expansion, channels, blocks and stride of the first of them (table 2 of the paper). */
const plan = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const

/** The nearest multiple of 8 that is at least 8 and not under nine tenths of `channels`. */
function inEights(channels: number): number {
  const near = Math.max(8, Math.floor((channels + 4) / 8) * 8)
  return near < 0.9 * channels ? near + 8 : near
}

/** Widens by a 1×1, filters by a depthwise 3×3, and narrows by a 1×1 convolution with no activation. */
function block(
  inChannels: number,
  outChannels: number,
  { times, stride }: { readonly times: number; readonly stride: number },
): nn.Layer {
  const inside = inChannels * times
  const filter = { inChannels: inside, outChannels: inside, groups: inside, kernelSize: 3 }
  const wider = { inChannels, outChannels: inside, kernelSize: 1 }
  const conv = nn.sequential(
    ...(times === 1 ? [] : [nn.sequential(...convNorm(images, wider, { activation }))]),
    nn.sequential(...convNorm(images, { ...filter, stride, padding: 1 }, { activation })),
    ...convNorm(images, { inChannels: inside, outChannels, kernelSize: 1 }),
  )
  return stride === 1 && inChannels === outChannels
    ? nn.residual({ conv })
    : nn.sequential({ conv })
}

/**
 * MobileNetV2, by torchvision's names: `[batch, 3, 224, 224]` → `[batch, 1000]`, and other sizes.
 * `width` is the paper's multiplier; channels are then rounded to eights.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.mobilenetV2().summary([3, 224, 224]).totals.parameters // => 3504872
 * ```
 * @see Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: inverted residuals and linear bottlenecks"
 * (2018).
 */
export function mobilenetV2(options: MobileNetV2Options = {}): nn.Sequential {
  const op = 'mobilenetV2'
  const { inChannels, classes } = classifierSizes(op, options, ['dropout'])
  const width = widthOption(op, options.width)
  let channels = inEights(32 * width)
  const stem = { inChannels, outChannels: channels, kernelSize: 3, stride: 2, padding: 1 }
  const features: nn.Layer[] = [nn.sequential(...convNorm(images, stem, { activation }))]
  for (const [times, wanted, blocks, stride] of plan) {
    const outChannels = inEights(wanted * width)
    for (let index = 0; index < blocks; index++) {
      features.push(block(channels, outChannels, { times, stride: index === 0 ? stride : 1 }))
      channels = outChannels
    }
  }
  const last = inEights(1280 * Math.max(1, width))
  const head = { inChannels: channels, outChannels: last, kernelSize: 1 }
  features.push(nn.sequential(...convNorm(images, head, { activation })))
  return nn.sequential({
    features: nn.sequential(...features),
    avgpool: nn.adaptiveAvgPool2d(1),
    flatten: nn.flatten(),
    classifier: nn.sequential(
      nn.dropout(dropoutOption(op, options.dropout, 0.2)),
      nn.linear(last, classes, { init: { weight: normal({ std: 0.01 }), bias: zeros() } }),
    ),
  })
}
