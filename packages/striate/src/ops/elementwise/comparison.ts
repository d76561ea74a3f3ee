/** Comparisons and choice: 1 where true, 0 where false (uint8); `where` picks by them. */
import { promote } from '../../tensor/dtype.ts'
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import type { ScalarCard } from '../primitive/elementwise.ts'
import { scalar } from './build.ts'
import { truth } from './results.ts'

/**
 * 1 where `x = y`, else 0 (uint8), broadcast.
 *
 * @example
 * ```ts
 * import { equal, tensor } from 'striate'
 * await equal(tensor([1, 2, 3]), tensor([3, 2, 1])).array() // => [0, 1, 0]
 * ```
 */
export const equal = (x: TensorLike, y: TensorLike): Tensor => scalar(equalCard, x, y)

/**
 * 1 where `x ≠ y`, else 0.
 *
 * @example
 * ```ts
 * import { notEqual, tensor } from 'striate'
 * await notEqual(tensor([1, 2]), 2).array() // => [1, 0]
 * ```
 */
export const notEqual = (x: TensorLike, y: TensorLike): Tensor => scalar(notEqualCard, x, y)

/**
 * 1 where `x < y`, else 0.
 *
 * @example
 * ```ts
 * import { less, tensor } from 'striate'
 * await less(tensor([1, 2, 3]), 2).array() // => [1, 0, 0]
 * ```
 */
export const less = (x: TensorLike, y: TensorLike): Tensor => scalar(lessCard, x, y)

/**
 * 1 where `x ≤ y`, else 0.
 *
 * @example
 * ```ts
 * import { lessEqual, tensor } from 'striate'
 * await lessEqual(tensor([1, 2, 3]), 2).array() // => [1, 1, 0]
 * ```
 */
export const lessEqual = (x: TensorLike, y: TensorLike): Tensor => scalar(lessEqualCard, x, y)

/**
 * 1 where `x > y`, else 0.
 *
 * @example
 * ```ts
 * import { greater, tensor } from 'striate'
 * await greater(tensor([1, 2, 3]), 2).array() // => [0, 0, 1]
 * ```
 */
export const greater = (x: TensorLike, y: TensorLike): Tensor => scalar(greaterCard, x, y)

/**
 * 1 where `x ≥ y`, else 0.
 *
 * @example
 * ```ts
 * import { greaterEqual, tensor } from 'striate'
 * await greaterEqual(tensor([1, 2, 3]), 2).array() // => [0, 1, 1]
 * ```
 */
export const greaterEqual = (x: TensorLike, y: TensorLike): Tensor => scalar(greaterEqualCard, x, y)

/**
 * 1 where both are other than 0.
 *
 * @example
 * ```ts
 * import { logicalAnd, tensor } from 'striate'
 * await logicalAnd(tensor([0, 1, 2]), tensor([1, 0, 3])).array() // => [0, 0, 1]
 * ```
 */
export const logicalAnd = (x: TensorLike, y: TensorLike): Tensor => scalar(logicalAndCard, x, y)

/**
 * 1 where either is other than 0.
 *
 * @example
 * ```ts
 * import { logicalOr, tensor } from 'striate'
 * await logicalOr(tensor([0, 1, 0]), tensor([1, 0, 0])).array() // => [1, 1, 0]
 * ```
 */
export const logicalOr = (x: TensorLike, y: TensorLike): Tensor => scalar(logicalOrCard, x, y)

/**
 * 1 where `x` is 0.
 *
 * @example
 * ```ts
 * import { logicalNot, tensor } from 'striate'
 * await logicalNot(tensor([0, 1, 2])).array() // => [1, 0, 0]
 * ```
 */
export const logicalNot = (x: TensorLike): Tensor => scalar(logicalNotCard, x)

/**
 * 1 where `x` is not a number.
 *
 * @example
 * ```ts
 * import { isNotANumber, tensor } from 'striate'
 * await isNotANumber(tensor([0, NaN, Infinity])).array() // => [0, 1, 0]
 * ```
 */
export const isNotANumber = (x: TensorLike): Tensor => scalar(isNaNCard, x)

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
  scalar(whereCard, condition, x, y)

const equalCard: ScalarCard = {
  function: 'equal',
  result: truth,
  evaluate: (a, b) => Number(a === b),
}

const notEqualCard: ScalarCard = {
  function: 'notEqual',
  result: truth,
  evaluate: (a, b) => Number(a !== b),
}

const lessCard: ScalarCard = { function: 'less', result: truth, evaluate: (a, b) => Number(a < b) }

const lessEqualCard: ScalarCard = {
  function: 'lessEqual',
  result: truth,
  evaluate: (a, b) => Number(a <= b),
}

const greaterCard: ScalarCard = {
  function: 'greater',
  result: truth,
  evaluate: (a, b) => Number(a > b),
}

const greaterEqualCard: ScalarCard = {
  function: 'greaterEqual',
  result: truth,
  evaluate: (a, b) => Number(a >= b),
}

const logicalAndCard: ScalarCard = {
  function: 'logicalAnd',
  result: truth,
  evaluate: (a, b) => Number(a !== 0 && b !== 0),
}

const logicalOrCard: ScalarCard = {
  function: 'logicalOr',
  result: truth,
  evaluate: (a, b) => Number(a !== 0 || b !== 0),
}

const logicalNotCard: ScalarCard = {
  function: 'logicalNot',
  result: truth,
  evaluate: (a) => Number(a === 0),
}

const isNaNCard: ScalarCard = {
  function: 'isNaN',
  result: truth,
  evaluate: (a) => Number(Number.isNaN(a)),
}

const whereCard: ScalarCard = {
  function: 'where',
  result: ([, x, y]) => promote(x!, y!),
  evaluate: (condition, a, b) => (condition !== 0 ? a : b),
}
