/** The head of a safetensors file: every name, type, shape and place checked before anything is allocated. */
import { describe, fail } from '../../errors.ts'
import { type ArrayData, elementCount } from '../arrayData.ts'
import { decodeElements, type Encoding, encodingBytes } from '../elements.ts'
import { type JsonObject, type JsonValue, readJson } from '../json.ts'

/** A tensor as the header tells of it. */
export interface StoredTensor {
  readonly name: string
  /** The byte at which its entry begins. */
  readonly at: number
  /** The file's word for its type: `BF16`. */
  readonly storedAs: StoredType
  readonly shape: number[]
  /** Where its values lie in the file. */
  readonly begin: number
  readonly end: number
}

export interface Header {
  readonly tensors: readonly StoredTensor[]
  readonly metadata: Record<string, string>
}

/** The types of the format that can be read. */
export type StoredType =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'U16'
  | 'I16'
  | 'U32'
  | 'I32'
  | 'U64'
  | 'I64'
  | 'F16'
  | 'BF16'
  | 'F32'
  | 'F64'

/** How their elements are encoded. */
export const encodings: Readonly<Record<StoredType, Encoding>> = {
  BOOL: 'bool',
  U8: 'u8',
  I8: 'i8',
  U16: 'u16',
  I16: 'i16',
  U32: 'u32',
  I32: 'i32',
  U64: 'u64',
  I64: 'i64',
  F16: 'f16',
  BF16: 'bf16',
  F32: 'f32',
  F64: 'f64',
}

export const metadataKey = '__metadata__'
export const lengthBytes = 8
/** As the reference implementation: a longer header is an attack, not a model. */
export const headerAtMost = 100_000_000

/**
 * Where the header of a file of `size` bytes ends, whose beginning is `bytes`: within the file, and it begins
 * with '{' where that byte is there.
 */
export function headerEnd(op: string, bytes: Uint8Array, size: number): number {
  if (size < lengthBytes) {
    const needs = 'needs the 8 bytes of the header length'
    fail({ op, argument: 'byte 0', needs, got: `a file of ${size} bytes` })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes)
  const length = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true)
  const argument = 'byte 0 (header length)'
  const got = `${length} in a file of ${size} bytes`
  if (length > headerAtMost) fail({ op, argument, needs: `must be at most ${headerAtMost}`, got })
  if (length > size - lengthBytes) fail({ op, argument, needs: 'must lie in the file', got })
  if (length === 0 || bytes[lengthBytes] !== 0x7b)
    fail({
      op,
      argument: 'byte 8',
      needs: "must begin the header with '{'",
      got: describe(bytes[lengthBytes] ?? 'nothing'),
    })
  return lengthBytes + length
}

/** The header that ends at `end`, of a file of `size` bytes. Throws naming the byte and the tensor. */
export function readHeader(op: string, bytes: Uint8Array, end: number, size: number): Header {
  // It begins with '{', so it is an object.
  const fields = readJson(op, bytes, lengthBytes, end) as JsonObject
  const tensors: StoredTensor[] = []
  const metadata = Object.create(null) as Record<string, string>
  for (const [name, { value, at }] of fields) {
    if (name === metadataKey) Object.assign(metadata, readNotes(op, at, value))
    else tensors.push(readEntry(op, name, at, value, end))
  }
  checkCover(op, tensors, end, size)
  return { tensors, metadata }
}

/** The values of a tensor from its bytes. Throws, naming the byte, for integers that 32 bits cannot hold. */
export function decodeStored(op: string, tensor: StoredTensor, bytes: Uint8Array): ArrayData {
  const { name, at, begin, shape } = tensor
  const encoding = encodings[tensor.storedAs]
  const outOfRange = (index: number): never => {
    const offset = begin + index * encodingBytes[encoding]
    const needs = `must fit 32 bits to be read as int32 (element ${index}, at byte ${offset})`
    return fail({ op, argument: label(name, at), needs, got: 'a larger integer' })
  }
  return { ...decodeElements(encoding, bytes, true, outOfRange), shape } as ArrayData
}

const label = (name: string, at: number): string => `tensor ${describe(name)} (byte ${at})`

function readNotes(op: string, at: number, value: JsonValue): Record<string, string> {
  if (!(value instanceof Map)) {
    const needs = 'must be an object of strings'
    return fail({ op, argument: `${metadataKey} (byte ${at})`, needs, got: shown(value) })
  }
  const notes = Object.create(null) as Record<string, string>
  for (const [key, note] of value) {
    if (typeof note.value !== 'string') {
      const argument = `${metadataKey} ${describe(key)} (byte ${note.at})`
      fail({ op, argument, needs: 'must be a string', got: shown(note.value) })
    }
    notes[key] = note.value
  }
  return notes
}

function readEntry(
  op: string,
  name: string,
  at: number,
  value: JsonValue,
  dataStart: number,
): StoredTensor {
  const argument = label(name, at)
  const complain = (needs: string, got: JsonValue | undefined): never =>
    fail({ op, argument, needs, got: got === undefined ? 'nothing' : shown(got) })
  if (!(value instanceof Map))
    return complain('must be an object of dtype, shape and data_offsets', value)
  for (const key of value.keys())
    if (!['dtype', 'shape', 'data_offsets'].includes(key))
      complain('must have no field but dtype, shape and data_offsets', key)
  const dtype = value.get('dtype')?.value
  if (typeof dtype !== 'string' || !isStoredType(dtype))
    return complain(`must have a dtype of ${Object.keys(encodings).join(', ')}`, dtype)
  const width = encodingBytes[encodings[dtype]]
  const shape = value.get('shape')?.value
  if (!isSizes(shape)) return complain('must have a shape of whole numbers', shape)
  const offsets = value.get('data_offsets')?.value
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return complain('must have data_offsets [begin, end] in rising order', offsets)
  const [begin, end] = offsets as [number, number]
  const count = elementCount(shape)
  if (count === undefined) return complain('must have fewer than 2⁵³ elements', shape)
  if (count * width !== end - begin) {
    const needs = `must have ${count * width} bytes for ${dtype} ${describe(shape)}`
    fail({ op, argument, needs, got: `data_offsets [${begin}, ${end}]` })
  }
  return { name, at, storedAs: dtype, shape, begin: dataStart + begin, end: dataStart + end }
}

const isStoredType = (name: string): name is StoredType => Object.hasOwn(encodings, name)

const isSizes = (value: JsonValue | undefined): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)

const shown = (value: JsonValue): string => (value instanceof Map ? 'an object' : describe(value))

/** The tensors must tile the data: no gap, no overlap, nothing beyond. */
function checkCover(
  op: string,
  tensors: readonly StoredTensor[],
  dataStart: number,
  size: number,
): void {
  let covered = dataStart
  for (const { name, at, begin, end } of tensors.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== covered) {
      const needs = `must begin at ${covered - dataStart}, where the tensor before it ends`
      const got = `data_offsets [${begin - dataStart}, ${end - dataStart}]`
      fail({ op, argument: label(name, at), needs, got })
    }
    covered = end
  }
  if (covered !== size) {
    fail({
      op,
      argument: `the data after the header (byte ${dataStart})`,
      needs: `must be ${covered - dataStart} bytes long, as the tensors need`,
      got: `${size - dataStart} bytes`,
      hint: covered > size ? 'the file is cut short' : 'the file has bytes of no tensor',
    })
  }
}
