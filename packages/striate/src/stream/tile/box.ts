/** Boxes of cells of a row-major tensor, and copies between them. */
import type { TypedArray } from '../../tensor/dtype.ts'
import { stridesOf, walk } from '../../tensor/shape.ts'

/** The cells from `start` on, `shape` of them along each axis of the tensor. */
export interface Box {
  readonly start: readonly number[]
  readonly shape: readonly number[]
}

/** Lays the values of a box of `shape` into `whole`, first cell at `start`. */
export function layInto(
  whole: TypedArray,
  wholeShape: readonly number[],
  { start, shape }: Box,
  values: TypedArray,
): void {
  const strides = stridesOf(wholeShape)
  const first = start.reduce((offset, at, axis) => offset + at * strides[axis]!, 0)
  // Whole rows at a time.
  const row = shape.at(-1)!
  walk(shape.slice(0, -1), [strides.slice(0, -1)], ([offset], index) => {
    whole.set(values.subarray(index * row, (index + 1) * row), first + offset!)
  })
}

/** Cell `[i, j, …]` of the result is cell `[indices[0][i], indices[1][j], …]` of `values`; 0 where one is −1. */
export function pick(
  values: TypedArray,
  shape: readonly number[],
  indices: readonly Int32Array[],
  result: TypedArray,
): void {
  const strides = stridesOf(shape)
  const last = indices.length - 1
  const row = indices[last]!
  let at = 0
  const descend = (axis: number, offset: number): void => {
    if (axis === last) {
      if (offset < 0) result.fill(0, at, at + row.length)
      else
        row.forEach((index, i) => {
          result[at + i] = index < 0 ? 0 : values[offset + index]!
        })
      at += row.length
      return
    }
    for (const index of indices[axis]!)
      descend(axis + 1, offset < 0 || index < 0 ? -1 : offset + index * strides[axis]!)
  }
  descend(0, 0)
}
