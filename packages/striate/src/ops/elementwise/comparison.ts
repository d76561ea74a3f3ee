/** Comparisons and choice: 1 where true, 0 where false (uint8); `where` picks by them. */
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import type { ScalarCard } from '../primitive/elementwise.ts'
import { scalar } from './build.ts'

/**
 * 1 where `x = y`, else 0 (uint8), broadcast.
 *
 * @example
 * ```ts
 * import { equal, tensor } from 'striate'
 * await equal(tensor([1, 2, 3]), tensor([3, 2, 1])).array() // => [0, 1, 0]
 * ```
 */
export const equal = (x: TensorLike, y: TensorLike): Tensor => scalar('equal', x, y)

/**
 * 1 where `x ≠ y`, else 0.
 *
 * @example
 * ```ts
 * import { notEqual, tensor } from 'striate'
 * await notEqual(tensor([1, 2]), 2).array() // => [1, 0]
 * ```
 */
export const notEqual = (x: TensorLike, y: TensorLike): Tensor => scalar('notEqual', x, y)

/**
 * 1 where `x < y`, else 0.
 *
 * @example
 * ```ts
 * import { less, tensor } from 'striate'
 * await less(tensor([1, 2, 3]), 2).array() // => [1, 0, 0]
 * ```
 */
export const less = (x: TensorLike, y: TensorLike): Tensor => scalar('less', x, y)

/**
 * 1 where `x ≤ y`, else 0.
 *
 * @example
 * ```ts
 * import { lessEqual, tensor } from 'striate'
 * await lessEqual(tensor([1, 2, 3]), 2).array() // => [1, 1, 0]
 * ```
 */
export const lessEqual = (x: TensorLike, y: TensorLike): Tensor => scalar('lessEqual', x, y)

/**
 * 1 where `x > y`, else 0.
 *
 * @example
 * ```ts
 * import { greater, tensor } from 'striate'
 * await greater(tensor([1, 2, 3]), 2).array() // => [0, 0, 1]
 * ```
 */
export const greater = (x: TensorLike, y: TensorLike): Tensor => scalar('greater', x, y)

/**
 * 1 where `x ≥ y`, else 0.
 *
 * @example
 * ```ts
 * import { greaterEqual, tensor } from 'striate'
 * await greaterEqual(tensor([1, 2, 3]), 2).array() // => [0, 1, 1]
 * ```
 */
export const greaterEqual = (x: TensorLike, y: TensorLike): Tensor => scalar('greaterEqual', x, y)

/**
 * 1 where both are other than 0.
 *
 * @example
 * ```ts
 * import { logicalAnd, tensor } from 'striate'
 * await logicalAnd(tensor([0, 1, 2]), tensor([1, 0, 3])).array() // => [0, 0, 1]
 * ```
 */
export const logicalAnd = (x: TensorLike, y: TensorLike): Tensor => scalar('logicalAnd', x, y)

/**
 * 1 where either is other than 0.
 *
 * @example
 * ```ts
 * import { logicalOr, tensor } from 'striate'
 * await logicalOr(tensor([0, 1, 0]), tensor([1, 0, 0])).array() // => [1, 1, 0]
 * ```
 */
export const logicalOr = (x: TensorLike, y: TensorLike): Tensor => scalar('logicalOr', x, y)

/**
 * 1 where `x` is 0.
 *
 * @example
 * ```ts
 * import { logicalNot, tensor } from 'striate'
 * await logicalNot(tensor([0, 1, 2])).array() // => [1, 0, 0]
 * ```
 */
export const logicalNot = (x: TensorLike): Tensor => scalar('logicalNot', x)

/**
 * 1 where `x` is not a number.
 *
 * @example
 * ```ts
 * import { isNotANumber, tensor } from 'striate'
 * await isNotANumber(tensor([0, NaN, Infinity])).array() // => [0, 1, 0]
 * ```
 */
export const isNotANumber = (x: TensorLike): Tensor => scalar('isNaN', x)

/**
 * `x` where `condition` is other than 0, else `y`; all broadcast. The side not chosen gets no gradient.
 *
 * @example
 * ```ts
 * import { greater, tensor, where } from 'striate'
 * const x = tensor([-1, 2])
 * await where(greater(x, 0), x, 0).array() // => [0, 2]
 * ```
 */
export const where = (condition: TensorLike, x: TensorLike, y: TensorLike): Tensor =>
  scalar('where', condition, x, y)

const comparison = (arity: 1 | 2, evaluate: (a: number, b: number) => boolean): ScalarCard => ({
  arity,
  result: 'boolean',
  evaluate: (a, b) => (evaluate(a, b) ? 1 : 0),
  gradient: () => [null, null],
})

export const comparisonCards: Readonly<
  Record<
    | 'equal'
    | 'notEqual'
    | 'less'
    | 'lessEqual'
    | 'greater'
    | 'greaterEqual'
    | 'logicalAnd'
    | 'logicalOr'
    | 'logicalNot'
    | 'isNaN'
    | 'where',
    ScalarCard
  >
> = {
  equal: comparison(2, (a, b) => a === b),
  notEqual: comparison(2, (a, b) => a !== b),
  less: comparison(2, (a, b) => a < b),
  lessEqual: comparison(2, (a, b) => a <= b),
  greater: comparison(2, (a, b) => a > b),
  greaterEqual: comparison(2, (a, b) => a >= b),
  logicalAnd: comparison(2, (a, b) => a !== 0 && b !== 0),
  logicalOr: comparison(2, (a, b) => a !== 0 || b !== 0),
  logicalNot: comparison(1, (a) => a === 0),
  isNaN: comparison(1, (a) => Number.isNaN(a)),
  where: {
    arity: 3,
    result: 'branches',
    evaluate: (condition, a, b) => (condition !== 0 ? a : b),
    gradient: ({ inputs: [condition], upstream, wanted }) => [
      null,
      wanted[1] ? where(condition!, upstream, 0) : null,
      wanted[2] ? where(condition!, 0, upstream) : null,
    ],
  },
}
