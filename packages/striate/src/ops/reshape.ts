/** The same elements under another shape. */
import { reshapeCell } from '../engine/wasm/proof/rules.ts'
import { describe, fail } from '../errors.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import type { Operator } from '../tensor/operator.ts'
import { checkAxes, checkAxis, sameShape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface ReshapeAttributes {
  readonly shape: readonly number[]
}

export const reshapeOperator: Operator<ReshapeAttributes> = {
  name: 'reshape',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  reference: ({ inputs: [x], output }) => output.set(x!),
  // The planner reads it as its input under another shape.
  lower: () => false,
  cell: reshapeCell,
  work: () => ({ multiplyAdds: 0 }),
}

/**
 * The elements of `x`, in row-major order, under `shape`; one size may be −1 and is worked out.
 *
 * @throws StriateError if the number of elements differs.
 * @example
 * ```ts
 * import { reshape, tensor } from 'striate'
 * await reshape(tensor([1, 2, 3, 4]), [2, -1]).array() // => [[1, 2], [3, 4]]
 * ```
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  requireTensor('reshape', 'x', x)
  const open = Array.isArray(shape) ? shape.indexOf(-1) : -1
  const known = open < 0 ? 1 : sizeOf(shape.filter((_, axis) => axis !== open))
  const full = open < 0 ? shape : shape.with(open, known > 0 ? x.size / known : 0)
  if (
    !Array.isArray(full) ||
    !full.every((size) => Number.isSafeInteger(size) && size >= 0) ||
    sizeOf(full) !== x.size
  ) {
    fail({
      op: 'reshape',
      argument: 'shape',
      got: `${describe(shape)} for x of shape [${x.shape.join(', ')}]`,
      needs: `must hold ${x.size} elements, with at most one size of -1`,
    })
  }
  // The list that was given stays the caller's, who may change it.
  return sameShape(full, x.shape) ? x : apply(reshapeOperator, [x], { shape: full.slice() })
}

/**
 * Merges the axes from `startAxis` to `endAxis` (all after the batch by default) into one.
 *
 * @example
 * ```ts
 * import { flatten, ones } from 'striate'
 * flatten(ones([2, 3, 4])).shape // => [2, 12]
 * flatten(ones([2, 3, 4]), 0, 1).shape // => [6, 4]
 * ```
 */
export function flatten(x: Tensor, startAxis = 1, endAxis = -1): Tensor {
  requireTensor('flatten', 'x', x)
  const first = startAxis < 0 ? startAxis + x.rank : startAxis
  const last = endAxis < 0 ? endAxis + x.rank : endAxis
  if (!(first >= 0 && first <= last && last < x.rank)) {
    fail({
      op: 'flatten',
      argument: 'startAxis',
      got: `axes ${describe(startAxis)} to ${describe(endAxis)} for x of shape [${x.shape.join(', ')}]`,
      needs: 'must name a first and a last axis of x, in that order',
    })
  }
  const merged = sizeOf(x.shape.slice(first, last + 1))
  return reshape(x, [...x.shape.slice(0, first), merged, ...x.shape.slice(last + 1)])
}

/**
 * Drops axes of size 1: the given ones, or all.
 *
 * @example
 * ```ts
 * import { ones, squeeze } from 'striate'
 * squeeze(ones([1, 3, 1])).shape // => [3]
 * squeeze(ones([1, 3, 1]), 0).shape // => [3, 1]
 * ```
 */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  requireTensor('squeeze', 'x', x)
  const chosen =
    axes === undefined
      ? x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []))
      : checkAxes('squeeze', axes, x.rank)
  for (const axis of chosen) {
    if (x.shape[axis] !== 1) {
      fail({
        op: 'squeeze',
        argument: 'axes',
        got: `axis ${axis} of shape [${x.shape.join(', ')}]`,
        needs: 'must name axes of size 1',
      })
    }
  }
  return reshape(
    x,
    x.shape.filter((_, axis) => !chosen.includes(axis)),
  )
}

/**
 * Inserts an axis of size 1 before `axis` (negative: counted from the end of the result).
 *
 * @example
 * ```ts
 * import { tensor, unsqueeze } from 'striate'
 * await unsqueeze(tensor([1, 2]), 1).array() // => [[1], [2]]
 * ```
 */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  requireTensor('unsqueeze', 'x', x)
  const at = checkAxis('unsqueeze', axis, x.rank + 1)
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}
