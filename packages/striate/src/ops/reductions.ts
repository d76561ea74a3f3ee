/** Reductions over axes: sum, mean, product, extremes, variance. */

import { rejectUnknown } from '../options.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import { isFloat } from '../tensor/dtype.ts'
import { checkAxes } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast, div, square, sub } from './elementwise/arithmetic.ts'
import { sqrt } from './elementwise/exponential.ts'
import { type ReduceFunction, reduce } from './primitive/reduce.ts'
import { reshape } from './reshape.ts'

export interface ReduceOptions {
  /** The axes to reduce, negative ones counting from the end; all by default. */
  readonly axes?: number | readonly number[]
  /** Whether reduced axes stay, with size 1. */
  readonly keepDims?: boolean
}

function reduction(name: string, how: ReduceFunction, x: Tensor, options: ReduceOptions): Tensor {
  requireTensor(name, 'x', x)
  rejectUnknown(name, options, ['axes', 'keepDims'])
  const axes = checkAxes(name, options.axes, x.rank)
  const kept = axes.length > 0 ? apply(reduce, [x], { function: how, axes }) : x
  return options.keepDims
    ? kept
    : reshape(
        kept,
        x.shape.filter((_, axis) => !axes.includes(axis)),
      )
}

/**
 * The sum over `axes` (all by default). Bytes and whole numbers sum to int32.
 *
 * @example
 * ```ts
 * import { sum, tensor } from 'striate'
 * const x = tensor([[1, 2], [3, 4]])
 * await sum(x).item() // => 10
 * await sum(x, { axes: 0 }).array() // => [4, 6]
 * ```
 */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  reduction('sum', 'sum', x, options)

/**
 * The product over `axes`.
 *
 * @example
 * ```ts
 * import { prod, tensor } from 'striate'
 * await prod(tensor([[1, 2], [3, 4]]), { axes: 1 }).array() // => [2, 12]
 * ```
 */
export const prod = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  reduction('prod', 'prod', x, options)

/**
 * The largest element over `axes`; NaN if there is one. At ties the gradient is shared evenly.
 *
 * @example
 * ```ts
 * import { max, tensor } from 'striate'
 * await max(tensor([[1, 5], [7, 2]]), { axes: 1 }).array() // => [5, 7]
 * ```
 */
export const max = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  reduction('max', 'max', x, options)

/**
 * The smallest element over `axes`; NaN if there is one. At ties the gradient is shared evenly.
 *
 * @example
 * ```ts
 * import { min, tensor } from 'striate'
 * await min(tensor([[1, 5], [7, 2]]), { axes: 0 }).array() // => [1, 2]
 * ```
 */
export const min = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  reduction('min', 'min', x, options)

const reducedSize = (x: Tensor, axes: ReduceOptions['axes'], op: string): number =>
  checkAxes(op, axes, x.rank).reduce((size, axis) => size * x.shape[axis]!, 1)

/**
 * The mean over `axes`; float32 for whole numbers.
 *
 * @example
 * ```ts
 * import { mean, tensor } from 'striate'
 * await mean(tensor([[1, 2], [3, 6]]), { axes: 1, keepDims: true }).array() // => [[1.5], [4.5]]
 * ```
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  requireTensor('mean', 'x', x)
  const real = isFloat(x.dtype) ? x : cast(x, 'float32')
  return div(reduction('mean', 'sum', real, options), reducedSize(x, options.axes, 'mean'))
}

export interface VarianceOptions extends ReduceOptions {
  /** What is taken from the count: 1 (the default) estimates without bias, 0 is the mean square distance. */
  readonly correction?: number
}

/**
 * The variance over `axes`, with Bessel's correction unless `correction` is 0.
 *
 * @example
 * ```ts
 * import { tensor, variance } from 'striate'
 * const x = tensor([1, 2, 3, 4])
 * await variance(x).item() // => 5 / 3
 * await variance(x, { correction: 0 }).item() // => 1.25
 * ```
 */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  requireTensor('variance', 'x', x)
  rejectUnknown('variance', options, ['axes', 'keepDims', 'correction'])
  const { correction = 1, ...rest } = options
  const count = reducedSize(x, rest.axes, 'variance')
  const centred = sub(x, mean(x, { ...rest, keepDims: true }))
  return div(sum(square(centred), rest), Math.max(count - correction, 0))
}

/**
 * The square root of {@link variance}.
 *
 * @example
 * ```ts
 * import { standardDeviation, tensor } from 'striate'
 * await standardDeviation(tensor([1, 5]), { correction: 0 }).item() // => 2
 * ```
 */
export const standardDeviation = (x: Tensor, options: VarianceOptions = {}): Tensor =>
  sqrt(variance(x, options))
