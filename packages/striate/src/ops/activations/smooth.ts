/** Smooth gates: `x` times something that rises from 0 to 1. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { requireTensor } from '../../tensor/build.ts'
import { checkAxis } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { split } from '../concat.ts'
import { add, mul, square } from '../elementwise/arithmetic.ts'
import { erf, log1pExp, sigmoid, tanh } from '../elementwise/exponential.ts'
import { numberOption } from '../numberOption.ts'

export interface GeluOptions {
  /** `'none'` (the default) uses the error function, `'tanh'` the approximation of the paper. */
  readonly approximate?: 'none' | 'tanh'
}

/**
 * `x · Φ(x)`, Φ the distribution function of the normal distribution: `½x·(1 + erf(x/√2))`, or with
 * `approximate: 'tanh'` `½x·(1 + tanh(√(2/π)·(x + 0.044715x³)))`.
 *
 * @throws StriateError for unknown options or another approximation.
 * @example
 * ```ts
 * import { gelu, tensor } from 'striate'
 * await gelu(tensor([0, 100])).array() // => [0, 100]
 * ```
 * @see Hendrycks, Gimpel, "Gaussian error linear units" (2016).
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  requireTensor('gelu', 'x', x)
  rejectUnknown('gelu', options, ['approximate'])
  const { approximate = 'none' } = options
  if (approximate !== 'none' && approximate !== 'tanh') {
    fail({
      op: 'gelu',
      argument: 'approximate',
      got: describe(approximate),
      needs: "must be 'none' or 'tanh'",
    })
  }
  const rise = approximate === 'none' ? erf(mul(x, Math.SQRT1_2)) : tanh(geluArgument(x))
  return mul(mul(x, 0.5), add(rise, 1))
}

/** `√(2/π)·(x + 0.044715x³)`, by Horner's rule. */
const geluArgument = (x: Tensor): Tensor =>
  mul(mul(x, Math.sqrt(2 / Math.PI)), add(mul(square(x), 0.044715), 1))

/**
 * `x · sigmoid(x)`, element by element.
 *
 * @throws StriateError if `x` is no tensor.
 * @example
 * ```ts
 * import { silu, tensor } from 'striate'
 * await silu(tensor([0, 100])).array() // => [0, 100]
 * ```
 * @see Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units" (2017).
 */
export function silu(x: Tensor): Tensor {
  requireTensor('silu', 'x', x)
  return mul(x, sigmoid(x))
}

export interface SwishOptions {
  /** The steepness of the gate. 1 by default. */
  readonly beta?: number
}

/**
 * `x · sigmoid(beta · x)`: {@link silu} with a steepness.
 *
 * @throws StriateError for unknown options or a beta that is no number.
 * @example
 * ```ts
 * import { swish, tensor } from 'striate'
 * await swish(tensor([2, 4]), { beta: 0 }).array() // => [1, 2]
 * ```
 * @see Ramachandran, Zoph, Le, "Searching for activation functions" (2017).
 */
export function swish(x: Tensor, options: SwishOptions = {}): Tensor {
  requireTensor('swish', 'x', x)
  rejectUnknown('swish', options, ['beta'])
  const beta = numberOption('swish', 'beta', options.beta, 1)
  return beta === 1 ? silu(x) : mul(x, sigmoid(mul(x, beta)))
}

/**
 * `x · tanh(ln(1 + eˣ))`, element by element.
 *
 * @throws StriateError if `x` is no tensor.
 * @example
 * ```ts
 * import { mish, tensor } from 'striate'
 * await mish(tensor([0])).array() // => [0]
 * ```
 * @see Misra, "Mish: a self regularized non-monotonic activation function" (2019).
 */
export function mish(x: Tensor): Tensor {
  requireTensor('mish', 'x', x)
  return mul(x, tanh(log1pExp(x)))
}

export interface GluOptions {
  /** The axis that is halved. The last by default. */
  readonly axis?: number
}

/**
 * The gated linear unit: the first half along `axis`, times the sigmoid of the second.
 *
 * @throws StriateError if the size of the axis is odd.
 * @example
 * ```ts
 * import { glu, tensor } from 'striate'
 * await glu(tensor([[4, 6, 0, 100]])).array() // => [[2, 6]]
 * ```
 * @see Dauphin et al., "Language modeling with gated convolutional networks" (2017).
 */
export function glu(x: Tensor, options: GluOptions = {}): Tensor {
  requireTensor('glu', 'x', x)
  rejectUnknown('glu', options, ['axis'])
  const axis = checkAxis('glu', options.axis ?? -1, x.rank)
  const size = x.shape[axis]!
  if (size % 2 !== 0 || size === 0) {
    fail({
      op: 'glu',
      argument: 'x',
      got: `${size} cells on axis ${axis} of [${x.shape.join(', ')}]`,
      needs: 'needs an even number of cells on the axis that is halved',
    })
  }
  const [value, gate] = split(x, size / 2, axis) as [Tensor, Tensor]
  return mul(value, sigmoid(gate))
}
