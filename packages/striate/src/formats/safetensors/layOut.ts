/** A safetensors file before it is written: the header, and the values in pieces, so that a large file is never held twice. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { isFloat } from '../../tensor/dtype.ts'
import { type ArrayInput, checkArray } from '../arrayData.ts'
import { encodingBytes, littleEndianBytes } from '../elements.ts'
import { type TooLarge, toBrain, toHalf, toSingle } from '../halves.ts'
import { encodings, headerAtMost, lengthBytes, metadataKey, type StoredType } from './header.ts'

/** Float types that a file can have. */
export type FloatStorage = 'float16' | 'bfloat16' | 'float32' | 'float64'

export interface StorageOptions {
  /**
   * The type in which float tensors are stored; their own unless told. Rounded to the nearest; a number that would
   * become infinite is refused. Integers stay as they are.
   */
  readonly dtype?: FloatStorage
}

/** A file as it will be. */
export interface LaidOut {
  /** In bytes. */
  readonly size: number
  /** The file's bytes, piece by piece. Throws, naming the tensor, for a number too large for its storage. */
  pieces(): Generator<Uint8Array>
}

const floatTypes: Readonly<Record<FloatStorage, StoredType>> = {
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
}
const ownTypes = { float32: 'F32', float64: 'F64', int32: 'I32', uint8: 'U8' } as const

/** Throws unless the option names a float type. */
export function checkStorage(op: string, options: StorageOptions, others: readonly string[]): void {
  rejectUnknown(op, options, ['dtype', ...others])
  const { dtype } = options
  if (dtype === undefined || Object.hasOwn(floatTypes, dtype)) return
  const needs = `must be ${Object.keys(floatTypes).join(', ')}`
  fail({ op, argument: 'dtype', needs, got: describe(dtype) })
}

/** The type in which a file holds an array. */
export const storedTypeOf = ({ dtype }: ArrayInput, storage: StorageOptions): StoredType =>
  storage.dtype === undefined || !isFloat(dtype) ? ownTypes[dtype] : floatTypes[storage.dtype]

/** How many bytes the values of an array take in a file. */
export const storedBytes = (array: ArrayInput, storage: StorageOptions): number =>
  array.data.length * encodingBytes[encodings[storedTypeOf(array, storage)]]

/** Values begin on a multiple of 8 bytes and lie by falling element size, so that every tensor is aligned. */
export function layOut(
  op: string,
  tensors: Readonly<Record<string, ArrayInput>>,
  metadata: Readonly<Record<string, string>>,
  storage: StorageOptions,
): LaidOut {
  const entries = Object.entries(tensors).map(([name, array]) => {
    checkName(op, name)
    checkArray(op, `tensor '${name}'`, array)
    const type = storedTypeOf(array, storage)
    return { name, array, type, width: encodingBytes[encodings[type]] }
  })
  const places = new Map<string, number>()
  let size = 0
  const bySize = entries.toSorted((a, b) => b.width - a.width)
  for (const { name, array, width } of bySize) {
    places.set(name, size)
    size += array.data.length * width
  }
  const fields = entries.map(({ name, array: { shape, data }, type, width }) => {
    const begin = places.get(name)!
    const info = { dtype: type, shape, data_offsets: [begin, begin + data.length * width] }
    return `${JSON.stringify(name)}:${JSON.stringify(info)}`
  })
  const notes = encodeMetadata(op, metadata)
  if (notes !== '') fields.unshift(`${JSON.stringify(metadataKey)}:${notes}`)
  const head = encodeHead(op, `{${fields.join(',')}}`)
  return {
    size: head.length + size,
    *pieces() {
      yield head
      for (const { name, array, type } of bySize) yield storedValues(op, name, array, type)
    },
  }
}

function encodeHead(op: string, text: string): Uint8Array {
  const header = new TextEncoder().encode(text)
  const padded = Math.ceil(header.length / 8) * 8
  if (padded > headerAtMost) {
    const needs = `must fit a header of ${headerAtMost} bytes`
    fail({ op, argument: 'the names and shapes', needs, got: `${padded} bytes` })
  }
  const head = new Uint8Array(lengthBytes + padded).fill(0x20, lengthBytes)
  new DataView(head.buffer).setUint32(0, padded, true)
  head.set(header, lengthBytes)
  return head
}

function storedValues(
  op: string,
  name: string,
  { data }: ArrayInput,
  type: StoredType,
): Uint8Array {
  const width = encodingBytes[encodings[type]]
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    return littleEndianBytes(data, width)
  const tooLarge: TooLarge = (index) =>
    fail({
      op,
      argument: `tensor '${name}'`,
      needs: `must have numbers that ${type} can hold`,
      got: `${data[index]} (element ${index})`,
    })
  switch (type) {
    case 'F16':
      return littleEndianBytes(toHalf(data, tooLarge), width)
    case 'BF16':
      return littleEndianBytes(toBrain(data, tooLarge), width)
    case 'F64':
      return littleEndianBytes(data instanceof Float64Array ? data : Float64Array.from(data), width)
    default:
      return littleEndianBytes(
        data instanceof Float32Array ? data : toSingle(data, tooLarge),
        width,
      )
  }
}

function encodeMetadata(op: string, metadata: Readonly<Record<string, string>>): string {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    const needs = 'must be an object of strings'
    fail({ op, argument: 'metadata', needs, got: describe(metadata) })
  }
  const notes = Object.entries(metadata).map(([key, note]) => {
    checkText(op, 'a key of the metadata', key)
    checkText(op, `metadata '${key}'`, note)
    return `${JSON.stringify(key)}:${JSON.stringify(note)}`
  })
  return notes.length === 0 ? '' : `{${notes.join(',')}}`
}

function checkName(op: string, name: string): void {
  const argument = 'the name of a tensor'
  checkText(op, argument, name)
  if (name === metadataKey)
    fail({ op, argument, needs: 'must not be reserved', got: describe(name) })
}

function checkText(op: string, argument: string, text: unknown): void {
  if (typeof text === 'string' && !/\p{Surrogate}/u.test(text)) return
  fail({ op, argument, needs: 'must be a string of valid Unicode', got: describe(text) })
}
