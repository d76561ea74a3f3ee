/** Where the largest or smallest elements lie: argmax, argmin, top-k, sorting. */
import { lowerOrder } from '../engine/wasm/lower/order.ts'
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import type { Operator } from '../tensor/operator.ts'
import { checkAxis } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast, neg } from './elementwise/arithmetic.ts'
import { takeAlong } from './gather.ts'
import { aroundAxis } from './primitive/axisMap.ts'
import { reshape } from './reshape.ts'

export interface OrderAttributes {
  readonly axis: number
  /** How many indices are kept. */
  readonly k: number
  readonly largest: boolean
}

/** Indices of the `k` first elements in order, along an axis; ties keep their order, NaN counts as largest. */
export const orderOperator: Operator<OrderAttributes> = {
  name: 'order',

  infer: ([x], { axis, k }) => ({ shape: x!.shape.with(axis, k), dtype: 'int32' }),

  reference({ inputs: [x], inputTypes: [type], output, attributes: { axis, k, largest } }) {
    const size = type!.shape[axis]!
    const { outer, inner } = aroundAxis(type!.shape, axis)
    const row = new Float64Array(size)
    const order = new Uint32Array(size)
    const before = (a: number, b: number): number => {
      const x = row[a]!
      const y = row[b]!
      if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return a - b
      const isAbove = Number.isNaN(x) || x > y
      return isAbove === largest ? -1 : 1
    }
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        for (let j = 0; j < size; j++) {
          row[j] = x![(o * size + j) * inner + i]!
          order[j] = j
        }
        if (k === 1) order[0] = order.reduce((best, j) => (before(j, best) < 0 ? j : best), 0)
        else order.sort(before)
        for (let j = 0; j < k; j++) output[(o * k + j) * inner + i] = order[j]!
      }
    }
  },

  lower: lowerOrder,
  cell: null,

  work: ([x]) => ({ multiplyAdds: x!.shape.reduce((size, length) => size * length, 1) }),
}

export interface ArgOptions {
  /** The axis to search. */
  readonly axis: number
  /** Whether the axis stays, with size 1. */
  readonly keepDims?: boolean
}

function argOrder(op: string, x: Tensor, options: ArgOptions): Tensor {
  requireTensor(op, 'x', x)
  rejectUnknown(op, options, ['axis', 'keepDims'])
  const axis = checkAxis(op, options.axis, x.rank)
  const kept = apply(orderOperator, [x], { axis, k: 1, largest: true })
  return options.keepDims ? kept : reshape(kept, x.shape.toSpliced(axis, 1))
}

/**
 * Index (int32) of the largest element along `axis`; the first at ties; NaN counts as largest.
 *
 * @example
 * ```ts
 * import { argmax, tensor } from 'striate'
 * await argmax(tensor([[1, 5, 2], [7, 0, 3]]), { axis: 1 }).array() // => [1, 0]
 * ```
 */
export const argmax = (x: Tensor, options: ArgOptions): Tensor => argOrder('argmax', x, options)

/**
 * Index (int32) of the smallest element along `axis`; the first at ties; NaN counts as smallest.
 *
 * @example
 * ```ts
 * import { argmin, tensor } from 'striate'
 * await argmin(tensor([[1, 5, 2], [7, 0, 3]]), { axis: 1 }).array() // => [0, 1]
 * ```
 */
export const argmin = (x: Tensor, options: ArgOptions): Tensor =>
  argOrder(
    'argmin',
    neg(requireTensor('argmin', 'x', x).dtype === 'uint8' ? cast(x, 'int32') : x),
    options,
  )

export interface TopKOptions {
  /** The axis to search; the last by default. */
  readonly axis?: number
  /** Whether the largest are wanted (the default) or the smallest. */
  readonly largest?: boolean
}

/**
 * The `k` largest elements along an axis in falling order, and their indices (int32).
 *
 * @throws StriateError if `k` is not between 1 and the size of the axis.
 * @example
 * ```ts
 * import { tensor, topK } from 'striate'
 * const { values, indices } = topK(tensor([3, 9, 1, 7]), 2)
 * await values.array() // => [9, 7]
 * await indices.array() // => [1, 3]
 * ```
 */
export function topK(
  x: Tensor,
  k: number,
  options: TopKOptions = {},
): { values: Tensor; indices: Tensor } {
  requireTensor('topK', 'x', x)
  rejectUnknown('topK', options, ['axis', 'largest'])
  const axis = checkAxis('topK', options.axis ?? -1, x.rank)
  if (!Number.isSafeInteger(k) || k < 1 || k > x.shape[axis]!) {
    fail({
      op: 'topK',
      argument: 'k',
      got: describe(k),
      needs: `must be a whole number from 1 to ${x.shape[axis]}, the size of axis ${axis}`,
    })
  }
  const indices = apply(orderOperator, [x], { axis, k, largest: options.largest ?? true })
  return { values: takeAlong(x, indices, axis), indices }
}

/**
 * All elements along an axis in order (rising by default), and where they were.
 *
 * @example
 * ```ts
 * import { sort, tensor } from 'striate'
 * const { values, indices } = sort(tensor([3, 9, 1]))
 * await values.array() // => [1, 3, 9]
 * await indices.array() // => [2, 0, 1]
 * ```
 */
export const sort = (
  x: Tensor,
  options: { readonly axis?: number; readonly descending?: boolean } = {},
): { values: Tensor; indices: Tensor } => {
  rejectUnknown('sort', options, ['axis', 'descending'])
  const axis = checkAxis('sort', options.axis ?? -1, x.rank)
  return topK(x, x.shape[axis]!, { axis, largest: options.descending ?? false })
}
