/** NumPy's .npy files, versions 1 to 3 (NumPy Enhancement Proposal 1): one array, never pickled objects. */
import { describe, fail } from '../errors.ts'
import {
  type ArrayData,
  type ArrayInput,
  bytesOfView,
  checkArray,
  elementCount,
} from './arrayData.ts'
import { decodeElements, type Encoding, encodingBytes, hostOrder } from './elements.ts'
import { readNpyHeader } from './npyHeader.ts'

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const
/** NumPy itself refuses headers over 10,000 bytes; ours name one type and one shape. */
const headerAtMost = 65_536
const decodeOp = 'decodeNpy'

const encodings: Readonly<Record<string, Encoding>> = {
  b1: 'bool',
  u1: 'u8',
  u2: 'u16',
  u4: 'u32',
  u8: 'u64',
  i1: 'i8',
  i2: 'i16',
  i4: 'i32',
  i8: 'i64',
  f2: 'f16',
  f4: 'f32',
  f8: 'f64',
}

/** What the head of an .npy file says. */
export interface NpyHead {
  /** NumPy's name of the element type: `<f4`. */
  readonly descr: string
  readonly encoding: Encoding
  readonly littleEndian: boolean
  /** Whether the first axis runs fastest. */
  readonly fortranOrder: boolean
  readonly shape: number[]
  /** The bytes of the values. */
  readonly begin: number
  readonly end: number
}

/** The most bytes that the head of an .npy file takes. */
export const npyHeadAtMost: number = 12 + headerAtMost

/**
 * What an .npy file of `size` bytes holds, from its beginning alone: the whole file, or its first `npyHeadAtMost`
 * bytes.
 *
 * Throws as `decodeNpy` does, but for integers that do not fit.
 *
 * ```ts
 * import { encodeNpy, readNpyHead } from 'striate'
 * const file = encodeNpy({ dtype: 'float32', shape: [2, 1], data: Float32Array.of(3, 4) })
 * const { descr, shape, begin, end } = readNpyHead(file, file.length)
 * descr // => '<f4'
 * shape // => [2, 1]
 * end - begin // => 8
 * ```
 */
export function readNpyHead(bytes: Uint8Array, size: number): NpyHead {
  const op = decodeOp
  const { start, end } = headerPlace(bytes, size)
  const { descr, fortranOrder, shape } = readNpyHeader(op, bytes, start, end)
  const found = /^([<>|=]?)([a-z]\d+)$/.exec(descr)
  const encoding =
    found !== null && Object.hasOwn(encodings, found[2]!) ? encodings[found[2]!] : undefined
  if (found === null || encoding === undefined) {
    const needs = `must have a type of ${Object.keys(encodings).join(', ')}`
    const hint = descr.includes('O') ? 'pickled objects can run code and are never read' : undefined
    return fail({
      op,
      argument: `the header (byte ${start})`,
      needs,
      got: describe(descr),
      ...(hint ? { hint } : {}),
    })
  }
  const count = elementCount(shape)
  const held = size - end
  const width = encodingBytes[encoding]
  if (count === undefined || count * width !== held) {
    const length = count === undefined ? 'over 2⁵³' : `${count * width}`
    const needs = `must begin ${length} bytes of values, as ${descr} ${describe(shape)} says`
    fail({ op, argument: `byte ${end}`, needs, got: `${held} bytes` })
  }
  const littleEndian = found[1] !== '>'
  return { descr, encoding, littleEndian, fortranOrder, shape, begin: end, end: size }
}

/**
 * The array of an .npy file, in row-major order whatever the file's. Half precision becomes float32; booleans
 * become uint8; integers of other widths become int32 if every value fits.
 *
 * Throws, naming the byte, if the header is not the expected dictionary, the type is another (objects,
 * structures, text, complex), an integer does not fit, or the file is shorter or longer than its shape says.
 *
 * ```ts
 * import { decodeNpy, encodeNpy } from 'striate'
 * const file = encodeNpy({ dtype: 'float32', shape: [2, 1], data: Float32Array.of(3, 4) })
 * decodeNpy(file) // => { dtype: 'float32', shape: [2, 1], data: [3, 4] }
 * ```
 */
export function decodeNpy(bytes: Uint8Array): ArrayData {
  const { encoding, littleEndian, fortranOrder, shape, begin } = readNpyHead(bytes, bytes.length)
  const outOfRange = (index: number): never => {
    const needs = `must hold an integer that fits 32 bits to be read as int32 (element ${index})`
    const argument = `byte ${begin + index * encodingBytes[encoding]}`
    return fail({ op: decodeOp, argument, needs, got: 'a larger one' })
  }
  const values = decodeElements(encoding, bytes.subarray(begin), littleEndian, outOfRange)
  if (fortranOrder) reorder(values.data, shape)
  return { dtype: values.dtype, shape, data: values.data } as ArrayData
}

/** Where the header's dictionary lies, its length checked against the file. */
function headerPlace(bytes: Uint8Array, size: number): { start: number; end: number } {
  const op = decodeOp
  if (size < 10 || magic.some((byte, at) => bytes[at] !== byte)) {
    const got = size < 10 ? `a file of ${size} bytes` : describe([...bytes.subarray(0, 6)])
    fail({ op, argument: 'byte 0', needs: "must begin the magic '\\x93NUMPY' and a version", got })
  }
  const version = bytes[6]!
  if (version < 1 || version > 3)
    fail({ op, argument: 'byte 6', needs: 'must be version 1, 2 or 3', got: String(version) })
  const start = version === 1 ? 10 : 12
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (size < start)
    fail({
      op,
      argument: 'byte 8',
      needs: 'must begin 4 bytes of header length',
      got: `${size - 8} bytes`,
    })
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const needs = `must be a header length within the file, at most ${headerAtMost}`
  if (length > headerAtMost || length > size - start)
    fail({ op, argument: 'byte 8', needs, got: `${length} in a file of ${size} bytes` })
  return { start, end: start + length }
}

/** Values with the first axis fastest, put in place in row-major order. */
function reorder(data: ArrayData['data'], shape: readonly number[]): void {
  if (shape.length < 2) return
  const stored = data.slice()
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1))
  const index = shape.map(() => 0)
  let from = 0
  for (let to = 0; to < data.length; to++) {
    data[to] = stored[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      index[axis] = index[axis]! + 1
      if (index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
}

const descrs = { float32: '<f4', float64: '<f8', int32: '<i4', uint8: '|u1' } as const
const itemBytes = { float32: 4, float64: 8, int32: 4, uint8: 1 } as const

/**
 * An .npy file (version 1, little-endian, row-major) of the array; its values begin on a multiple of 64 bytes.
 *
 * Throws if the data do not fit the dtype and shape, or there are more than 64 axes.
 *
 * ```ts
 * import { encodeNpy } from 'striate'
 * encodeNpy({ dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) }).length // => 131
 * ```
 */
export function encodeNpy(array: ArrayInput): Uint8Array<ArrayBuffer> {
  const op = 'encodeNpy'
  checkArray(op, 'the array', array)
  const { dtype, shape, data } = array
  if (shape.length > 64)
    fail({
      op,
      argument: 'the shape',
      needs: 'must have at most 64 axes',
      got: String(shape.length),
    })
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const header = `{'descr': '${descrs[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`
  const start = 64 * Math.ceil((10 + header.length + 1) / 64)
  const bytes = new Uint8Array(start + data.byteLength)
  bytes.set(magic)
  bytes[6] = 1
  new DataView(bytes.buffer).setUint16(8, start - 10, true)
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - 11)}\n`), 10)
  bytes.set(new Uint8Array(hostOrder(bytesOfView(data), itemBytes[dtype], true)), start)
  return bytes
}
