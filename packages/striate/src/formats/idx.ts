/** IDX, the format of MNIST's files: a type, sizes and big-endian values (LeCun, Cortes and Burges, "The MNIST database"). */
import { describe, fail } from '../errors.ts'
import { elementCount } from './arrayData.ts'
import { hostOrder } from './elements.ts'

/** The array of an IDX file. */
export interface IdxArray {
  shape: number[]
  /** The type that the file names. */
  data:
    | Uint8Array<ArrayBuffer>
    | Int8Array<ArrayBuffer>
    | Int16Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Float32Array<ArrayBuffer>
    | Float64Array<ArrayBuffer>
}

const op = 'decodeIdx'

interface Maker {
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer): IdxArray['data']
}

const types = new Map<number, Maker>([
  [0x08, Uint8Array],
  [0x09, Int8Array],
  [0x0b, Int16Array],
  [0x0c, Int32Array],
  [0x0d, Float32Array],
  [0x0e, Float64Array],
])

/** What the head of an IDX file says. */
export interface IdxHead {
  /** `uint8`, `int8`, `int16`, `int32`, `float32` or `float64`. */
  readonly type: string
  readonly shape: number[]
  /** The bytes of the values. */
  readonly begin: number
  readonly end: number
}

/** The most bytes that the head of an IDX file takes. */
export const idxHeadAtMost: number = 4 + 4 * 255

/**
 * What an IDX file of `size` bytes holds, from its beginning alone: the whole file, or its first `idxHeadAtMost`
 * bytes. Throws as `decodeIdx` does.
 *
 * ```ts
 * import { readIdxHead } from 'striate'
 * const file = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9)
 * readIdxHead(file, file.length) // => { type: 'uint8', shape: [1, 3], begin: 12, end: 15 }
 * ```
 */
export function readIdxHead(bytes: Uint8Array, size: number): IdxHead {
  const { maker, shape, begin } = readHead(bytes, size)
  return { type: maker.name.replace('Array', '').toLowerCase(), shape, begin, end: size }
}

/**
 * The array of an IDX file (already unpacked, if it was gzipped).
 *
 * Throws, naming the byte, if the file does not begin as IDX does, or is shorter or longer than its sizes say.
 *
 * ```ts
 * import { decodeIdx } from 'striate'
 * const file = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9)
 * decodeIdx(file).shape // => [1, 3]
 * ```
 */
export function decodeIdx(bytes: Uint8Array): IdxArray {
  const { maker, shape, begin } = readHead(bytes, bytes.length)
  return {
    shape,
    data: new maker(hostOrder(bytes.subarray(begin), maker.BYTES_PER_ELEMENT, false)),
  }
}

function readHead(
  bytes: Uint8Array,
  size: number,
): { maker: Maker; shape: number[]; begin: number } {
  if (bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const hint = 'this file is gzipped: unpack it first, as readMaybeGzip does'
    fail({ op, argument: 'byte 0', needs: 'must be 0', got: '0x1f', hint })
  }
  if (size < 4) {
    const needs = 'needs the 4 bytes of the magic number'
    fail({ op, argument: 'byte 0', needs, got: `a file of ${size} bytes` })
  }
  if (bytes[0] !== 0 || bytes[1] !== 0)
    fail({
      op,
      argument: 'byte 0',
      needs: 'must begin two bytes of 0',
      got: describe([...bytes.subarray(0, 2)]),
    })
  const type = types.get(bytes[2]!)
  if (type === undefined) {
    const needs = 'must be a type: 8, 9, 11, 12, 13 or 14'
    fail({ op, argument: 'byte 2', needs, got: String(bytes[2]) })
  }
  const rank = bytes[3]!
  if (rank === 0) fail({ op, argument: 'byte 3', needs: 'must be a rank of at least 1', got: '0' })
  const start = 4 + 4 * rank
  if (size < start) {
    const needs = `needs ${rank} sizes of 4 bytes`
    fail({ op, argument: 'byte 4', needs, got: `a file of ${size} bytes` })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, start)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const width = type.BYTES_PER_ELEMENT
  const count = elementCount(shape)
  const held = size - start
  if (count === undefined || count * width !== held) {
    const length = count === undefined ? 'over 2⁵³' : `${count * width}`
    const needs = `must begin ${length} bytes of values, as the shape ${describe(shape)} says`
    fail({ op, argument: `byte ${start}`, needs, got: `${held} bytes` })
  }
  return { maker: type, shape, begin: start }
}
