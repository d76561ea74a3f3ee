/** The directory at the end of a zip file, with every size and place checked against the file. (APPNOTE 6.3.10) */
import { type ByteSource, describe, fail } from 'striate'
import { checkEntryName } from './entryName.ts'

/** How an entry lies in the file. */
export interface ZipEntry {
  readonly name: string
  /** Bytes when unpacked. */
  readonly size: number
  readonly packedSize: number
  /** 0 is stored, 8 is deflate. */
  readonly method: number
  readonly crc: number
  /** Where its local header begins. */
  readonly offset: number
  /** Where the next entry or the directory begins. */
  readonly limit: number
}

interface Place {
  readonly count: number
  readonly begin: number
  readonly end: number
}

const endBytes = 22
const commentAtMost = 65_535
const headBytes = 46
const isFull = 0xffffffff

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** What errors call the file. */
export const fileName = ({ name }: ByteSource): string =>
  name === '' ? 'the file' : describe(name)

/** A whole number of eight bytes; beyond 2⁵³ it is larger than every file. */
const u64 = (view: DataView, at: number): number =>
  view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)

export async function readDirectory(op: string, source: ByteSource): Promise<ZipEntry[]> {
  const { count, begin, end } = await findDirectory(op, source)
  const bytes = await source.read(begin, end)
  const entries: Omit<ZipEntry, 'limit'>[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    const { entry, length } = readEntry(op, bytes, at, begin)
    if (entry) entries.push(entry)
    at += length
  }
  if (at !== bytes.length) {
    const needs = `must be ${at} bytes long, as its ${count} entries are`
    fail({ op, argument: `the directory (byte ${begin})`, needs, got: `${bytes.length}` })
  }
  return withLimits(op, entries, begin)
}

async function findDirectory(op: string, source: ByteSource): Promise<Place> {
  const from = Math.max(source.size - endBytes - commentAtMost, 0)
  const tail = await source.read(from, source.size)
  const view = viewOf(tail)
  let at = tail.length - endBytes
  while (
    at >= 0 &&
    !(
      view.getUint32(at, true) === 0x06054b50 &&
      at + endBytes + view.getUint16(at + 20, true) === tail.length
    )
  )
    at--
  if (at < 0) {
    const got = source.size < endBytes ? `${source.size} bytes` : 'no record of its end'
    const needs = 'must be a zip file'
    fail({
      op,
      argument: fileName(source),
      needs,
      got,
      hint: `it may be cut short at byte ${source.size}`,
    })
  }
  const argument = `the end record (byte ${from + at})`
  const isWide =
    view.getUint16(at + 10, true) === 0xffff ||
    view.getUint32(at + 12, true) === isFull ||
    view.getUint32(at + 16, true) === isFull
  const wide = isWide ? await findWide(op, source, from + at) : undefined
  if (!wide && (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0))
    fail({ op, argument, needs: 'must be of a zip file in one part', got: 'one of several' })
  const place = wide ?? {
    count: view.getUint16(at + 10, true),
    begin: view.getUint32(at + 16, true),
    end: view.getUint32(at + 16, true) + view.getUint32(at + 12, true),
  }
  if (!(place.end <= from + at)) {
    const needs = 'must come after its directory'
    fail({ op, argument, needs, got: `a directory of bytes ${place.begin} to ${place.end}` })
  }
  return place
}

/** Zip64: a locator of 20 bytes before the end record leads to a record with wider fields. */
async function findWide(op: string, source: ByteSource, end: number): Promise<Place> {
  const argument = `the zip64 end record (before byte ${end})`
  const refuse = (): never => fail({ op, argument, needs: 'must lie in the file', got: 'none' })
  if (end < 20) refuse()
  const locator = viewOf(await source.read(end - 20, end))
  const at = u64(locator, 8)
  if (locator.getUint32(0, true) !== 0x07064b50 || at + 56 > end - 20) refuse()
  const record = viewOf(await source.read(at, at + 56))
  if (record.getUint32(0, true) !== 0x06064b50) refuse()
  const begin = u64(record, 48)
  return { count: u64(record, 32), begin, end: Math.min(begin + u64(record, 40), end) }
}

function readEntry(
  op: string,
  bytes: Uint8Array,
  at: number,
  begin: number,
): { entry: Omit<ZipEntry, 'limit'> | undefined; length: number } {
  const argument = `the directory (byte ${begin + at})`
  const view = viewOf(bytes)
  if (at + headBytes > bytes.length || view.getUint32(at, true) !== 0x02014b50)
    fail({ op, argument, needs: 'must hold one more entry', got: 'none' })
  const [nameBytes, extraBytes] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)]
  const length = headBytes + nameBytes + extraBytes + view.getUint16(at + 32, true)
  if (at + length > bytes.length)
    fail({
      op,
      argument,
      needs: 'must hold whole entries',
      got: `${bytes.length - at} bytes of ${length}`,
    })
  const nameAt = at + headBytes
  const name = checkEntryName(op, argument, bytes.subarray(nameAt, nameAt + nameBytes))
  const wide = readWideSizes(view, nameAt + nameBytes, extraBytes, [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ])
  const [size, packedSize, offset] = wide
  const entry = `entry ${describe(name)}`
  if (view.getUint16(at + 8, true) & 1)
    fail({ op, argument: entry, needs: 'must not be encrypted', got: 'an encrypted one' })
  const method = view.getUint16(at + 10, true)
  if (method !== 0 && method !== 8)
    fail({
      op,
      argument: entry,
      needs: 'must be stored or packed with deflate',
      got: `method ${method}`,
    })
  // The upper half of the attributes is the mode of the file where the maker's system is Unix.
  const isLink = bytes[at + 5] === 3 && (view.getUint16(at + 40, true) & 0xf000) === 0xa000
  if (isLink) fail({ op, argument: entry, needs: 'must be a file', got: 'a link' })
  if (name.endsWith('/')) return { entry: undefined, length }
  return {
    entry: { name, size, packedSize, method, crc: view.getUint32(at + 16, true), offset },
    length,
  }
}

/** The sizes and the offset, each from the zip64 field where its own has no room. */
function readWideSizes(
  view: DataView,
  start: number,
  length: number,
  short: readonly [size: number, packedSize: number, offset: number],
): [number, number, number] {
  const values = [...short] as [number, number, number]
  for (let at = start; at + 4 <= start + length; ) {
    const [id, bytes] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    const end = Math.min(at + 4 + bytes, start + length)
    let field = at + 4
    for (let index = 0; id === 1 && index < 3; index++) {
      if (short[index] !== isFull || field + 8 > end) continue
      values[index] = u64(view, field)
      field += 8
    }
    at += 4 + bytes
  }
  return values
}

/** Entries must lie one after the other: bombs let many share the same bytes. */
function withLimits(
  op: string,
  entries: readonly Omit<ZipEntry, 'limit'>[],
  end: number,
): ZipEntry[] {
  const names = new Set<string>()
  const rising = [...entries].sort((a, b) => a.offset - b.offset)
  const limits = new Map(rising.map((entry, at) => [entry, rising[at + 1]?.offset ?? end]))
  return entries.map((entry) => {
    const argument = `entry ${describe(entry.name)}`
    if (names.has(entry.name)) fail({ op, argument, needs: 'must stand there once', got: 'twice' })
    names.add(entry.name)
    const limit = limits.get(entry)!
    if (!(entry.offset + 30 + entry.packedSize <= limit)) {
      const needs = `must lie between the entries around it (end by byte ${limit})`
      fail({ op, argument, needs, got: `${entry.packedSize} bytes from byte ${entry.offset}` })
    }
    return { ...entry, limit }
  })
}
