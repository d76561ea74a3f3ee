/** Units that are linear right of 0 and saturate exponentially left of it. */
import { rejectUnknown } from '../../options.ts'
import { requireTensor } from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { div, mul } from '../elementwise/arithmetic.ts'
import { greater, where } from '../elementwise/comparison.ts'
import { expm1 } from '../elementwise/exponential.ts'
import { numberOption } from '../numberOption.ts'

/** The exponential side sees only `x ≤ 0`, so that it cannot overflow where it is not chosen. */
function bend(x: Tensor, negative: (x: Tensor) => Tensor): Tensor {
  const isPositive = greater(x, 0)
  return where(isPositive, x, negative(where(isPositive, 0, x)))
}

export interface EluOptions {
  /** Minus the limit far left of 0. 1 by default. */
  readonly alpha?: number
}

/**
 * `x` right of 0, `alpha · (eˣ − 1)` elsewhere. The gradient at 0 is `alpha`.
 *
 * @throws StriateError for unknown options or an alpha that is no number.
 * @example
 * ```ts
 * import { elu, tensor } from 'striate'
 * await elu(tensor([-Infinity, 0, 2]), { alpha: 0.5 }).array() // => [-0.5, 0, 2]
 * ```
 * @see Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by ELUs" (2016).
 */
export function elu(x: Tensor, options: EluOptions = {}): Tensor {
  requireTensor('elu', 'x', x)
  rejectUnknown('elu', options, ['alpha'])
  const alpha = numberOption('elu', 'alpha', options.alpha, 1)
  return bend(x, (negative) => mul(expm1(negative), alpha))
}

export interface CeluOptions {
  /** Minus the limit far left of 0, and the scale there. 1 by default. */
  readonly alpha?: number
}

/**
 * `x` right of 0, `alpha · (e^(x/alpha) − 1)` elsewhere: {@link elu} with a slope of 1 at 0 for every
 * alpha.
 *
 * @throws StriateError for unknown options or an alpha of 0.
 * @example
 * ```ts
 * import { celu, tensor } from 'striate'
 * await celu(tensor([-Infinity, 0, 2]), { alpha: 2 }).array() // => [-2, 0, 2]
 * ```
 * @see Barron, "Continuously differentiable exponential linear units" (2017).
 */
export function celu(x: Tensor, options: CeluOptions = {}): Tensor {
  requireTensor('celu', 'x', x)
  rejectUnknown('celu', options, ['alpha'])
  const alpha = numberOption('celu', 'alpha', options.alpha, 1, { above: 0 })
  return bend(x, (negative) => mul(expm1(div(negative, alpha)), alpha))
}

export interface SeluOptions {
  /** Minus the limit before scaling; the fixed point of mean 0 and variance 1 by default. */
  readonly alpha?: number
  /** The slope right of 0; likewise. */
  readonly scale?: number
}

/**
 * `scale · elu(x, alpha)`, with the constants that keep mean 0 and variance 1 from layer to layer.
 *
 * @throws StriateError for unknown options or constants that are no numbers.
 * @example
 * ```ts
 * import { selu, tensor } from 'striate'
 * await selu(tensor([0, 2]), { scale: 1.5 }).array() // => [0, 3]
 * ```
 * @see Klambauer et al., "Self-normalizing neural networks" (2017), appendix A1 for the constants.
 */
export function selu(x: Tensor, options: SeluOptions = {}): Tensor {
  requireTensor('selu', 'x', x)
  rejectUnknown('selu', options, ['alpha', 'scale'])
  const alpha = numberOption('selu', 'alpha', options.alpha, 1.6732632423543772)
  const scale = numberOption('selu', 'scale', options.scale, 1.0507009873554805)
  return mul(elu(x, { alpha }), scale)
}
