/** Losses of yes-or-no targets. */
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, mul, neg, sub } from '../elementwise/arithmetic.ts'
import { lessEqual, where } from '../elementwise/comparison.ts'
import { log, log1p, log1pExp } from '../elementwise/exponential.ts'
import {
  checkReduction,
  type ReductionOptions,
  reduceLosses,
  requireBroadcast,
  requireReal,
  requireSameShape,
  weigh,
} from './reduction.ts'

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** By which each loss is multiplied; broadcasts to `x`. */
  readonly weight?: Tensor | undefined
}

/** Logarithms of probabilities are kept from here up, so that a sure mistake costs 100, not ∞. */
const leastLog = -100

/** e^−100: probabilities up to this one have the least logarithm, and no gradient. */
const leastProbability = Math.exp(leastLog)

/**
 * The cross-entropy `−t·ln x − (1 − t)·ln(1 − x)` of probabilities `x` and targets of the same shape;
 * logarithms are cut at −100, as in PyTorch. {@link bceWithLogits} is exact where `x` would round.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { binaryCrossEntropy, tensor } from 'striate'
 * await binaryCrossEntropy(tensor([0, 1, 1]), tensor([0, 1, 0]), { reduction: 'sum' }).item() // => 100
 * ```
 */
export function binaryCrossEntropy(
  x: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  const op = 'binaryCrossEntropy'
  const p = requireReal(op, 'x', x)
  const t = requireSameShape(op, 'target', target, x)
  rejectUnknown(op, options, ['weight', 'reduction'])
  const reduction = checkReduction(op, options.reduction)
  const isNever = lessEqual(p, leastProbability)
  const isAlways = lessEqual(sub(1, p), leastProbability)
  const logYes = where(isNever, leastLog, log(where(isNever, 1, p)))
  const logNo = where(isAlways, leastLog, log1p(neg(where(isAlways, 0, p))))
  const losses = neg(add(mul(t, logYes), mul(sub(1, t), logNo)))
  return reduceLosses(weigh(op, 'weight', losses, options.weight), reduction)
}

export interface BceWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** By which the losses of positive targets are multiplied; broadcasts to `x`. */
  readonly posWeight?: Tensor | undefined
}

/**
 * {@link binaryCrossEntropy} of `sigmoid(x)`, without rounding or overflow:
 * `(1 − t)·x + (1 + (posWeight − 1)·t) · ln(1 + e⁻ˣ)`, `target` of the shape of `x`.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { bceWithLogits, tensor } from 'striate'
 * await bceWithLogits(tensor([-1000, 1000]), tensor([1, 1])).item() // => 500
 * ```
 */
export function bceWithLogits(
  x: Tensor,
  target: Tensor,
  options: BceWithLogitsOptions = {},
): Tensor {
  const op = 'bceWithLogits'
  const logits = requireReal(op, 'x', x)
  const t = requireSameShape(op, 'target', target, x)
  rejectUnknown(op, options, ['weight', 'posWeight', 'reduction'])
  const reduction = checkReduction(op, options.reduction)
  const surprise = log1pExp(neg(logits))
  const { posWeight } = options
  const positive =
    posWeight === undefined
      ? surprise
      : mul(surprise, add(mul(sub(requireBroadcast(op, 'posWeight', posWeight, x.shape), 1), t), 1))
  const losses = add(mul(sub(1, t), logits), positive)
  return reduceLosses(weigh(op, 'weight', losses, options.weight), reduction)
}
