/** Attributes: text, lists of text and numbers that stand beside a group or a dataset. */
import { Cursor, nowhere } from './cursor.ts'
import { type Datatype, readDataspace, readDatatype } from './datatype.ts'

export type AttributeValue = string | number | (string | number)[] | undefined

/** The name and value of an attribute message; other types than text and numbers are undefined. */
export function readAttribute(
  op: string,
  bytes: Uint8Array,
  data: Cursor,
): [name: string, read: () => AttributeValue] {
  const version = data.u8()
  if (version < 1 || version > 3)
    data.refuse('must be an attribute of version 1 to 3', String(version))
  data.skip(1)
  const [nameBytes, typeBytes, spaceBytes] = [data.u16(), data.u16(), data.u16()]
  if (version === 3) data.skip(1)
  const padded = (count: number): number => (version === 1 ? Math.ceil(count / 8) * 8 : count)
  const name = data.text(padded(nameBytes))
  const part = (count: number): Cursor =>
    new Cursor(op, bytes, `attribute '${name}'`, data.skip(padded(count)), count)
  const [typePart, spacePart] = [part(typeBytes), part(spaceBytes)]
  const values = new Cursor(op, bytes, `attribute '${name}'`, data.at, data.left)
  return [name, () => readValues(op, bytes, typePart.again(), spacePart.again(), values.again())]
}

function readValues(
  op: string,
  bytes: Uint8Array,
  typePart: Cursor,
  spacePart: Cursor,
  values: Cursor,
): AttributeValue {
  const type = readDatatype(typePart)
  const shape = readDataspace(spacePart)
  if (shape === undefined || type.kind === 'unknown' || type.size === 0) return undefined
  const count = shape.reduce((all, size) => all * size, 1)
  if (!(count * type.size <= values.left))
    values.refuse(`must hold ${count} values of ${type.size} bytes`, `${values.left} bytes`)
  const list = Array.from({ length: count }, () => readValue(op, bytes, type, values))
  return shape.length === 0 ? list[0] : list
}

function readValue(
  op: string,
  bytes: Uint8Array,
  type: Exclude<Datatype, { kind: 'unknown' }>,
  values: Cursor,
): string | number {
  if (type.kind === 'text') return values.text(type.size).trimEnd()
  if (type.kind === 'reference') return readHeapText(op, bytes, values)
  const { encoding, littleEndian, size } = type
  const stored = values.bytes(size)
  const view = new DataView(stored.buffer, stored.byteOffset, size)
  if (encoding === 'f32') return view.getFloat32(0, littleEndian)
  if (encoding === 'f64') return view.getFloat64(0, littleEndian)
  const ordered = littleEndian ? stored : stored.slice().reverse()
  const unsigned = ordered.reduceRight((all, byte) => all * 256 + byte, 0)
  const isNegative = encoding.startsWith('i') && (ordered.at(-1)! & 128) !== 0
  return isNegative ? unsigned - 2 ** (8 * size) : unsigned
}

/** Text in a global heap: its length, the heap's address, its number there. */
function readHeapText(op: string, bytes: Uint8Array, values: Cursor): string {
  const length = values.u32()
  const heap = values.u64()
  const wanted = values.u32()
  if (length === 0 || heap === nowhere || heap === 0) return ''
  const start = new Cursor(op, bytes, 'a heap of text', heap, 16)
  start.signature('GCOL')
  start.skip(4)
  const collection = new Cursor(op, bytes, 'a heap of text', heap, start.u64())
  collection.skip(16)
  while (collection.left >= 16) {
    const index = collection.u16()
    collection.skip(6)
    const size = collection.u64()
    if (index === wanted) {
      if (length > size) collection.refuse(`must hold ${length} bytes of text`, `${size} bytes`)
      return collection.text(length)
    }
    if (index === 0) break
    collection.skip(Math.ceil(size / 8) * 8)
  }
  return collection.refuse(`must hold object ${wanted}`, 'none of that number', heap)
}
