/** An array as the file formats speak of it: element type, shape and values in row-major order. */
import { describe, fail } from '../errors.ts'

/** An array that was read. Its values are its own: the bytes of the file can be let go. */
export type ArrayData =
  | { dtype: 'float32'; shape: number[]; data: Float32Array<ArrayBuffer> }
  | { dtype: 'float64'; shape: number[]; data: Float64Array<ArrayBuffer> }
  | { dtype: 'int32'; shape: number[]; data: Int32Array<ArrayBuffer> }
  | { dtype: 'uint8'; shape: number[]; data: Uint8Array<ArrayBuffer> }

/** An array to be written. */
export type ArrayInput =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'float64'; readonly shape: readonly number[]; readonly data: Float64Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array }

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const

/** The number of elements of a shape, or undefined where it passes 2⁵³ − 1. */
export function elementCount(shape: readonly number[]): number | undefined {
  // A zero anywhere makes the array empty, however large the other sizes are.
  if (shape.includes(0)) return 0
  let count = 1
  for (const size of shape) {
    count *= size
    if (count > Number.MAX_SAFE_INTEGER) return undefined
  }
  return count
}

/** Throws unless the array's dtype is known, its data of that type, and its shape as long as its data. */
export function checkArray(op: string, argument: string, array: ArrayInput): void {
  if (typeof array !== 'object' || array === null)
    fail({ op, argument, needs: 'must have a dtype, a shape and data', got: describe(array) })
  const { dtype, shape, data } = array
  if (!Object.hasOwn(arrays, dtype)) {
    const needs = `must have dtype ${Object.keys(arrays).join(', ')}`
    fail({ op, argument, needs, got: describe(dtype) })
  }
  const kind = arrays[dtype]
  if (!(data instanceof kind))
    fail({ op, argument, needs: `must hold a ${kind.name}`, got: describe(data) })
  const sizes: unknown = shape
  if (!Array.isArray(sizes) || !sizes.every((size) => Number.isSafeInteger(size) && size >= 0))
    fail({ op, argument, needs: 'must have a shape of whole numbers', got: describe(shape) })
  if (elementCount(shape) !== data.length) {
    const needs = `must have as many values as its shape ${describe(shape)} says`
    fail({ op, argument, needs, got: String(data.length) })
  }
}

/** The bytes of a view, whatever it views, without a copy. */
export function bytesOfView(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
