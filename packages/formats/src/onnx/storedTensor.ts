/** Tensors as a file holds them: checked against the bytes that are there, decoded when they are read. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { TensorProto_DataLocation, TensorProtoSchema, TensorProto_DataType as Type } from 'onnx-buf'
import { fail, quote, showShape } from './complain.ts'
import { type ElementType, elementTypes, typeName } from './elements.ts'
import type { ExternalFiles } from './external.ts'
import {
  decoding,
  expectWire,
  type Field,
  fields,
  inside,
  type Span,
  text,
  varints,
} from './wire.ts'

export interface StoredTensor {
  readonly name: string
  /** The byte of the file at which it begins. */
  readonly at: number
  readonly element: ElementType
  readonly shape: readonly number[]
  readonly size: number
  /** The elements: views of the file's bytes where these are aligned. */
  readonly read: () => ArrayLike<number | bigint>
}

const number = {
  dims: TensorProtoSchema.field.dims.number,
  type: TensorProtoSchema.field.dataType.number,
  segment: TensorProtoSchema.field.segment.number,
  name: TensorProtoSchema.field.name.number,
  raw: TensorProtoSchema.field.rawData.number,
  external: TensorProtoSchema.field.externalData.number,
  location: TensorProtoSchema.field.dataLocation.number,
} as const

/** The field in which values of a type stand when they are not raw bytes. */
const typedField = (type: number): number => {
  const { field } = TensorProtoSchema
  switch (type) {
    case Type.FLOAT:
      return field.floatData.number
    case Type.DOUBLE:
      return field.doubleData.number
    case Type.INT64:
      return field.int64Data.number
    case Type.UINT32:
    case Type.UINT64:
      return field.uint64Data.number
    default:
      return field.int32Data.number
  }
}

const isFixed = (type: number): boolean => type === Type.FLOAT || type === Type.DOUBLE

interface Parts {
  name: string
  type: number
  readonly dims: bigint[]
  raw: Field | null
  /** Payloads by field number. */
  readonly typed: Map<number, Field[]>
  readonly external: Map<string, string>
  isExternal: boolean
}

function partsOf(span: Span): Parts {
  const parts: Parts = {
    name: '',
    type: 0,
    dims: [],
    raw: null,
    typed: new Map(),
    external: new Map(),
    isExternal: false,
  }
  const message = 'a tensor'
  for (const field of fields(span, message)) {
    switch (field.number) {
      case number.dims:
        parts.dims.push(...varints(field, message))
        break
      case number.type:
        parts.type = Number(field.varint)
        break
      case number.name:
        parts.name = text(field, message)
        break
      case number.raw:
        expectWire(field, WireType.LengthDelimited, message)
        parts.raw = field
        break
      case number.external: {
        const [key, value] = entry(inside(field, span))
        parts.external.set(key, value)
        break
      }
      case number.location:
        parts.isExternal = Number(field.varint) === TensorProto_DataLocation.EXTERNAL
        break
      case number.segment:
        fail({ argument: `byte ${field.at} (a tensor)`, needs: 'must be whole', got: 'a segment' })
        break
      default:
        parts.typed.set(field.number, [...(parts.typed.get(field.number) ?? []), field])
    }
  }
  return parts
}

/** A StringStringEntryProto: key is field 1, value field 2. */
export function entry(span: Span): [key: string, value: string] {
  const pair: [string, string] = ['', '']
  for (const field of fields(span, 'an entry'))
    if (field.number === 1 || field.number === 2) pair[field.number - 1] = text(field, 'an entry')
  return pair
}

/**
 * The tensor at `span`. `label` names it in messages where it has no name of its own.
 * Its size is held against the bytes that are there before anything is allocated.
 */
export function readTensor(span: Span, files: ExternalFiles, label?: string): StoredTensor {
  const parts = partsOf(span)
  const { name, type, raw } = parts
  const argument = `tensor ${name === '' ? (label ?? 'without a name') : quote(name)} (byte ${span.at})`
  const element = elementTypes.get(type)
  if (!element) {
    return fail({
      argument,
      needs: 'must be of a type that a tensor here can hold',
      got: typeName(type),
      hint: `these are ${[...elementTypes.values()].map((each) => each.name).join(', ')}`,
    })
  }
  const shape = shapeOf(parts.dims, argument)
  const size = countOf(shape, argument)
  const common = { name, at: span.at, element, shape, size }
  const bytes = size * element.bytes
  if (parts.isExternal) {
    const load = files.reference(argument, parts.external, bytes)
    return { ...common, read: () => element.decode(load()) }
  }
  const needs = `must hold ${bytes} bytes for ${element.name} ${showShape(shape)}`
  if (raw) {
    if (raw.bytes.length !== bytes) fail({ argument, needs, got: `${raw.bytes.length}` })
    return { ...common, read: () => element.decode(raw.bytes) }
  }
  const chunks = parts.typed.get(typedField(type)) ?? []
  if (isFixed(type)) {
    const held = joined(chunks)
    if (held.length !== bytes) fail({ argument, needs, got: `${held.length}` })
    return { ...common, read: () => element.decode(held) }
  }
  const held = chunks.reduce((count, chunk) => count + countVarints(chunk), 0)
  if (held !== size)
    fail({
      argument,
      needs: `must hold ${size} values for ${element.name} ${showShape(shape)}`,
      got: `${held}`,
    })
  return { ...common, read: () => decodeVarints(chunks, element, size) }
}

/** Sizes of at least 0 that a tensor could have. */
export function shapeOf(dims: readonly bigint[], argument: string): number[] {
  const shape = dims.map(Number)
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return shape
  return fail({ argument, needs: 'must have sizes of at least 0', got: showShape(shape) })
}

function countOf(shape: readonly number[], argument: string): number {
  const size = shape.includes(0) ? 0 : shape.reduce((product, each) => product * each, 1)
  if (Number.isSafeInteger(size)) return size
  return fail({ argument, needs: 'must have fewer than 2⁵³ elements', got: showShape(shape) })
}

/** The payloads one after the other; a single one, which is the rule, as it lies. */
function joined(chunks: readonly Field[]): Uint8Array<ArrayBuffer> {
  if (chunks.length === 1) return chunks[0]!.bytes
  const whole = new Uint8Array(chunks.reduce((length, { bytes }) => length + bytes.length, 0))
  let at = 0
  for (const { bytes } of chunks) {
    whole.set(bytes, at)
    at += bytes.length
  }
  return whole
}

/** Every varint ends with a byte below 128. */
function countVarints(field: Field): number {
  if (field.wire === WireType.Varint) return 1
  let count = 0
  for (const byte of field.bytes) if (byte < 128) count++
  return count
}

function decodeVarints(
  chunks: readonly Field[],
  element: ElementType,
  size: number,
): ArrayLike<number | bigint> {
  const isWide = element.bytes === 8
  const values = isWide ? new BigInt64Array(size) : new Float64Array(size)
  let at = 0
  for (const chunk of chunks) {
    decoding(chunk, 'a tensor', () => {
      if (chunk.wire === WireType.Varint) {
        values[at++] = isWide ? chunk.varint : Number(chunk.varint)
        return
      }
      const reader = new BinaryReader(chunk.bytes)
      while (reader.pos < reader.len) {
        const value = reader.int64()
        values[at++] = isWide ? BigInt(value) : Number(value)
      }
    })
  }
  if (!element.isFloat) return values
  // 16-bit floats stand in int32_data as their bits.
  const bits = Uint16Array.from(values as Float64Array)
  return element.decode(new Uint8Array(bits.buffer))
}
