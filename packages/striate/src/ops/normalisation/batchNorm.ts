/** Batch normalisation: by given statistics, or by those of the batch. */
import { fail } from '../../errors.ts'
import { channelAxis, checkLayout, type Layout } from '../../geometry/layout.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { channelVector, requireBatch } from '../channelVector.ts'
import { add, div, mul, sub } from '../elementwise/arithmetic.ts'
import { rsqrt } from '../elementwise/exponential.ts'
import { numberOption } from '../numberOption.ts'
import { reshape } from '../reshape.ts'
import { moments, rescale } from './standardise.ts'

export interface BatchNormTrainingOptions {
  /** `[channels]`, by which the normalised values are multiplied. */
  readonly weight?: Tensor | undefined
  /** `[channels]`, added at the end. */
  readonly bias?: Tensor | undefined
  /** Added to the variance. 1e-5 by default. */
  readonly eps?: number
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

export interface BatchNormOptions extends BatchNormTrainingOptions {
  /** `[channels]`: the mean to take away. */
  readonly mean: Tensor
  /** `[channels]`: the variance to divide by. */
  readonly variance: Tensor
}

const shared = ['weight', 'bias', 'eps', 'layout']

/**
 * `(x − mean) / √(variance + eps) · weight + bias` with statistics that are given, one of each per
 * channel: batch normalisation at inference. `x` is `[batch, channels, ...space]` or channels-last.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { batchNorm, tensor } from 'striate'
 * const [mean, variance] = [tensor([1, 2]), tensor([4, 16])]
 * await batchNorm(tensor([[3, 6]]), { mean, variance, eps: 0 }).array() // => [[1, 1]]
 * ```
 * @see Ioffe, Szegedy, "Batch normalization" (2015).
 */
export function batchNorm(x: Tensor, options: BatchNormOptions): Tensor {
  const op = 'batchNorm'
  rejectUnknown(op, options, ['mean', 'variance', ...shared])
  const layout = checkLayout(op, options.layout)
  requireBatch(op, x, layout)
  const eps = numberOption(op, 'eps', options.eps, 1e-5, { least: 0 })
  const vector = (argument: string, value: Tensor): Tensor =>
    channelVector(op, argument, value, x, layout)
  const { weight, bias } = options
  const inverse = rsqrt(add(vector('variance', options.variance), eps))
  const scale = weight ? mul(inverse, vector('weight', weight)) : inverse
  const scaled = mul(sub(x, vector('mean', options.mean)), scale)
  return bias ? add(scaled, vector('bias', bias)) : scaled
}

export interface BatchNormTraining {
  /** The normalised batch, of the shape of `x`. */
  readonly y: Tensor
  /** `[channels]`. */
  readonly mean: Tensor
  /** `[channels]`: the mean square distance, by which `y` was normalised. */
  readonly variance: Tensor
  /** `[channels]`: estimated without bias, as running statistics keep it. */
  readonly unbiasedVariance: Tensor
}

/**
 * Batch normalisation in training: by the mean and the biased variance of each channel over batch
 * and space, which are returned too. `x` is `[batch, channels, ...space]` or channels-last.
 *
 * @throws StriateError for shapes or options that do not fit, or one value per channel only.
 * @example
 * ```ts
 * import { batchNormTraining, tensor } from 'striate'
 * const { y, mean, unbiasedVariance } = batchNormTraining(tensor([[1], [3]]), { eps: 0 })
 * await y.array() // => [[-1], [1]]
 * await mean.array() // => [2]
 * await unbiasedVariance.array() // => [2]
 * ```
 * @see Ioffe, Szegedy, "Batch normalization" (2015).
 */
export function batchNormTraining(
  x: Tensor,
  options: BatchNormTrainingOptions = {},
): BatchNormTraining {
  const op = 'batchNormTraining'
  rejectUnknown(op, options, shared)
  const layout = checkLayout(op, options.layout)
  requireBatch(op, x, layout)
  const eps = numberOption(op, 'eps', options.eps, 1e-5, { least: 0 })
  const channel = channelAxis(layout, x.rank)
  const channels = x.shape[channel]!
  const count = x.size / channels
  if (count === 1) {
    fail({
      op,
      argument: 'x',
      got: `[${x.shape.join(', ')}]`,
      needs: 'needs more than one value per channel',
      hint: 'batchNorm normalises by statistics that are given',
    })
  }
  const { weight, bias } = options
  const found = moments(
    x,
    x.shape.flatMap((_, axis) => (axis === channel ? [] : [axis])),
  )
  const y = rescale(
    found,
    eps,
    weight && channelVector(op, 'weight', weight, x, layout),
    bias && channelVector(op, 'bias', bias, x, layout),
  )
  const variance = reshape(found.variance, [channels])
  const mean = reshape(found.mean, [channels])
  const unbiasedVariance = div(mul(variance, count), count - 1)
  return { y, mean, variance, unbiasedVariance }
}
