/** The multi-scale context module: dilations that double, so that each class map sees far and stays sharp. */
import { type Initialiser, zeros } from '../init/index.ts'
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { rejectUnknown } from '../options.ts'
import { sizeOf } from '../tensor/shape.ts'
import { choose } from './blocks/options.ts'
import { type Rank, spaceOf } from './blocks/space.ts'

export interface ContextModuleOptions {
  /** Axes of space: 1 for signals, 2 for images, 3 for volumes. 2 by default. */
  readonly rank?: Rank
  /** Channels in and out, one per class. 21 by default. */
  readonly channels?: number
  /** The same channels throughout, or up to 32 times as many in deep layers. `'basic'` by default. */
  readonly form?: 'basic' | 'large'
}

/** Dilation of each convolution and, in the large form, how many times the channels leave it (table 1). */
const plan = [
  { dilation: 1, times: 2, kernelSize: 3 },
  { dilation: 1, times: 2, kernelSize: 3 },
  { dilation: 2, times: 4, kernelSize: 3 },
  { dilation: 4, times: 8, kernelSize: 3 },
  { dilation: 8, times: 16, kernelSize: 3 },
  { dilation: 16, times: 32, kernelSize: 3 },
  { dilation: 1, times: 32, kernelSize: 3 },
  { dilation: 1, times: 1, kernelSize: 1 },
] as const

/** Deviation of the noise, of the weights that are not 0: small, as the paper wants it. */
const noise = 0.01

/**
 * Equations 4 and 5 of the paper: channels come in `kinds`, and each output is fed by the inputs of its
 * own kind alone, with weights `kinds / outputs` that make up for each other from layer to layer. Where
 * there are several channels of a kind, noise on all weights parts them; they would stay equal for ever.
 */
function identityByKind(kinds: number): Initialiser {
  return ({ shape, random }) => {
    const [outputs, inputs, ...kernel] = shape as [number, number, ...number[]]
    const taps = sizeOf(kernel)
    // Kernels are odd, so that their centre is the middle of all taps.
    const centre = Math.floor(taps / 2)
    const share = kinds / outputs
    const values = new Float32Array(sizeOf(shape))
    if (Math.max(inputs, outputs) > kinds) random.fillNormal(values, 0, noise * share)
    for (let out = 0; out < outputs; out++) {
      for (let from = 0; from < inputs; from++) {
        const isSameKind =
          Math.floor((from * kinds) / inputs) === Math.floor((out * kinds) / outputs)
        if (isSameKind) values[(out * inputs + from) * taps + centre]! += share
      }
    }
    return values
  }
}

/**
 * The context module: maps of classes `[batch, 21, height, width]` → better ones of the same shape, as
 * seven convolutions of kernel 3 with dilations 1, 1, 2, 4, 8, 16, 1 and one of kernel 1. Each cell sees
 * 67 × 67. Its weights begin so that it hands its input on.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * const { totals } = models.contextModule().summary([21, 64, 64])
 * totals.parameters // => 28392
 * totals.receptiveField // => [67, 67]
 * ```
 * @see Yu, Koltun, "Multi-scale context aggregation by dilated convolutions" (2016).
 */
export function contextModule(options: ContextModuleOptions = {}): nn.Sequential {
  const op = 'contextModule'
  rejectUnknown(op, options, ['rank', 'channels', 'form'])
  const { channels = 21 } = options
  checkCount(op, 'channels', channels)
  const grows = choose(op, 'form', options.form ?? 'basic', { basic: false, large: true })
  const space = spaceOf(op, options.rank)
  const layers: nn.Layer[] = []
  let inChannels = channels
  for (const { dilation, times, kernelSize } of plan) {
    const outChannels = grows ? channels * times : channels
    const padding = kernelSize === 1 ? 0 : dilation
    const init = { weight: identityByKind(channels), bias: zeros() }
    layers.push(
      space.conv({ inChannels, outChannels, kernelSize, dilation, padding, init }),
      nn.relu(),
    )
    inChannels = outChannels
  }
  return nn.sequential(...layers.slice(0, -1))
}
