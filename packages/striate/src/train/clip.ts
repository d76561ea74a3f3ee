/** Limits on gradients, by their common length or one by one; lazy like every operation. */
import { describe, fail } from '../errors.ts'
import { abs, add, div, maximum, minimum, mul, pow } from '../ops/elementwise/arithmetic.ts'
import { sqrt } from '../ops/elementwise/exponential.ts'
import { max, sum } from '../ops/reductions.ts'
import { reshape } from '../ops/reshape.ts'
import { rejectUnknown } from '../options.ts'
import { Tensor } from '../tensor/tensor.ts'
import { checkNumber } from './optimizers/rule.ts'

export interface ClipNormOptions {
  /** The order of the norm; 2 by default, Infinity for the largest magnitude. */
  readonly normType?: number
}

/**
 * All gradients scaled so that their norm, taken as one vector, is at most `maxNorm`, and that norm
 * before (PyTorch's `clip_grad_norm_`): each is multiplied by min(1, maxNorm / (norm + 1e-6)).
 *
 * @throws StriateError if there are no gradients, or `maxNorm` or the order is not positive.
 * @example
 * ```ts
 * import { clipGradientNorm, tensor } from 'striate'
 * const { gradients, norm } = clipGradientNorm([tensor([3]), tensor([4])], 10)
 * await norm.item() // => 5
 * await gradients[0]!.array() // => [3]
 * ```
 */
export function clipGradientNorm(
  gradients: readonly Tensor[],
  maxNorm: number,
  options: ClipNormOptions = {},
): { gradients: Tensor[]; norm: Tensor } {
  const op = 'clipGradientNorm'
  checkGradients(op, gradients)
  rejectUnknown(op, options, ['normType'])
  const { normType = 2 } = options
  checkPositive(op, 'maxNorm', maxNorm)
  if (normType !== Number.POSITIVE_INFINITY) checkPositive(op, 'normType', normType)
  const norm = normOf(gradients, normType)
  const scale = minimum(div(maxNorm, add(norm, 1e-6)), 1)
  return { gradients: gradients.map((gradient) => mul(gradient, scale)), norm }
}

/**
 * Gradients with every element between −`value` and `value` (PyTorch's `clip_grad_value_`).
 *
 * @throws StriateError if there are no gradients or `value` is negative.
 * @example
 * ```ts
 * import { clipGradientValue, tensor } from 'striate'
 * const [clipped] = clipGradientValue([tensor([-3, 0.5, 2])], 1)
 * await clipped!.array() // => [-1, 0.5, 1]
 * ```
 */
export function clipGradientValue(gradients: readonly Tensor[], value: number): Tensor[] {
  const op = 'clipGradientValue'
  checkGradients(op, gradients)
  checkNumber(op, 'value', value)
  return gradients.map((gradient) => minimum(maximum(gradient, -value), value))
}

/** (Σ |g|ᵖ)^(1/p) over all elements of all gradients. */
function normOf(gradients: readonly Tensor[], order: number): Tensor {
  const flat = gradients.map((gradient) => reshape(gradient, [-1]))
  if (order === Number.POSITIVE_INFINITY) return flat.map((g) => max(abs(g))).reduce(maximum)
  const power = (g: Tensor): Tensor => (order === 2 ? mul(g, g) : pow(abs(g), order))
  const total = flat.map((g) => sum(power(g))).reduce(add)
  return order === 2 ? sqrt(total) : pow(total, 1 / order)
}

function checkGradients(op: string, gradients: readonly Tensor[]): void {
  const isList = Array.isArray(gradients) && gradients.length > 0
  if (isList && gradients.every((each) => each instanceof Tensor)) return
  const needs = 'must be a list of at least one tensor'
  fail({ op, argument: 'gradients', needs, got: describe(gradients) })
}

function checkPositive(op: string, argument: string, value: number): void {
  if (typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY) return
  fail({ op, argument, needs: 'must be a finite number above 0', got: describe(value) })
}
