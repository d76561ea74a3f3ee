/** Losses that ask for a margin between right and wrong. */
import { fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { requireTensor } from '../../tensor/build.ts'
import { sameShape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, div, minimum, mul, sub } from '../elementwise/arithmetic.ts'
import { equal, where } from '../elementwise/comparison.ts'
import { sqrt } from '../elementwise/exponential.ts'
import { norm } from '../norm.ts'
import { numberOption } from '../numberOption.ts'
import { sum } from '../reductions.ts'
import {
  atLeastZero,
  checkReduction,
  type Reduction,
  type ReductionOptions,
  raised,
  reduceLosses,
  requireReal,
  requireSameShape,
} from './reduction.ts'

export interface MarginOptions extends ReductionOptions {
  /** The distance asked for. 1 by default, 0 for {@link cosineEmbedding}. */
  readonly margin?: number
}

/**
 * `max(0, margin − target · x)`, `target` of −1 and 1 and of the shape of `x`: the loss of support
 * vector machines.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { hinge, tensor } from 'striate'
 * await hinge(tensor([2, -1]), tensor([1, 1]), { reduction: 'none' }).array() // => [0, 2]
 * ```
 * @see Cortes, Vapnik, "Support-vector networks" (1995).
 */
export function hinge(x: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin, reduction } = checkMargin('hinge', options, 1)
  const real = requireReal('hinge', 'x', x)
  requireSameShape('hinge', 'target', target, x)
  return reduceLosses(atLeastZero(sub(margin, mul(target, real))), reduction)
}

/**
 * `x` where `target` is 1, `max(0, margin − x)` where it is −1 (and their sum elsewhere, as in
 * PyTorch): for distances `x`, `target` of the same shape.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { hingeEmbedding, tensor } from 'striate'
 * const options = { reduction: 'none' } as const
 * await hingeEmbedding(tensor([0.25, 0.25]), tensor([1, -1]), options).array() // => [0.25, 0.75]
 * ```
 */
export function hingeEmbedding(x: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin, reduction } = checkMargin('hingeEmbedding', options, 1)
  const real = requireReal('hingeEmbedding', 'x', x)
  requireSameShape('hingeEmbedding', 'target', target, x)
  const far = where(equal(target, 1), 0, atLeastZero(sub(margin, real)))
  return reduceLosses(add(far, where(equal(target, -1), 0, real)), reduction)
}

export interface CosineSimilarityOptions {
  /** The axis of the vectors. 1 by default, as in PyTorch. */
  readonly axis?: number
  /** Lengths below this one count as it. 1e-8 by default. */
  readonly eps?: number
}

/**
 * The cosine of the angle between vectors along `axis`: `a·b / (max(‖a‖, eps) · max(‖b‖, eps))`.
 * `a` and `b` have one shape; the result lacks the axis.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { cosineSimilarity, tensor } from 'striate'
 * await cosineSimilarity(tensor([[2, 0]]), tensor([[0, 3]])).array() // => [0]
 * ```
 */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  options: CosineSimilarityOptions = {},
): Tensor {
  const op = 'cosineSimilarity'
  const x = requireReal(op, 'a', a)
  requireSameShape(op, 'b', b, a, 'a')
  rejectUnknown(op, options, ['axis', 'eps'])
  const eps = numberOption(op, 'eps', options.eps, 1e-8, { above: 0 })
  const axes = options.axis ?? 1
  const unit = (v: Tensor): Tensor => div(v, raised(norm(v, { axes, keepDims: true }), eps))
  return sum(mul(unit(x), unit(requireReal(op, 'b', b))), { axes })
}

/** Keeps a squared length of 0 from being divided by, as PyTorch's cosine embedding does. */
const leastSquare = 1e-12

/**
 * `1 − cos(a, b)` where `target` is 1, `max(0, cos(a, b) − margin)` where it is −1. `a` and `b` are
 * `[batch, features]` (or `[features]`), `target` is `[batch]` (or without axes).
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { cosineEmbedding, tensor } from 'striate'
 * const [a, b] = [tensor([[1, 0], [1, 0]]), tensor([[0, 2], [0, 2]])]
 * await cosineEmbedding(a, b, tensor([1, -1]), { reduction: 'none' }).array() // => [1, 0]
 * ```
 */
export function cosineEmbedding(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  const op = 'cosineEmbedding'
  const { margin, reduction } = checkMargin(op, options, 0)
  const x = requireReal(op, 'a', a)
  const y = requireReal(op, 'b', b)
  requireSameShape(op, 'b', y, x, 'a')
  requireTensor(op, 'target', target)
  if (x.rank < 1 || x.rank > 2 || !sameShape(target.shape, x.shape.slice(0, -1))) {
    fail({
      op,
      argument: 'target',
      got: `[${target.shape.join(', ')}]`,
      needs: 'expects [batch] for vectors [batch, features], or no axes for [features]',
      hint: `a is [${a.shape.join(', ')}]`,
    })
  }
  const dot = (u: Tensor, v: Tensor): Tensor => sum(mul(u, v), { axes: -1 })
  const squares = mul(add(dot(x, x), leastSquare), add(dot(y, y), leastSquare))
  const cosine = div(dot(x, y), sqrt(squares))
  const apart = where(equal(target, -1), atLeastZero(sub(cosine, margin)), 0)
  return reduceLosses(where(equal(target, 1), sub(1, cosine), apart), reduction)
}

export interface TripletMarginOptions extends MarginOptions {
  /** The order of the distance. 2 by default. */
  readonly p?: number
  /** Added to each difference, against division by 0. 1e-6 by default. */
  readonly eps?: number
  /** Whether the negative is compared with the positive too, if that is nearer. */
  readonly swap?: boolean
}

/**
 * `max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin)`, all three of one shape
 * `[..., features]`; the distances are Lp norms of `u − v + eps` along the last axis.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { tensor, tripletMargin } from 'striate'
 * const [anchor, near, far] = [tensor([[0, 0]]), tensor([[0, 1]]), tensor([[0, 9]])]
 * await tripletMargin(anchor, near, far).item() // => 0
 * ```
 * @see Balntas et al., "Learning local feature descriptors with triplets" (2016).
 */
export function tripletMargin(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor {
  const op = 'tripletMargin'
  rejectUnknown(op, options, ['margin', 'p', 'eps', 'swap', 'reduction'])
  const { p: order, eps: offset, swap, ...shared } = options
  const { margin, reduction } = checkMargin(op, shared, 1)
  const p = numberOption(op, 'p', order, 2)
  const eps = numberOption(op, 'eps', offset, 1e-6)
  const centre = requireReal(op, 'anchor', anchor)
  requireSameShape(op, 'positive', positive, anchor, 'anchor')
  requireSameShape(op, 'negative', negative, anchor, 'anchor')
  const distance = (u: Tensor, v: Tensor): Tensor => norm(add(sub(u, v), eps), { p, axes: -1 })
  const near = distance(centre, positive)
  const apart = distance(centre, negative)
  const far = swap ? minimum(apart, distance(positive, negative)) : apart
  return reduceLosses(atLeastZero(add(sub(near, far), margin)), reduction)
}

function checkMargin(
  op: string,
  options: MarginOptions,
  fallback: number,
): { margin: number; reduction: Reduction } {
  rejectUnknown(op, options, ['margin', 'reduction'])
  return {
    margin: numberOption(op, 'margin', options.margin, fallback),
    reduction: checkReduction(op, options.reduction),
  }
}
