/** Element types and shapes, as HDF5 writes them (File Format Specification 3.0, IV.A.2.b and d). */
import { describe, type Encoding } from 'striate'
import type { Cursor } from './cursor.ts'

export type Datatype =
  | {
      readonly kind: 'number'
      readonly encoding: Encoding
      readonly littleEndian: boolean
      readonly size: number
    }
  /** Text of a fixed size. */
  | { readonly kind: 'text'; readonly size: number }
  /** Text in the global heap. */
  | { readonly kind: 'reference'; readonly size: number }
  | { readonly kind: 'unknown'; readonly name: string; readonly size: number }

const classNames = [
  'integers',
  'floating-point numbers',
  'times',
  'text',
  'bit fields',
  'opaque bytes',
  'compounds',
  'references',
  'enumerations',
  'sequences',
  'arrays',
]

export function readDatatype(cursor: Cursor): Datatype {
  const first = cursor.u8()
  const bits = cursor.uint(3)
  const size = cursor.u32()
  const unknown: Datatype = {
    kind: 'unknown',
    name: classNames[first & 15] ?? `class ${first & 15}`,
    size,
  }
  const littleEndian = (bits & 1) === 0
  switch (first & 15) {
    case 0: {
      const signed = (bits & 8) !== 0
      const offset = cursor.u16()
      const precision = cursor.u16()
      const isWhole = offset === 0 && precision === size * 8 && [1, 2, 4, 8].includes(size)
      if (!isWhole) return unknown
      const encoding = `${signed ? 'i' : 'u'}${size * 8}` as Encoding
      return { kind: 'number', encoding, littleEndian, size }
    }
    case 1: {
      cursor.skip(2)
      const precision = cursor.u16()
      cursor.skip(1)
      const exponent = cursor.u8()
      const encoding = floats[`${size}:${precision}:${exponent}`]
      // Bit 6 marks the byte order of the VAX.
      if (encoding === undefined || (bits & 64) !== 0) return unknown
      return { kind: 'number', encoding, littleEndian, size }
    }
    case 3:
      return { kind: 'text', size }
    case 8:
      // The numbers of an enumeration are what its names stand for; booleans are written so.
      return readDatatype(cursor)
    case 9:
      return (bits & 15) === 1 ? { kind: 'reference', size } : unknown
    default:
      return unknown
  }
}

/** Bytes, bits and bits of exponent. */
const floats: Readonly<Record<string, Encoding>> = {
  '2:16:5': 'f16',
  '2:16:8': 'bf16',
  '4:32:8': 'f32',
  '8:64:11': 'f64',
}

/** The sizes of a dataspace; none for a scalar, undefined for the empty space. */
export function readDataspace(cursor: Cursor): number[] | undefined {
  const version = cursor.u8()
  const rank = cursor.u8()
  cursor.skip(1)
  if (version !== 1 && version !== 2)
    cursor.refuse('must have a dataspace of version 1 or 2', describe(version))
  if (rank > 32) cursor.refuse('must have at most 32 axes', describe(rank))
  if (version === 1) cursor.skip(5)
  else if (cursor.u8() === 2) return undefined
  const sizes = Array.from({ length: rank }, () => cursor.u64())
  if (sizes.some((size) => size < 0)) cursor.refuse('must have sizes below 2⁵³', 'unlimited ones')
  return sizes
}
