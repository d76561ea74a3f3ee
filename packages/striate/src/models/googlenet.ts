/** GoogLeNet: inception modules, whose 1×1 convolutions make room for the wide ones. */
import * as nn from '../nn/index.ts'
import { convNorm } from './blocks/convNorm.ts'
import { type ClassifierOptions, classifierSizes, dropoutOption } from './blocks/options.ts'
import { type ConvSettings, spaceOf } from './blocks/space.ts'

export interface GoogLeNetOptions extends ClassifierOptions {
  /** The probability of dropping a feature in training. 0.2 by default. */
  readonly dropout?: number
}

/** A convolution without bias, normalised with torchvision's 0.001, and a ReLU. */
function unit(settings: ConvSettings): nn.Layer {
  const [conv, bn, relu] = convNorm(spaceOf('googlenet'), settings, {
    eps: 0.001,
    activation: nn.relu,
  })
  return nn.sequential({ conv: conv!, bn: bn!, relu: relu! })
}

/** Channels of the four branches: 1×1; 1×1 then 3×3; 1×1 then 3×3 again; pooling then 1×1. */
type Plan = readonly [
  one: number,
  small: number,
  three: number,
  few: number,
  five: number,
  pooled: number,
]

/**
 * The module of figure 2(b). Its third branch has kernel 3 where the paper has 5: so it came into
 * torchvision's weights, and so it stayed there.
 */
function inception(inChannels: number, [one, small, three, few, five, pooled]: Plan): nn.Layer {
  return nn.branches({
    branch1: unit({ inChannels, outChannels: one, kernelSize: 1 }),
    branch2: nn.sequential(
      unit({ inChannels, outChannels: small, kernelSize: 1 }),
      unit({ inChannels: small, outChannels: three, kernelSize: 3, padding: 1 }),
    ),
    branch3: nn.sequential(
      unit({ inChannels, outChannels: few, kernelSize: 1 }),
      unit({ inChannels: few, outChannels: five, kernelSize: 3, padding: 1 }),
    ),
    branch4: nn.sequential(
      nn.maxPool2d(3, { stride: 1, padding: 1, ceilMode: true }),
      unit({ inChannels, outChannels: pooled, kernelSize: 1 }),
    ),
  })
}

const pooling = (kernelSize: number): nn.Layer =>
  nn.maxPool2d(kernelSize, { stride: 2, ceilMode: true })

/** Table 1 of the paper: modules by name, and the kernel of the pooling between them. */
const plan: readonly (readonly [name: string, plan: Plan | number])[] = [
  ['inception3a', [64, 96, 128, 16, 32, 32]],
  ['inception3b', [128, 128, 192, 32, 96, 64]],
  ['maxpool3', 3],
  ['inception4a', [192, 96, 208, 16, 48, 64]],
  ['inception4b', [160, 112, 224, 24, 64, 64]],
  ['inception4c', [128, 128, 256, 24, 64, 64]],
  ['inception4d', [112, 144, 288, 32, 64, 64]],
  ['inception4e', [256, 160, 320, 32, 128, 128]],
  ['maxpool4', 2],
  ['inception5a', [256, 160, 320, 32, 128, 128]],
  ['inception5b', [384, 192, 384, 48, 128, 128]],
]

/**
 * GoogLeNet without its auxiliary heads, with batch normalisation and names as in torchvision:
 * `[batch, 3, 224, 224]` → `[batch, 1000]`. torchvision's trained weights read pictures normalised with
 * mean 0.5 and deviation 0.5; `strict: false` leaves their heads `aux1` and `aux2`.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.googlenet().summary([3, 224, 224]).totals.parameters // => 6624904
 * ```
 * @see Szegedy and others, "Going deeper with convolutions" (2014).
 */
export function googlenet(options: GoogLeNetOptions = {}): nn.Sequential {
  const op = 'googlenet'
  const { inChannels, classes, widen } = classifierSizes(op, options, ['dropout'])
  const [stem, wide] = [widen(64), widen(192)]
  let channels = wide
  const modules: Record<string, nn.Layer> = {}
  for (const [name, entry] of plan) {
    if (typeof entry === 'number') {
      modules[name] = pooling(entry)
    } else {
      const sizes = entry.map((size) => widen(size)) as unknown as Plan
      modules[name] = inception(channels, sizes)
      channels = sizes[0] + sizes[2] + sizes[4] + sizes[5]
    }
  }
  return nn.sequential({
    conv1: unit({ inChannels, outChannels: stem, kernelSize: 7, stride: 2, padding: 3 }),
    maxpool1: pooling(3),
    conv2: unit({ inChannels: stem, outChannels: stem, kernelSize: 1 }),
    conv3: unit({ inChannels: stem, outChannels: wide, kernelSize: 3, padding: 1 }),
    maxpool2: pooling(3),
    ...modules,
    avgpool: nn.adaptiveAvgPool2d(1),
    flatten: nn.flatten(),
    dropout: nn.dropout(dropoutOption(op, options.dropout, 0.2)),
    fc: nn.linear(channels, classes),
  })
}
