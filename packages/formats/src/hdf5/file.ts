/**
 * HDF5 files as Keras and h5py write them, read without the HDF5 library: a damaged file can make that
 * one leave its memory, fill it, or never end. (File Format Specification, version 3.0.)
 */
import { type ArrayData, decodeElements, describe, fail } from 'striate'
import { type AttributeValue, readAttribute } from './attribute.ts'
import { type Filter, readChunks, readFilters } from './chunks.ts'
import { type Cursor, nowhere } from './cursor.ts'
import { type Datatype, readDataspace, readDatatype } from './datatype.ts'
import { readLinks } from './links.ts'
import { type Message, messageTypes, readObjectHeader } from './objectHeader.ts'
import { readSuperblock } from './superblock.ts'

export interface Hdf5Options {
  /** The most bytes that one array may unpack to; those of the file and 16 MiB unless told. */
  readonly limit?: number
}

interface FileFacts {
  readonly op: string
  readonly bytes: Uint8Array
  readonly limit: number
}

/** A group or a dataset. */
export class Hdf5Object {
  readonly #file: FileFacts
  readonly #address: number
  /** Its path from the root. */
  readonly path: string
  #messages: readonly Message[] | undefined
  #links: ReadonlyMap<string, number> | undefined
  #attributes: ReadonlyMap<string, () => AttributeValue> | undefined

  constructor(file: FileFacts, address: number, path: string) {
    this.#file = file
    this.#address = address
    this.path = path
  }

  get #what(): string {
    return describe(this.path)
  }

  #ofType(type: number): Cursor | undefined {
    const { op, bytes } = this.#file
    this.#messages ??= readObjectHeader(op, bytes, this.#address, this.#what)
    const found = this.#messages.find((message) => message.type === type)?.data
    return found?.again()
  }

  get isDataset(): boolean {
    return this.#ofType(messageTypes.layout) !== undefined
  }

  #children(): ReadonlyMap<string, number> {
    if (this.#links) return this.#links
    const { op, bytes } = this.#file
    this.#ofType(messageTypes.layout)
    this.#links = readLinks(op, bytes, this.#messages!, this.#what)
    return this.#links
  }

  /** Names in this group. */
  names(): string[] {
    return [...this.#children().keys()]
  }

  /** What stands at a path below this group, or undefined. */
  get(path: string): Hdf5Object | undefined {
    let found: Hdf5Object | undefined = this
    for (const name of path.split('/').filter((part) => part !== '')) {
      const address: number | undefined = found.#children().get(name)
      if (address === undefined) return undefined
      const inner: string = found.path === '/' ? `/${name}` : `${found.path}/${name}`
      if (address === nowhere) {
        const needs = 'must be a group or a dataset of this file'
        fail({
          op: this.#file.op,
          argument: describe(inner),
          needs,
          got: 'a soft or external link',
        })
      }
      found = new Hdf5Object(this.#file, address, inner)
    }
    return found
  }

  /** The value of an attribute: undefined if there is none, or none of text or numbers. */
  attribute(name: string): AttributeValue {
    if (!this.#attributes) {
      const { op, bytes } = this.#file
      this.#ofType(messageTypes.attribute)
      const found = this.#messages!.filter(({ type }) => type === messageTypes.attribute)
      this.#attributes = new Map(found.map(({ data }) => readAttribute(op, bytes, data.again())))
      const elsewhere = this.#ofType(messageTypes.attributeInfo)
      if (elsewhere) this.#refuseDense(elsewhere)
    }
    return this.#attributes.get(name)?.()
  }

  #refuseDense(info: Cursor): void {
    info.skip(1)
    if (info.u8() & 1) info.skip(2)
    if (info.u64() === nowhere) return
    const hint = "a file written with libver='earliest' does"
    const needs = 'must keep its attributes in its header'
    fail({ op: this.#file.op, argument: this.#what, needs, got: 'a fractal heap', hint })
  }

  /** Sizes of a dataset. */
  get shape(): number[] {
    const { op } = this.#file
    const space = this.#ofType(messageTypes.dataspace)
    const shape = space && readDataspace(space)
    if (shape) return shape
    return fail({ op, argument: this.#what, needs: 'must be an array', got: 'nothing' })
  }

  /** The element type; h5py has none for the brain floats of Keras, which are marked beside them. */
  #type(): Datatype | undefined {
    const data = this.#ofType(messageTypes.datatype)
    const type = data && readDatatype(data)
    const isBrain =
      type?.kind === 'unknown' && type.size === 2 && this.attribute('dtype') === 'bfloat16'
    return isBrain ? { kind: 'number', encoding: 'bf16', littleEndian: true, size: 2 } : type
  }

  /** The values of a dataset. Throws for other types than numbers, or more bytes than the limit. */
  array(): ArrayData {
    const { op, limit } = this.#file
    const argument = this.#what
    const type = this.#type()
    if (type?.kind !== 'number') {
      const got = type === undefined ? 'no type' : type.kind === 'unknown' ? type.name : 'text'
      fail({ op, argument, needs: 'must hold numbers', got })
    }
    const { shape } = this
    const count = shape.includes(0) ? 0 : shape.reduce((all, size) => all * size, 1)
    if (!(count * type.size <= limit)) {
      const needs = `must have at most ${limit} bytes of values`
      fail({ op, argument, needs, got: `${describe(shape)} of ${type.size} bytes` })
    }
    const stored = count === 0 ? new Uint8Array(0) : this.#stored(shape, count, type.size)
    const outOfRange = (index: number): never =>
      fail({
        op,
        argument,
        needs: 'must hold integers of 32 bits',
        got: `a larger one at ${index}`,
      })
    const values = decodeElements(type.encoding, stored, type.littleEndian, outOfRange)
    return { ...values, shape } as ArrayData
  }

  #stored(shape: readonly number[], count: number, elementBytes: number): Uint8Array {
    const { op, bytes } = this.#file
    const layout = this.#ofType(messageTypes.layout)
    if (!layout) fail({ op, argument: this.#what, needs: 'must be a dataset', got: 'a group' })
    const version = layout.u8()
    if (version !== 3 && version !== 4) layout.refuse('must lie by version 3 or 4', String(version))
    const kind = layout.u8()
    const size = count * elementBytes
    if (kind === 0) {
      const held = layout.u16()
      if (held !== size) layout.refuse(`must hold ${size} bytes, as its shape says`, String(held))
      return layout.bytes(size)
    }
    if (kind === 1) {
      const address = layout.u64()
      const held = layout.u64()
      if (address === nowhere) layout.refuse('must hold values', 'none')
      if (held !== size) layout.refuse(`must hold ${size} bytes, as its shape says`, String(held))
      if (address + size > bytes.length)
        layout.refuse('must lie in the file', `bytes ${address} to ${address + size}`)
      return bytes.subarray(address, address + size)
    }
    if (kind !== 2 || version !== 3) {
      const hint = "a file written with libver='earliest' does"
      const needs = `must lie in one piece or in chunks of a version 1 tree (${hint})`
      layout.refuse(needs, `class ${kind} of version ${version}`)
    }
    const rank = layout.u8() - 1
    const tree = layout.u64()
    const chunk = Array.from({ length: Math.max(rank, 0) }, () => layout.u32())
    if (rank !== shape.length || layout.u32() !== elementBytes)
      layout.refuse(`must have chunks of ${shape.length} axes`, `${rank} axes`)
    const filterData = this.#ofType(messageTypes.filters)
    const filters: Filter[] = filterData ? readFilters(filterData) : []
    return readChunks({ op, bytes, what: this.#what, shape, chunk, elementBytes, filters, tree })
  }
}

/**
 * The root group of an HDF5 file. Groups and datasets are read when they are asked for.
 *
 * @throws StriateError, naming the byte, if the file is none, cut short or damaged.
 */
export function openHdf5(op: string, bytes: Uint8Array, options: Hdf5Options = {}): Hdf5Object {
  const address = readSuperblock(op, bytes)
  const { limit = bytes.length + 2 ** 24 } = options
  return new Hdf5Object({ op, bytes, limit }, address, '/')
}
