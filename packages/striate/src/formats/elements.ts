/** Bytes of a file to numbers: byte order, half precision, and wide integers that must fit 32 bits. */
import { type ArrayData, bytesOfView } from './arrayData.ts'
import { fromBrain, fromHalf } from './halves.ts'

/** Encodings of one element: boolean, unsigned, signed, floating, with their bits; `bf16` is the top half of a float32. */
export type Encoding =
  | 'bool'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'f16'
  | 'bf16'
  | 'f32'
  | 'f64'

export const encodingBytes: Readonly<Record<Encoding, number>> = {
  bool: 1,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  f16: 2,
  bf16: 2,
  f32: 4,
  f64: 8,
}

/** The type of the values that `decodeElements` gives. */
export const decodedTypes: Readonly<Record<Encoding, ArrayData['dtype']>> = {
  bool: 'uint8',
  u8: 'uint8',
  u16: 'int32',
  u32: 'int32',
  u64: 'int32',
  i8: 'int32',
  i16: 'int32',
  i32: 'int32',
  i64: 'int32',
  f16: 'float32',
  bf16: 'float32',
  f32: 'float32',
  f64: 'float64',
}

/** Called with the index of the first integer that 32 bits cannot hold; must throw. */
export type OutOfRange = (index: number) => never

type Values =
  | Pick<ArrayData & { dtype: 'float32' }, 'dtype' | 'data'>
  | Pick<ArrayData & { dtype: 'float64' }, 'dtype' | 'data'>
  | Pick<ArrayData & { dtype: 'int32' }, 'dtype' | 'data'>
  | Pick<ArrayData & { dtype: 'uint8' }, 'dtype' | 'data'>

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/**
 * Elements as float32 (from 16 and 32 bits), float64, uint8 (bytes and booleans) or int32 (every other integer).
 * The length of `bytes` is a whole number of elements. The result never shares memory with `bytes`.
 */
export function decodeElements(
  encoding: Encoding,
  bytes: Uint8Array,
  littleEndian: boolean,
  outOfRange: OutOfRange,
): Values {
  const buffer = hostOrder(bytes, encodingBytes[encoding], littleEndian)
  switch (encoding) {
    case 'f32':
      return { dtype: 'float32', data: new Float32Array(buffer) }
    case 'f64':
      return { dtype: 'float64', data: new Float64Array(buffer) }
    case 'i32':
      return { dtype: 'int32', data: new Int32Array(buffer) }
    case 'u8':
      return { dtype: 'uint8', data: new Uint8Array(buffer) }
    case 'bool':
      return { dtype: 'uint8', data: new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1)) }
    case 'f16':
      return { dtype: 'float32', data: fromHalf(new Uint16Array(buffer)) }
    case 'bf16':
      return { dtype: 'float32', data: fromBrain(new Uint16Array(buffer)) }
    case 'i8':
      return { dtype: 'int32', data: Int32Array.from(new Int8Array(buffer)) }
    case 'i16':
      return { dtype: 'int32', data: Int32Array.from(new Int16Array(buffer)) }
    case 'u16':
      return { dtype: 'int32', data: Int32Array.from(new Uint16Array(buffer)) }
    case 'u32':
      return { dtype: 'int32', data: fromUnsigned(new Int32Array(buffer), outOfRange) }
    case 'i64':
      return { dtype: 'int32', data: fromWide(new Int32Array(buffer), true, outOfRange) }
    case 'u64':
      return { dtype: 'int32', data: fromWide(new Int32Array(buffer), false, outOfRange) }
  }
}

/** A copy of the bytes in a buffer of its own, each element turned to the order of this machine. */
export function hostOrder(bytes: Uint8Array, width: number, littleEndian: boolean): ArrayBuffer {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  if (width > 1 && littleEndian !== hostIsLittle) {
    for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse()
  }
  return copy.buffer
}

/** The bytes of elements, least significant first: the array's own where this machine has that order. */
export function littleEndianBytes(values: ArrayBufferView, width: number): Uint8Array {
  const bytes = bytesOfView(values)
  return hostIsLittle || width === 1 ? bytes : new Uint8Array(hostOrder(bytes, width, true))
}

/** Unsigned words, given as signed ones: a negative one is 2³¹ or more. */
function fromUnsigned(
  words: Int32Array<ArrayBuffer>,
  outOfRange: OutOfRange,
): Int32Array<ArrayBuffer> {
  for (let at = 0; at < words.length; at++) if (words[at]! < 0) outOfRange(at)
  return words
}

/** Pairs of words: the high one must only repeat the low one's sign, or be 0 where unsigned. */
function fromWide(
  words: Int32Array,
  signed: boolean,
  outOfRange: OutOfRange,
): Int32Array<ArrayBuffer> {
  const values = new Int32Array(words.length / 2)
  const lowAt = hostIsLittle ? 0 : 1
  for (let at = 0; at < values.length; at++) {
    const low = words[2 * at + lowAt]!
    const high = words[2 * at + 1 - lowAt]!
    if (high !== (low < 0 ? -1 : 0) || (high < 0 && !signed)) outOfRange(at)
    values[at] = low
  }
  return values
}
