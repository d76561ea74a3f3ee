/** Random arrays for the tests of file formats. */
import fc from 'fast-check'
import type { ArrayData } from '../../src/formats/arrayData.ts'

const makers = {
  float32: (count: number) => fc.float32Array({ minLength: count, maxLength: count }),
  float64: (count: number) => fc.float64Array({ minLength: count, maxLength: count }),
  int32: (count: number) => fc.int32Array({ minLength: count, maxLength: count }),
  uint8: (count: number) => fc.uint8Array({ minLength: count, maxLength: count }),
} as const

/** An array of any dtype and up to four axes of up to four elements, empty ones among them. */
export const anyArray: fc.Arbitrary<ArrayData> = fc
  .tuple(
    fc.constantFrom('float32', 'float64', 'int32', 'uint8'),
    fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
  )
  .chain(([dtype, shape]) =>
    (makers[dtype](shape.reduce((a, b) => a * b, 1)) as fc.Arbitrary<ArrayData['data']>).map(
      (data) => ({ dtype, shape, data }) as ArrayData,
    ),
  )

/** The bytes of the array's values: equal for equal NaNs and zeros of equal sign. */
export function rawBytes({ data }: { readonly data: ArrayBufferView }): number[] {
  return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
}
