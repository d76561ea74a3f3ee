/** Lengths of vectors: Lp norms over axes. */
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import { asFloat } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { abs, cast, pow, square } from './elementwise/arithmetic.ts'
import { equal, notEqual, where } from './elementwise/comparison.ts'
import { sqrt } from './elementwise/exponential.ts'
import { numberOption } from './numberOption.ts'
import { max, min, type ReduceOptions, sum } from './reductions.ts'

export interface NormOptions extends ReduceOptions {
  /** The order: 2 (the default) is Euclid's, 1 the sum of sizes, ±Infinity the largest or smallest size, 0 the count of other than 0. */
  readonly p?: number
}

/**
 * The Lp norm `(Σ |x|ᵖ)^(1/p)` over `axes` (all by default). Where all are 0 the gradient is 0, as in
 * PyTorch.
 *
 * @throws StriateError if `p` is no number, or an axis does not exist.
 * @example
 * ```ts
 * import { norm, tensor } from 'striate'
 * const x = tensor([[3, 4], [6, 8]])
 * await norm(x, { axes: 1 }).array() // => [5, 10]
 * await norm(x, { p: 1 }).item() // => 21
 * ```
 */
export function norm(x: Tensor, options: NormOptions = {}): Tensor {
  requireTensor('norm', 'x', x)
  rejectUnknown('norm', options, ['p', 'axes', 'keepDims'])
  return realNorm(cast(x, asFloat(x.dtype)), options)
}

function realNorm(x: Tensor, options: NormOptions): Tensor {
  const { p: order, ...over } = options
  const p = numberOption('norm', 'p', order, 2)
  if (p === 0) return sum(cast(notEqual(x, 0), x.dtype), over)
  if (p === 1) return sum(abs(x), over)
  if (p === 2) return outsideZero(sum(square(x), over), sqrt)
  if (p === Number.POSITIVE_INFINITY) return max(abs(x), over)
  if (p === Number.NEGATIVE_INFINITY) return min(abs(x), over)
  const power = (each: Tensor): Tensor => pow(each, p)
  const powers = p > 0 ? outsideZero(abs(x), power) : power(abs(x))
  return outsideZero(sum(powers, over), (total) => pow(total, 1 / p))
}

/** `f(x)` where `x` is not 0; 0 without a gradient where it is: there `f` has no finite derivative. */
function outsideZero(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  const isZero = equal(x, 0)
  return where(isZero, 0, f(where(isZero, 1, x)))
}
