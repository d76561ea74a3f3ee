/** R3D-18: ResNet-18 for video, whose windows reach over time as well. */
import * as nn from '../nn/index.ts'
import { convNorm, heFanOut } from './blocks/convNorm.ts'
import { type ClassifierOptions, classifierSizes } from './blocks/options.ts'
import { type ConvSettings, spaceOf } from './blocks/space.ts'

const volumes = spaceOf('r3d18', 3)

const unit = (settings: ConvSettings, activation?: () => nn.Layer): nn.Layer =>
  nn.sequential(...convNorm(volumes, settings, activation ? { activation } : {}))

function block(inChannels: number, outChannels: number, stride: number): nn.Layer {
  return nn.residual(
    {
      conv1: unit({ inChannels, outChannels, kernelSize: 3, stride, padding: 1 }, nn.relu),
      conv2: unit({ inChannels: outChannels, outChannels, kernelSize: 3, padding: 1 }),
    },
    stride === 1 && inChannels === outChannels
      ? undefined
      : { downsample: unit({ inChannels, outChannels, kernelSize: 1, stride }) },
    { activation: nn.relu() },
  )
}

/**
 * R3D-18 for video `[batch, 3, frames, height, width]` → `[batch, 400]`, by torchvision's names; it was
 * trained on 16 frames of 112 × 112.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.r3d18().summary([3, 8, 56, 64]).totals.parameters // => 33371472
 * ```
 * @see Tran, Wang, Torresani, Ray, LeCun, Paluri, "A closer look at spatiotemporal convolutions for
 * action recognition" (2017).
 */
export function r3d18(options: ClassifierOptions = {}): nn.Sequential {
  const { inChannels, classes, widen } = classifierSizes('r3d18', options, [], { classes: 400 })
  const stem = widen(64)
  const stages: Record<string, nn.Layer> = {}
  for (const [index, times] of [1, 2, 4, 8].entries()) {
    const [before, inside] = [index === 0 ? stem : (stem * times) / 2, stem * times]
    stages[`layer${index + 1}`] = nn.sequential(
      block(before, inside, index === 0 ? 1 : 2),
      block(inside, inside, 1),
    )
  }
  return nn.sequential({
    stem: nn.sequential(
      nn.conv3d({
        inChannels,
        outChannels: stem,
        kernelSize: [3, 7, 7],
        stride: [1, 2, 2],
        padding: [1, 3, 3],
        bias: false,
        init: heFanOut,
      }),
      nn.batchNorm3d(stem),
      nn.relu(),
    ),
    ...stages,
    avgpool: nn.adaptiveAvgPool3d(1),
    flatten: nn.flatten(),
    fc: nn.linear(8 * stem, classes),
  })
}
