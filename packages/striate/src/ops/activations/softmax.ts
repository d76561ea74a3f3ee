/** The softmax family: along an axis, exponentials over their sum, without overflow. */
import { rejectUnknown } from '../../options.ts'
import { requireTensor } from '../../tensor/build.ts'
import { asFloat } from '../../tensor/dtype.ts'
import { withoutTracking } from '../../tensor/node.ts'
import { checkAxes, checkAxis } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { abs, add, cast, div, neg, sub } from '../elementwise/arithmetic.ts'
import { equal, where } from '../elementwise/comparison.ts'
import { exp, log } from '../elementwise/exponential.ts'
import { oneHot } from '../oneHot.ts'
import { argmax } from '../order.ts'
import { max, type ReduceOptions, sum } from '../reductions.ts'
import { reshape } from '../reshape.ts'
import { permute } from '../transpose.ts'

export interface SoftmaxOptions {
  /** The axis along which the results sum to 1. The last by default. */
  readonly axis?: number
}

function prepare(op: string, x: Tensor, options: SoftmaxOptions): { x: Tensor; axis: number } {
  requireTensor(op, 'x', x)
  rejectUnknown(op, options, ['axis'])
  return { x: cast(x, asFloat(x.dtype)), axis: checkAxis(op, options.axis ?? -1, x.rank) }
}

/** The largest element, as a constant: these functions do not change when all elements move together. */
const peak = (x: Tensor, axes: number | readonly number[]): Tensor =>
  withoutTracking(() => max(x, { axes, keepDims: true }))

/**
 * `eˣ / Σ eˣ` along `axis`, of the shape of `x`.
 *
 * @throws StriateError for unknown options or an axis that does not exist.
 * @example
 * ```ts
 * import { softmax, tensor } from 'striate'
 * await softmax(tensor([[1, 1], [0, 1000]])).array() // => [[0.5, 0.5], [0, 1]]
 * ```
 * @see Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990).
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { x: real, axis } = prepare('softmax', x, options)
  const e = exp(sub(real, peak(real, axis)))
  return div(e, sum(e, { axes: axis, keepDims: true }))
}

/**
 * The logarithm of {@link softmax}, exact where that would round to 0.
 *
 * @throws StriateError for unknown options or an axis that does not exist.
 * @example
 * ```ts
 * import { logSoftmax, tensor } from 'striate'
 * await logSoftmax(tensor([0, 1000])).array() // => [-1000, 0]
 * ```
 */
export function logSoftmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { x: real, axis } = prepare('logSoftmax', x, options)
  const shifted = sub(real, peak(real, axis))
  return sub(shifted, log(sum(exp(shifted), { axes: axis, keepDims: true })))
}

/**
 * {@link softmax} of `−x`: the smallest gets most.
 *
 * @throws StriateError for unknown options or an axis that does not exist.
 * @example
 * ```ts
 * import { softmin, tensor } from 'striate'
 * await softmin(tensor([0, 1000])).array() // => [1, 0]
 * ```
 */
export function softmin(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { x: real, axis } = prepare('softmin', x, options)
  return softmax(neg(real), { axis })
}

/**
 * `ln Σ eˣ` over `axes` (all by default), without overflow.
 *
 * @throws StriateError for unknown options or an axis that does not exist.
 * @example
 * ```ts
 * import { logSumExp, tensor } from 'striate'
 * await logSumExp(tensor([-1000, 1000])).item() // => 1000
 * ```
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  requireTensor('logSumExp', 'x', x)
  rejectUnknown('logSumExp', options, ['axes', 'keepDims'])
  const axes = checkAxes('logSumExp', options.axes, x.rank)
  const real = cast(x, asFloat(x.dtype))
  const largest = peak(real, axes)
  // Infinite peaks would cancel to NaN.
  const shift = where(equal(abs(largest), Number.POSITIVE_INFINITY), 0, largest)
  const total = add(log(sum(exp(sub(real, shift)), { axes, keepDims: true })), shift)
  if (options.keepDims) return total
  return reshape(
    total,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  )
}

/**
 * 1 at the first largest element along `axis`, 0 elsewhere; no gradient passes.
 *
 * @throws StriateError for unknown options or an axis that does not exist.
 * @example
 * ```ts
 * import { hardmax, tensor } from 'striate'
 * await hardmax(tensor([[1, 3, 3], [2, 0, 1]])).array() // => [[0, 1, 0], [1, 0, 0]]
 * ```
 */
export function hardmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { x: real, axis } = prepare('hardmax', x, options)
  const last = x.rank - 1
  const dtype = real.dtype
  const hot = oneHot(argmax(real, { axis }), x.shape[axis]!, { dtype })
  const back = x.shape.map((_, a) => (a === axis ? last : a < axis ? a : a - 1))
  return permute(hot, back)
}
