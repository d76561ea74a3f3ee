/**
 * Safetensors, the format in which weights travel: eight bytes of length, a JSON header, the values
 * (https://github.com/huggingface/safetensors, "Format"). Reading never evaluates anything.
 */
import { describe, fail } from '../errors.ts'
import {
  type ArrayData,
  type ArrayInput,
  bytesOfView,
  checkArray,
  elementCount,
} from './arrayData.ts'
import { decodeElements, type Encoding, encodingBytes, hostOrder } from './elements.ts'
import { type JsonObject, type JsonValue, readJson } from './json.ts'

/** The tensors of a file by name, in its order, and its notes. Both records have no prototype: any name is safe. */
export interface SafetensorsFile {
  tensors: Record<string, ArrayData>
  metadata: Record<string, string>
}

const encodings: Readonly<Record<string, Encoding>> = {
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

const names = { float32: 'F32', float64: 'F64', int32: 'I32', uint8: 'U8' } as const
const itemBytes = { float32: 4, float64: 8, int32: 4, uint8: 1 } as const
const metadataKey = '__metadata__'
const lengthBytes = 8
/** As the reference implementation: a longer header is an attack, not a model. */
const headerAtMost = 100_000_000

/**
 * A safetensors file of the tensors, in their order, with optional notes. The data begin on a multiple of 8 bytes
 * and lie by falling element size, so that every tensor is aligned.
 *
 * Throws if a tensor's data do not fit its dtype and shape, a name is reserved or not valid Unicode, or a note is not a string.
 *
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from 'striate'
 * const bytes = encodeSafetensors({
 *   'conv.weight': { dtype: 'float32', shape: [1, 2], data: Float32Array.of(0.5, -1) },
 * })
 * decodeSafetensors(bytes).tensors['conv.weight']?.data // => [0.5, -1]
 * ```
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, ArrayInput>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const op = 'encodeSafetensors'
  const entries = Object.entries(tensors)
  for (const [name, tensor] of entries) {
    checkText(op, 'the name of a tensor', name)
    if (name === metadataKey)
      fail({
        op,
        argument: 'the name of a tensor',
        needs: 'must not be reserved',
        got: describe(name),
      })
    checkArray(op, `tensor '${name}'`, tensor)
  }
  const places = new Map<string, number>()
  let size = 0
  const bySize = [...entries].sort(([, a], [, b]) => itemBytes[b.dtype] - itemBytes[a.dtype])
  for (const [name, { data }] of bySize) {
    places.set(name, size)
    size += data.byteLength
  }
  const fields = entries.map(([name, { dtype, shape, data }]) => {
    const begin = places.get(name)!
    const info = { dtype: names[dtype], shape, data_offsets: [begin, begin + data.byteLength] }
    return `${JSON.stringify(name)}:${JSON.stringify(info)}`
  })
  const notes = encodeMetadata(op, metadata)
  if (notes !== '') fields.unshift(`${JSON.stringify(metadataKey)}:${notes}`)
  const header = new TextEncoder().encode(`{${fields.join(',')}}`)
  const padded = Math.ceil(header.length / 8) * 8
  if (padded > headerAtMost) {
    const needs = `must fit a header of ${headerAtMost} bytes`
    fail({ op, argument: 'the names and shapes', needs, got: `${padded} bytes` })
  }
  const bytes = new Uint8Array(lengthBytes + padded + size)
  new DataView(bytes.buffer).setUint32(0, padded, true)
  bytes.fill(0x20, lengthBytes, lengthBytes + padded)
  bytes.set(header, lengthBytes)
  for (const [name, { dtype, data }] of entries) {
    const values = hostOrder(bytesOfView(data), itemBytes[dtype], true)
    bytes.set(new Uint8Array(values), lengthBytes + padded + places.get(name)!)
  }
  return bytes
}

function encodeMetadata(op: string, metadata: Readonly<Record<string, string>>): string {
  const notes = Object.entries(metadata).map(([key, note]) => {
    checkText(op, 'a key of the metadata', key)
    checkText(op, `metadata '${key}'`, note)
    return `${JSON.stringify(key)}:${JSON.stringify(note)}`
  })
  return notes.length === 0 ? '' : `{${notes.join(',')}}`
}

function checkText(op: string, argument: string, text: unknown): void {
  if (typeof text === 'string' && !/\p{Surrogate}/u.test(text)) return
  fail({ op, argument, needs: 'must be a string of valid Unicode', got: describe(text) })
}

/**
 * The tensors and notes of a safetensors file. F16 and BF16 become float32; BOOL becomes uint8; integers of other widths
 * become int32 if every value fits.
 *
 * Every size is checked before anything is allocated: throws, naming the byte and the tensor, if the file is shorter or
 * longer than its header says, the header is not JSON of the expected form, a key repeats, or tensors overlap or
 * leave gaps.
 *
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from 'striate'
 * const file = decodeSafetensors(encodeSafetensors({}, { made: 'today' }))
 * file.metadata.made // => 'today'
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const dataStart = headerEnd(bytes)
  const header = readJson(op, bytes, lengthBytes, dataStart)
  // A header that begins with '{' is an object: headerEnd saw to that.
  const { infos, metadata } = readHeader(header as JsonObject)
  checkCover(infos, bytes.length - dataStart)
  const tensors = Object.create(null) as Record<string, ArrayData>
  for (const { name, at, encoding, shape, begin, end } of infos) {
    const stored = bytes.subarray(dataStart + begin, dataStart + end)
    const outOfRange = (index: number): never => {
      const offset = dataStart + begin + index * encodingBytes[encoding]
      const needs = `must fit 32 bits to be read as int32 (element ${index}, at byte ${offset})`
      fail({ op, argument: label(name, at), needs, got: 'a larger integer' })
    }
    tensors[name] = { ...decodeElements(encoding, stored, true, outOfRange), shape } as ArrayData
  }
  return { tensors, metadata }
}

const op = 'decodeSafetensors'

interface TensorInfo {
  readonly name: string
  /** The byte at which its entry begins. */
  readonly at: number
  readonly encoding: Encoding
  readonly shape: number[]
  /** Bytes of its values, from the end of the header. */
  readonly begin: number
  readonly end: number
}

const label = (name: string, at: number): string => `tensor ${describe(name)} (byte ${at})`

/** Where the header ends, having checked that it lies within the file and begins with '{'. */
function headerEnd(bytes: Uint8Array): number {
  if (bytes.length < lengthBytes) {
    const needs = 'needs the 8 bytes of the header length'
    fail({ op, argument: 'byte 0', needs, got: `a file of ${bytes.length} bytes` })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes)
  const length = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true)
  const argument = 'byte 0 (header length)'
  const got = `${length} in a file of ${bytes.length} bytes`
  if (length > headerAtMost) fail({ op, argument, needs: `must be at most ${headerAtMost}`, got })
  if (length > bytes.length - lengthBytes)
    fail({ op, argument, needs: 'must lie in the file', got })
  if (length === 0 || bytes[lengthBytes] !== 0x7b)
    fail({
      op,
      argument: 'byte 8',
      needs: "must begin the header with '{'",
      got: describe(bytes[lengthBytes] ?? 'nothing'),
    })
  return lengthBytes + length
}

function readHeader(header: JsonObject): { infos: TensorInfo[]; metadata: Record<string, string> } {
  const infos: TensorInfo[] = []
  const metadata = Object.create(null) as Record<string, string>
  for (const [name, { value, at }] of header) {
    if (name !== metadataKey) {
      infos.push(readInfo(name, at, value))
      continue
    }
    if (!(value instanceof Map)) {
      const needs = 'must be an object of strings'
      fail({ op, argument: `${metadataKey} (byte ${at})`, needs, got: shown(value) })
    }
    for (const [key, note] of value) {
      if (typeof note.value !== 'string') {
        const argument = `${metadataKey} ${describe(key)} (byte ${note.at})`
        fail({ op, argument, needs: 'must be a string', got: shown(note.value) })
      }
      metadata[key] = note.value
    }
  }
  return { infos, metadata }
}

function readInfo(name: string, at: number, value: JsonValue): TensorInfo {
  const argument = label(name, at)
  const complain = (needs: string, got: JsonValue | undefined): never =>
    fail({ op, argument, needs, got: got === undefined ? 'nothing' : shown(got) })
  if (!(value instanceof Map))
    return complain('must be an object of dtype, shape and data_offsets', value)
  for (const key of value.keys())
    if (!['dtype', 'shape', 'data_offsets'].includes(key))
      complain('must have no field but dtype, shape and data_offsets', key)
  const dtype = value.get('dtype')?.value
  if (typeof dtype !== 'string' || !Object.hasOwn(encodings, dtype))
    return complain(`must have a dtype of ${Object.keys(encodings).join(', ')}`, dtype)
  const encoding = encodings[dtype]!
  const shape = value.get('shape')?.value
  if (!isSizes(shape)) return complain('must have a shape of whole numbers', shape)
  const offsets = value.get('data_offsets')?.value
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return complain('must have data_offsets [begin, end] in rising order', offsets)
  const [begin, end] = offsets as [number, number]
  const count = elementCount(shape)
  if (count === undefined) return complain('must have fewer than 2⁵³ elements', shape)
  if (count * encodingBytes[encoding] !== end - begin) {
    const needs = `must have ${count * encodingBytes[encoding]} bytes for ${dtype} ${describe(shape)}`
    fail({ op, argument, needs, got: `data_offsets [${begin}, ${end}]` })
  }
  return { name, at, encoding, shape, begin, end }
}

const isSizes = (value: JsonValue | undefined): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)

const shown = (value: JsonValue): string => (value instanceof Map ? 'an object' : describe(value))

/** The tensors must tile the data: no gap, no overlap, nothing beyond. */
function checkCover(infos: readonly TensorInfo[], size: number): void {
  let covered = 0
  for (const info of [...infos].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (info.begin !== covered) {
      const needs = `must begin at ${covered}, where the tensor before it ends`
      fail({
        op,
        argument: label(info.name, info.at),
        needs,
        got: `data_offsets [${info.begin}, ${info.end}]`,
      })
    }
    covered = info.end
  }
  if (covered !== size) {
    const needs = `must be ${covered} bytes long, as the tensors need`
    const hint = covered > size ? 'the file is cut short' : 'the file has bytes of no tensor'
    fail({ op, argument: 'the data after the header', needs, got: `${size} bytes`, hint })
  }
}
