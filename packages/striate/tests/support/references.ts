/** Tensor references of the shared test data, and the measure by which results are compared. */

/** Where a tensor lies in the binary file beside its table: little-endian, row-major. */
export interface TensorReference {
  /** In bytes. */
  readonly offset: number
  readonly dtype: 'float32' | 'float64' | 'int32'
  readonly shape: readonly number[]
}

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const

/** The elements, copied out of the file. */
export function readReference(
  file: ArrayBuffer,
  { offset, dtype, shape }: TensorReference,
): Float32Array | Float64Array | Int32Array {
  const make = arrays[dtype]
  const size = shape.reduce((product, length) => product * length, 1)
  return new make(file.slice(offset, offset + size * make.BYTES_PER_ELEMENT))
}

/**
 * The largest |difference| over the largest |expected|: NaN if one side only has a number somewhere,
 * infinite if the lengths differ.
 */
export function maxRelative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    const [got, want] = [actual[i]!, expected[i]!]
    if (Object.is(got, want)) continue
    difference = Math.max(difference, Math.abs(got - want))
  }
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!))
  return difference === 0 ? 0 : difference / (largest || 1)
}
