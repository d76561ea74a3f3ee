/** Soft versions of a ramp, a step's logarithm and a sign. */
import { rejectUnknown } from '../../options.ts'
import { requireTensor } from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { abs, add, div, mul, neg } from '../elementwise/arithmetic.ts'
import { greater, where } from '../elementwise/comparison.ts'
import { log1pExp } from '../elementwise/exponential.ts'
import { numberOption } from '../numberOption.ts'

export interface SoftplusOptions {
  /** The sharpness of the bend. 1 by default. */
  readonly beta?: number
  /** Beyond `beta · x = threshold` the result is `x`. 20 by default. */
  readonly threshold?: number
}

/**
 * `ln(1 + e^(beta·x)) / beta`, element by element, and `x` itself where `beta · x > threshold`.
 *
 * @throws StriateError for unknown options or a beta that is not above 0.
 * @example
 * ```ts
 * import { softplus, tensor } from 'striate'
 * await softplus(tensor([-1000, 1000])).array() // => [0, 1000]
 * ```
 * @see Dugas et al., "Incorporating second-order functional knowledge" (2001).
 */
export function softplus(x: Tensor, options: SoftplusOptions = {}): Tensor {
  requireTensor('softplus', 'x', x)
  rejectUnknown('softplus', options, ['beta', 'threshold'])
  const beta = numberOption('softplus', 'beta', options.beta, 1, { above: 0 })
  const threshold = numberOption('softplus', 'threshold', options.threshold, 20)
  const scaled = beta === 1 ? x : mul(x, beta)
  const ramp = log1pExp(scaled)
  return where(greater(scaled, threshold), x, beta === 1 ? ramp : div(ramp, beta))
}

/**
 * `ln(sigmoid(x)) = −ln(1 + e⁻ˣ)`, element by element, without overflow.
 *
 * @throws StriateError if `x` is no tensor.
 * @example
 * ```ts
 * import { logSigmoid, tensor } from 'striate'
 * await logSigmoid(tensor([-1000])).array() // => [-1000]
 * ```
 */
export function logSigmoid(x: Tensor): Tensor {
  requireTensor('logSigmoid', 'x', x)
  return neg(log1pExp(neg(x)))
}

/**
 * `x / (1 + |x|)`, element by element.
 *
 * @throws StriateError if `x` is no tensor.
 * @example
 * ```ts
 * import { softsign, tensor } from 'striate'
 * await softsign(tensor([-1, 0, 3])).array() // => [-0.5, 0, 0.75]
 * ```
 * @see Bergstra et al., "Quadratic polynomials learn better image features" (2009).
 */
export function softsign(x: Tensor): Tensor {
  requireTensor('softsign', 'x', x)
  return div(x, add(abs(x), 1))
}
