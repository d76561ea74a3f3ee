/** MobileNetV1: every convolution taken apart into a depthwise and a pointwise one. */
import * as nn from '../nn/index.ts'
import { convNorm } from './blocks/convNorm.ts'
import { type ClassifierOptions, classifierSizes } from './blocks/options.ts'
import { spaceOf } from './blocks/space.ts'

/** Channels and stride of each separable block (table 1 of the paper). */
const plan = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const

/**
 * MobileNetV1: `[batch, 3, 224, 224]` → `[batch, 1000]`, and other sizes. `width` is the paper's α.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.mobilenetV1().summary([3, 224, 224]).totals.parameters // => 4231976
 * ```
 * @see Howard and others, "MobileNets: efficient convolutional neural networks for mobile vision
 * applications" (2017).
 */
export function mobilenetV1(options: ClassifierOptions = {}): nn.Sequential {
  const op = 'mobilenetV1'
  const { inChannels, classes, widen } = classifierSizes(op, options)
  const images = spaceOf(op)
  const activation = nn.relu
  let channels = widen(32)
  const stem = { inChannels, outChannels: channels, kernelSize: 3, stride: 2, padding: 1 }
  const features = [nn.sequential(...convNorm(images, stem, { activation }))]
  for (const [wanted, stride] of plan) {
    const depthwise = { inChannels: channels, outChannels: channels, groups: channels }
    const outChannels = widen(wanted)
    const window = { kernelSize: 3, stride, padding: 1 }
    features.push(
      nn.sequential(
        ...convNorm(images, { ...depthwise, ...window }, { activation }),
        ...convNorm(images, { inChannels: channels, outChannels, kernelSize: 1 }, { activation }),
      ),
    )
    channels = outChannels
  }
  return nn.sequential({
    features: nn.sequential(...features),
    avgpool: nn.adaptiveAvgPool2d(1),
    flatten: nn.flatten(),
    classifier: nn.linear(channels, classes),
  })
}
