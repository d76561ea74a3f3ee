/** SqueezeNet: AlexNet's accuracy with fifty times fewer weights. */
import { normal, zeros } from '../init/index.ts'
import * as nn from '../nn/index.ts'
import { concat } from '../ops/concat.ts'
import { type ClassifierOptions, classifierSizes, dropoutOption } from './blocks/options.ts'
import { wired } from './blocks/wired.ts'

export interface SqueezeNetOptions extends ClassifierOptions {
  /** The probability of dropping a value before the last convolution in training. 0.5 by default. */
  readonly dropout?: number
}

/** A fire module: 1×1 convolutions squeeze the channels, 1×1 and 3×3 ones expand them side by side. */
function fire(inChannels: number, squeezed: number, expanded: number): nn.Layer {
  const expand = { inChannels: squeezed, outChannels: expanded }
  return wired(
    'Fire',
    {
      squeeze: nn.conv2d({ inChannels, outChannels: squeezed, kernelSize: 1 }),
      squeeze_activation: nn.relu(),
      expand1x1: nn.conv2d({ ...expand, kernelSize: 1 }),
      expand1x1_activation: nn.relu(),
      expand3x3: nn.conv2d({ ...expand, kernelSize: 3, padding: 1 }),
      expand3x3_activation: nn.relu(),
    },
    (x, parts) => {
      const y = parts.squeeze_activation.forward(parts.squeeze.forward(x))
      return concat(
        [
          parts.expand1x1_activation.forward(parts.expand1x1.forward(y)),
          parts.expand3x3_activation.forward(parts.expand3x3.forward(y)),
        ],
        1,
      )
    },
  )
}

const pool = (): nn.Layer => nn.maxPool2d(3, { stride: 2, ceilMode: true })

/** Channels squeezed and expanded (each of both kinds), in groups that end in pooling. */
const plan = [
  [
    [16, 64],
    [16, 64],
  ],
  [
    [32, 128],
    [32, 128],
  ],
  [
    [48, 192],
    [48, 192],
    [64, 256],
    [64, 256],
  ],
] as const

/**
 * SqueezeNet 1.1, by torchvision's names: `[batch, 3, 224, 224]` → `[batch, 1000]`.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.squeezenet11().summary([3, 224, 224]).totals.parameters // => 1235496
 * ```
 * @see Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer, "SqueezeNet: AlexNet-level accuracy with 50x
 * fewer parameters and <0.5MB model size" (2016).
 */
export function squeezenet11(options: SqueezeNetOptions = {}): nn.Sequential {
  const op = 'squeezenet11'
  const { inChannels, classes, widen } = classifierSizes(op, options, ['dropout'])
  let channels = widen(64)
  const features: nn.Layer[] = [
    nn.conv2d({ inChannels, outChannels: channels, kernelSize: 3, stride: 2 }),
    nn.relu(),
  ]
  for (const group of plan) {
    features.push(pool())
    for (const [squeezed, expanded] of group) {
      features.push(fire(channels, widen(squeezed), widen(expanded)))
      channels = 2 * widen(expanded)
    }
  }
  return nn.sequential({
    features: nn.sequential(...features),
    classifier: nn.sequential(
      nn.dropout(dropoutOption(op, options.dropout, 0.5)),
      nn.conv2d({
        inChannels: channels,
        outChannels: classes,
        kernelSize: 1,
        init: { weight: normal({ std: 0.01 }), bias: zeros() },
      }),
      nn.relu(),
      nn.adaptiveAvgPool2d(1),
    ),
    flatten: nn.flatten(),
  })
}
