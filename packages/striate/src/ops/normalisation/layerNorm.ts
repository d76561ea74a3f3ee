/** Normalisation over the last axes of each sample. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { requireTensor } from '../../tensor/build.ts'
import { asFloat } from '../../tensor/dtype.ts'
import { checkAxes, sameShape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, cast, div, mul, square } from '../elementwise/arithmetic.ts'
import { rsqrt, sqrt } from '../elementwise/exponential.ts'
import { numberOption } from '../numberOption.ts'
import { mean } from '../reductions.ts'
import { moments, rescale } from './standardise.ts'

export interface RmsNormOptions {
  /** Of the normalised shape: by which the normalised values are multiplied. */
  readonly weight?: Tensor | undefined
  /** Added to the mean square. The spacing of the element type at 1 by default, as in PyTorch. */
  readonly eps?: number
}

export interface LayerNormOptions {
  /** Of the normalised shape: by which the normalised values are multiplied. */
  readonly weight?: Tensor | undefined
  /** Of the normalised shape: added at the end. */
  readonly bias?: Tensor | undefined
  /** Added to the variance. 1e-5 by default. */
  readonly eps?: number
}

/** The last axes of `x`, if they have the sizes asked for. */
function lastAxes(op: string, x: Tensor, normalizedShape: number | readonly number[]): number[] {
  requireTensor(op, 'x', x)
  const sizes = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
  const rank = Array.isArray(sizes) ? sizes.length : 0
  if (rank === 0 || rank > x.rank || !sameShape(sizes, x.shape.slice(x.rank - rank))) {
    fail({
      op,
      argument: 'normalizedShape',
      got: describe(normalizedShape),
      needs: `must be the sizes of the last axes of x, which is [${x.shape.join(', ')}]`,
    })
  }
  if (x.size === 0) fail({ op, argument: 'x', got: describe(x), needs: 'needs at least one cell' })
  return sizes.map((_, a) => x.rank - rank + a)
}

/** Checks that `value`, if there is one, has the sizes of `axes`. */
function affine(
  op: string,
  argument: string,
  value: Tensor | undefined,
  x: Tensor,
  axes: readonly number[],
): Tensor | undefined {
  if (value === undefined) return undefined
  requireTensor(op, argument, value)
  const shape = axes.map((axis) => x.shape[axis]!)
  if (!sameShape(value.shape, shape)) {
    fail({
      op,
      argument,
      got: `[${value.shape.join(', ')}]`,
      needs: `must have the normalised shape, [${shape.join(', ')}]`,
    })
  }
  return value
}

/**
 * Normalises by the mean and the biased variance over the last axes, whose sizes `normalizedShape`
 * tells, then scales by `weight` and shifts by `bias`, both of that shape.
 *
 * @throws StriateError if `normalizedShape` is not the end of the shape of `x`, or options do not fit.
 * @example
 * ```ts
 * import { layerNorm, tensor } from 'striate'
 * await layerNorm(tensor([[1, 3], [10, 30]]), 2, { eps: 0 }).array() // => [[-1, 1], [-1, 1]]
 * ```
 * @see Ba, Kiros, Hinton, "Layer normalization" (2016).
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | readonly number[],
  options: LayerNormOptions = {},
): Tensor {
  const op = 'layerNorm'
  rejectUnknown(op, options, ['weight', 'bias', 'eps'])
  const axes = lastAxes(op, x, normalizedShape)
  const eps = numberOption(op, 'eps', options.eps, 1e-5, { least: 0 })
  const weight = affine(op, 'weight', options.weight, x, axes)
  const bias = affine(op, 'bias', options.bias, x, axes)
  return rescale(moments(x, axes), eps, weight, bias)
}

/**
 * `x / √(mean(x²) + eps) · weight`, the mean over the last axes, whose sizes `normalizedShape` tells.
 *
 * @throws StriateError if `normalizedShape` is not the end of the shape of `x`, or options do not fit.
 * @example
 * ```ts
 * import { rmsNorm, tensor } from 'striate'
 * await rmsNorm(tensor([[4, -4]]), 2, { eps: 0 }).array() // => [[1, -1]]
 * ```
 * @see Zhang, Sennrich, "Root mean square layer normalization" (2019).
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: number | readonly number[],
  options: RmsNormOptions = {},
): Tensor {
  const op = 'rmsNorm'
  rejectUnknown(op, options, ['weight', 'eps'])
  const axes = lastAxes(op, x, normalizedShape)
  const spacing = x.dtype === 'float64' ? 2 ** -52 : 2 ** -23
  const eps = numberOption(op, 'eps', options.eps, spacing, { least: 0 })
  const weight = affine(op, 'weight', options.weight, x, axes)
  const real = cast(x, asFloat(x.dtype))
  const y = mul(real, rsqrt(add(mean(square(real), { axes, keepDims: true }), eps)))
  return weight ? mul(y, weight) : y
}

export interface MeanVarianceNormOptions {
  /** The axes to normalise over; by default batch and space of channels-first, as in ONNX. */
  readonly axes?: number | readonly number[]
  /** Added to the standard deviation. 1e-9 by default. */
  readonly eps?: number
}

/**
 * `(x − mean) / (standard deviation + eps)` over `axes`: ONNX's MeanVarianceNormalization.
 *
 * @throws StriateError for unknown options or an axis that does not exist.
 * @example
 * ```ts
 * import { meanVarianceNorm, tensor } from 'striate'
 * await meanVarianceNorm(tensor([[1], [3]]), { eps: 0 }).array() // => [[-1], [1]]
 * ```
 */
export function meanVarianceNorm(x: Tensor, options: MeanVarianceNormOptions = {}): Tensor {
  const op = 'meanVarianceNorm'
  requireTensor(op, 'x', x)
  rejectUnknown(op, options, ['axes', 'eps'])
  const eps = numberOption(op, 'eps', options.eps, 1e-9, { least: 0 })
  const allButChannels = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))
  const { centred, variance } = moments(x, checkAxes(op, options.axes ?? allButChannels, x.rank))
  return div(centred, add(sqrt(variance), eps))
}
