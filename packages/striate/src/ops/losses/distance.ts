/** Losses of the difference between a prediction and a target of the same shape. */
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { abs, mul, square, sub } from '../elementwise/arithmetic.ts'
import { less, lessEqual, where } from '../elementwise/comparison.ts'
import { numberOption } from '../numberOption.ts'
import {
  checkReduction,
  type ReductionOptions,
  reduceLosses,
  requireReal,
  requireSameShape,
} from './reduction.ts'

function difference(op: string, x: Tensor, target: Tensor): Tensor {
  const real = requireReal(op, 'x', x)
  return sub(real, requireSameShape(op, 'target', target, x))
}

/**
 * The squared error `(x − target)²`, averaged unless `reduction` says otherwise.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { mse, tensor } from 'striate'
 * await mse(tensor([1, 2]), tensor([1, 4])).item() // => 2
 * ```
 */
export function mse(x: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  rejectUnknown('mse', options, ['reduction'])
  const reduction = checkReduction('mse', options.reduction)
  return reduceLosses(square(difference('mse', x, target)), reduction)
}

/**
 * The absolute error `|x − target|`, averaged unless `reduction` says otherwise.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { l1, tensor } from 'striate'
 * await l1(tensor([1, 2]), tensor([1, 4])).item() // => 1
 * ```
 */
export function l1(x: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  rejectUnknown('l1', options, ['reduction'])
  const reduction = checkReduction('l1', options.reduction)
  return reduceLosses(abs(difference('l1', x, target)), reduction)
}

export interface SmoothL1Options extends ReductionOptions {
  /** The distance up to which the loss is quadratic. 1 by default; with 0 this is {@link l1}. */
  readonly beta?: number
}

/**
 * `½d²/beta` where `|d| < beta`, `|d| − ½beta` elsewhere, `d = x − target`.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { smoothL1, tensor } from 'striate'
 * await smoothL1(tensor([1, 5]), tensor([0, 0]), { reduction: 'none' }).array() // => [0.5, 4.5]
 * ```
 * @see Girshick, "Fast R-CNN" (2015).
 */
export function smoothL1(x: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const op = 'smoothL1'
  rejectUnknown(op, options, ['beta', 'reduction'])
  const reduction = checkReduction(op, options.reduction)
  const beta = numberOption(op, 'beta', options.beta, 1, { least: 0 })
  const d = difference(op, x, target)
  const size = abs(d)
  if (beta === 0) return reduceLosses(size, reduction)
  const losses = where(less(size, beta), mul(square(d), 0.5 / beta), sub(size, beta / 2))
  return reduceLosses(losses, reduction)
}

export interface HuberOptions extends ReductionOptions {
  /** The distance up to which the loss is quadratic. 1 by default. */
  readonly delta?: number
}

/**
 * `½d²` where `|d| ≤ delta`, `delta · (|d| − ½delta)` elsewhere, `d = x − target`.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { huber, tensor } from 'striate'
 * const options = { delta: 2, reduction: 'none' } as const
 * await huber(tensor([1, 5]), tensor([0, 0]), options).array() // => [0.5, 8]
 * ```
 * @see Huber, "Robust estimation of a location parameter" (1964).
 */
export function huber(x: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const op = 'huber'
  rejectUnknown(op, options, ['delta', 'reduction'])
  const reduction = checkReduction(op, options.reduction)
  const delta = numberOption(op, 'delta', options.delta, 1, { above: 0 })
  const d = difference(op, x, target)
  const size = abs(d)
  const far = mul(sub(size, delta / 2), delta)
  return reduceLosses(where(lessEqual(size, delta), mul(square(d), 0.5), far), reduction)
}
