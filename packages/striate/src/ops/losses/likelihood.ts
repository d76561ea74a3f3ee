/** Losses that are likelihoods of, or divergences from, a distribution. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, div, mul, square, sub } from '../elementwise/arithmetic.ts'
import { equal, greater, where } from '../elementwise/comparison.ts'
import { exp, log } from '../elementwise/exponential.ts'
import { numberOption } from '../numberOption.ts'
import { sum } from '../reductions.ts'
import {
  checkReduction,
  type Reduction,
  type ReductionOptions,
  raised,
  reduceLosses,
  requireBroadcast,
  requireReal,
  requireSameShape,
} from './reduction.ts'

export interface KlDivergenceOptions {
  /** As elsewhere; `'batchMean'` divides the sum by the batch, as the mathematics has it. */
  readonly reduction?: Reduction | 'batchMean'
  /** Whether `target` holds logarithms. */
  readonly logTarget?: boolean
}

/**
 * The Kullback-Leibler divergence `t · (ln t − x)` of log-probabilities `x` from probabilities `t` of
 * the same shape, 0 where `t` is 0. The default mean is over all elements (PyTorch's default).
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { klDivergence, tensor } from 'striate'
 * const x = tensor([[-2, -3]])
 * await klDivergence(x, tensor([[1, 0]]), { reduction: 'batchMean' }).item() // => 2
 * ```
 * @see Kullback, Leibler, "On information and sufficiency" (1951).
 */
export function klDivergence(x: Tensor, target: Tensor, options: KlDivergenceOptions = {}): Tensor {
  const op = 'klDivergence'
  const logs = requireReal(op, 'x', x)
  const t = requireSameShape(op, 'target', target, x)
  rejectUnknown(op, options, ['reduction', 'logTarget'])
  const losses = options.logTarget
    ? mul(exp(t), sub(t, logs))
    : sub(selfInformation(t), mul(t, logs))
  if (options.reduction !== 'batchMean')
    return reduceLosses(losses, checkReduction(op, options.reduction))
  if (x.rank === 0) {
    const needs = "needs a batch for reduction 'batchMean'"
    fail({ op, argument: 'x', got: describe(x), needs })
  }
  return div(sum(losses), x.shape[0]!)
}

/** `t · ln t`, 0 at 0. */
function selfInformation(t: Tensor): Tensor {
  const isZero = equal(t, 0)
  return where(isZero, 0, mul(t, log(where(isZero, 1, t))))
}

export interface PoissonNllOptions extends ReductionOptions {
  /** Whether `x` is the logarithm of the rate. True by default. */
  readonly logInput?: boolean
  /** Whether the term that does not depend on `x`, by Stirling's formula, is added. */
  readonly full?: boolean
  /** Added to the rate before its logarithm is taken. 1e-8 by default. */
  readonly eps?: number
}

/**
 * The negative logarithm of the Poisson probability of counts `t`, of the shape of `x`, up to a
 * constant: `eˣ − t·x`, or `x − t·ln(x + eps)` with `logInput: false`. With `full`,
 * `t·ln t − t + ½·ln(2πt)` is added where `t > 1`.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { poissonNll, tensor } from 'striate'
 * await poissonNll(tensor([0, 0]), tensor([3, 5])).item() // => 1
 * ```
 */
export function poissonNll(x: Tensor, target: Tensor, options: PoissonNllOptions = {}): Tensor {
  const op = 'poissonNll'
  const rate = requireReal(op, 'x', x)
  const t = requireSameShape(op, 'target', target, x)
  rejectUnknown(op, options, ['logInput', 'full', 'eps', 'reduction'])
  const reduction = checkReduction(op, options.reduction)
  const eps = numberOption(op, 'eps', options.eps, 1e-8, { least: 0 })
  const isLog = options.logInput ?? true
  const losses = isLog ? sub(exp(rate), mul(t, rate)) : sub(rate, mul(t, log(add(rate, eps))))
  return reduceLosses(options.full ? add(losses, stirling(t)) : losses, reduction)
}

/** `ln t!` nearly: `t·ln t − t + ½·ln(2πt)`, 0 up to 1. */
function stirling(t: Tensor): Tensor {
  const isLarge = greater(t, 1)
  const large = where(isLarge, t, 1)
  const logs = log(large)
  const series = add(sub(mul(large, logs), large), mul(add(logs, Math.log(2 * Math.PI)), 0.5))
  return where(isLarge, series, 0)
}

export interface GaussianNllOptions extends ReductionOptions {
  /** Whether the constant `½·ln 2π` is added. */
  readonly full?: boolean
  /** Variances below this one count as it, with the gradient they would have there. 1e-6 by default. */
  readonly eps?: number
}

/**
 * The negative logarithm of the normal density of `target` around `x` (of the same shape), up to a
 * constant: `½·(ln v + (x − target)²/v)`; `variance` v broadcasts to `x`.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { gaussianNll, tensor } from 'striate'
 * await gaussianNll(tensor([0]), tensor([2]), tensor([1])).item() // => 2
 * ```
 * @see Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994).
 */
export function gaussianNll(
  x: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNllOptions = {},
): Tensor {
  const op = 'gaussianNll'
  const centre = requireReal(op, 'x', x)
  requireSameShape(op, 'target', target, x)
  requireBroadcast(op, 'variance', variance, x.shape)
  rejectUnknown(op, options, ['full', 'eps', 'reduction'])
  const reduction = checkReduction(op, options.reduction)
  const eps = numberOption(op, 'eps', options.eps, 1e-6, { above: 0 })
  const v = raised(variance, eps)
  const losses = mul(add(log(v), div(square(sub(centre, target)), v)), 0.5)
  return reduceLosses(options.full ? add(losses, Math.log(2 * Math.PI) / 2) : losses, reduction)
}
