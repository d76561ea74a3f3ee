/** Normalisation of each sample by its own groups of channels, or by each channel alone. */
import { describe, fail } from '../../errors.ts'
import { channelAxis, checkLayout, firstSpatialAxis, type Layout } from '../../geometry/layout.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { channelVector, requireBatch } from '../channelVector.ts'
import { add, mul } from '../elementwise/arithmetic.ts'
import { numberOption } from '../numberOption.ts'
import { reshape } from '../reshape.ts'
import { moments, rescale } from './standardise.ts'

export interface GroupNormOptions {
  /** `[channels]`, by which the normalised values are multiplied. */
  readonly weight?: Tensor | undefined
  /** `[channels]`, added at the end. */
  readonly bias?: Tensor | undefined
  /** Added to the variance. 1e-5 by default. */
  readonly eps?: number
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

export type InstanceNormOptions = GroupNormOptions

const optionNames = ['weight', 'bias', 'eps', 'layout']

/**
 * Each sample and each of `groups` runs of neighbouring channels is normalised by its own mean and
 * biased variance, then every channel is scaled by `weight` and shifted by `bias`. `x` is
 * `[batch, channels, ...space]` or channels-last.
 *
 * @throws StriateError if `groups` does not divide the channels, or shapes or options do not fit.
 * @example
 * ```ts
 * import { groupNorm, tensor } from 'striate'
 * await groupNorm(tensor([[1, 3, 10, 30]]), 2, { eps: 0 }).array() // => [[-1, 1, -1, 1]]
 * ```
 * @see Wu, He, "Group normalization" (2018).
 */
export function groupNorm(x: Tensor, groups: number, options: GroupNormOptions = {}): Tensor {
  const op = 'groupNorm'
  rejectUnknown(op, options, optionNames)
  const layout = checkLayout(op, options.layout)
  requireBatch(op, x, layout)
  const eps = numberOption(op, 'eps', options.eps, 1e-5, { least: 0 })
  const channel = channelAxis(layout, x.rank)
  const channels = x.shape[channel]!
  if (!Number.isSafeInteger(groups) || groups < 1 || channels % groups !== 0) {
    fail({
      op,
      argument: 'groups',
      got: describe(groups),
      needs: `must divide the ${channels} channels`,
      hint: `x is [${x.shape.join(', ')}], layout is '${layout}'`,
    })
  }
  const split = x.shape.toSpliced(channel, 1, groups, channels / groups)
  const axes = split.flatMap((_, axis) => (axis === 0 || axis === channel ? [] : [axis]))
  const normal = rescale(moments(reshape(x, split), axes), eps, undefined, undefined)
  const { weight, bias } = options
  const y = reshape(normal, x.shape)
  const scaled = weight ? mul(y, channelVector(op, 'weight', weight, x, layout)) : y
  return bias ? add(scaled, channelVector(op, 'bias', bias, x, layout)) : scaled
}

/**
 * Each channel of each sample is normalised by its own mean and biased variance over the space, then
 * scaled by `weight` and shifted by `bias`. `x` is `[batch, channels, ...space]` or channels-last.
 *
 * @throws StriateError if the space is a single cell, or shapes or options do not fit.
 * @example
 * ```ts
 * import { instanceNorm, tensor } from 'striate'
 * await instanceNorm(tensor([[[1, 3], [10, 30]]]), { eps: 0 }).array() // => [[[-1, 1], [-1, 1]]]
 * ```
 * @see Ulyanov, Vedaldi, Lempitsky, "Instance normalization" (2016).
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = {}): Tensor {
  const op = 'instanceNorm'
  rejectUnknown(op, options, optionNames)
  const layout = checkLayout(op, options.layout)
  requireBatch(op, x, layout, 3)
  const eps = numberOption(op, 'eps', options.eps, 1e-5, { least: 0 })
  const first = firstSpatialAxis(layout)
  const axes = Array.from({ length: x.rank - 2 }, (_, a) => first + a)
  if (axes.every((axis) => x.shape[axis] === 1)) {
    fail({
      op,
      argument: 'x',
      got: `[${x.shape.join(', ')}]`,
      needs: 'needs more than one cell of space',
    })
  }
  const { weight, bias } = options
  return rescale(
    moments(x, axes),
    eps,
    weight && channelVector(op, 'weight', weight, x, layout),
    bias && channelVector(op, 'bias', bias, x, layout),
  )
}
