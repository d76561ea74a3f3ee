/** Datasets in pieces: found through a tree, unpacked, and laid into one array. */
import { fail } from 'striate'
import { unpackZlib } from '../zip/inflate.ts'
import { Cursor, nowhere } from './cursor.ts'

export interface Filter {
  readonly id: number
  readonly values: readonly number[]
}

const filterNames: Readonly<Record<number, string>> = {
  1: 'deflate',
  2: 'shuffle',
  3: 'fletcher32',
  4: 'szip',
  5: 'nbit',
  6: 'scaleoffset',
}

export function readFilters(data: Cursor): Filter[] {
  const version = data.u8()
  if (version !== 1 && version !== 2)
    data.refuse('must have filters of version 1 or 2', String(version))
  const count = data.u8()
  if (version === 1) data.skip(6)
  return Array.from({ length: count }, () => {
    const id = data.u16()
    const nameBytes = version === 1 || id >= 256 ? data.u16() : 0
    data.skip(2)
    const valueCount = data.u16()
    data.skip(version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes)
    const values = Array.from({ length: valueCount }, () => data.u32())
    if (version === 1 && valueCount % 2 === 1) data.skip(4)
    return { id, values }
  })
}

export interface Chunked {
  readonly op: string
  readonly bytes: Uint8Array
  readonly what: string
  readonly shape: readonly number[]
  /** Sizes of a chunk, in elements. */
  readonly chunk: readonly number[]
  readonly elementBytes: number
  readonly filters: readonly Filter[]
  /** The address of the tree. */
  readonly tree: number
}

/** The whole array. The caller has checked that its size may be allocated; cells of no chunk are 0. */
export function readChunks(source: Chunked): Uint8Array {
  const { op, what, shape, chunk, elementBytes, tree } = source
  const cells = chunk.reduce((all, size) => all * size, elementBytes)
  const total = shape.reduce((all, size) => all * size, elementBytes)
  if (!(cells > 0 && cells <= Math.max(4 * total, 2 ** 16))) {
    const needs = 'must have chunks that fit its shape'
    fail({ op, argument: what, needs, got: `chunks of [${chunk.join(', ')}]` })
  }
  const out = new Uint8Array(total)
  if (tree !== nowhere) visit(source, tree, 32, cells, out, new Set())
  return out
}

function visit(
  source: Chunked,
  address: number,
  levels: number,
  cells: number,
  out: Uint8Array,
  seen: Set<number | string>,
): void {
  const { op, bytes, what, shape, chunk } = source
  const node = new Cursor(op, bytes, `${what}'s chunks`, address, bytes.length - address)
  if (seen.has(address)) node.refuse('must be a tree', 'a node that stands in it twice')
  seen.add(address)
  node.signature('TREE')
  const [kind, level] = [node.u8(), node.u8()]
  if (kind !== 1 || level >= levels)
    node.refuse('must be a node of chunks, below its parent', `type ${kind} at level ${level}`)
  const count = node.u16()
  node.skip(16)
  for (let at = 0; at < count; at++) {
    const packed = node.u32()
    const skipped = node.u32()
    const place = shape.map(() => node.u64())
    node.skip(8)
    const child = node.u64()
    if (level > 0) {
      visit(source, child, level, cells, out, seen)
      continue
    }
    const isPlace = place.every((from, axis) => from % chunk[axis]! === 0 && from < shape[axis]!)
    if (!isPlace || seen.has(place.join()))
      node.refuse('must hold chunks of the array, each once', `a chunk at [${place.join(', ')}]`)
    seen.add(place.join())
    const data = new Cursor(op, bytes, `${what}'s chunk at [${place.join(', ')}]`, child, packed)
    lay(source, unpack(source, data, skipped, cells), place, out)
  }
}

/** Undoes the filters, the last first. */
function unpack(source: Chunked, data: Cursor, skipped: number, cells: number): Uint8Array {
  const start = data.at
  let bytes = data.bytes(data.left)
  for (let at = source.filters.length - 1; at >= 0; at--) {
    if (skipped & (1 << at)) continue
    const { id } = source.filters[at]!
    if (id === 1) bytes = unpackZlib(source.op, `${source.what} (byte ${start})`, bytes, cells + 4)
    else if (id === 2) bytes = unshuffle(bytes, source.elementBytes)
    else if (id === 3) bytes = bytes.subarray(0, Math.max(bytes.length - 4, 0))
    else {
      const needs = 'must be packed with deflate, shuffle or fletcher32'
      data.refuse(needs, filterNames[id] ?? `filter ${id}`, start)
    }
  }
  if (bytes.length !== cells) data.refuse(`must unpack to ${cells} bytes`, `${bytes.length}`, start)
  return bytes
}

/** Bytes that were gathered by their place in the element, back in their elements. */
function unshuffle(bytes: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(bytes.length / width)
  const out = bytes.slice()
  for (let byte = 0; byte < width; byte++)
    for (let at = 0; at < count; at++) out[at * width + byte] = bytes[byte * count + at]!
  return out
}

/** Copies the part of a chunk that lies in the array, a run of the last axis at a time. */
function lay(
  { shape, chunk, elementBytes }: Chunked,
  from: Uint8Array,
  place: readonly number[],
  out: Uint8Array,
): void {
  const last = shape.length - 1
  const run = Math.min(chunk[last]!, shape[last]! - place[last]!) * elementBytes
  const index = shape.map(() => 0)
  for (;;) {
    let source = 0
    let target = 0
    for (let axis = 0; axis <= last; axis++) {
      source = source * chunk[axis]! + index[axis]!
      target = target * shape[axis]! + place[axis]! + index[axis]!
    }
    out.set(
      from.subarray(source * elementBytes, source * elementBytes + run),
      target * elementBytes,
    )
    let axis = last - 1
    for (; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1
      if (index[axis]! < chunk[axis]! && place[axis]! + index[axis]! < shape[axis]!) break
      index[axis] = 0
    }
    if (axis < 0) return
  }
}
