/** Zip files: the directory is checked when the file is opened, entries are read when they are asked for. */
import { type ByteSource, crc32, describe, fail } from 'striate'
import { readDirectory, type ZipEntry } from './directory.ts'
import { inflate } from './inflate.ts'

export interface ZipOptions {
  /** The most bytes that one entry may unpack to; the size of the file and 16 MiB unless told. */
  readonly limit?: number
}

export interface ZipArchive {
  /** In the order of the file. */
  readonly entries: ReadonlyMap<string, ZipEntry>
  /**
   * The bytes of an entry.
   *
   * @throws StriateError naming the entry, if there is none, or it is damaged, lies about its sizes or
   * unpacks to more than the limit.
   */
  read(name: string): Promise<Uint8Array>
}

/** Deflate cannot pack better. */
const ratioAtMost = 1032
const headBytes = 30

/**
 * Opens a zip file. Names that lead out of a folder, links, encryption, entries that share bytes and
 * sizes that do not fit the file are refused before anything is unpacked.
 */
export async function openZip(
  op: string,
  source: ByteSource,
  { limit = source.size + 2 ** 24 }: ZipOptions = {},
): Promise<ZipArchive> {
  const entries = new Map((await readDirectory(op, source)).map((entry) => [entry.name, entry]))
  return {
    entries,
    async read(name) {
      const entry = entries.get(name)
      if (entry) return readEntry(op, source, entry, limit)
      const needs = `must be among the ${entries.size} entries`
      return fail({ op, argument: `entry ${describe(name)}`, needs, got: 'none of that name' })
    },
  }
}

async function readEntry(
  op: string,
  source: ByteSource,
  entry: ZipEntry,
  limit: number,
): Promise<Uint8Array> {
  const { name, size, packedSize, method, offset } = entry
  const argument = `entry ${describe(name)} (byte ${offset})`
  if (size > limit) {
    const needs = `must unpack to at most ${limit} bytes`
    fail({ op, argument, needs, got: `${size}`, hint: `limit: ${size} allows it` })
  }
  const isPossible = method === 0 ? size === packedSize : size <= ratioAtMost * packedSize
  if (!isPossible) {
    const needs = `must have a size that its ${packedSize} bytes can hold`
    fail({ op, argument, needs, got: `${size} bytes` })
  }
  const start = await dataStart(op, argument, source, entry)
  const packed = await source.read(start, start + packedSize)
  const bytes = method === 0 ? packed : inflate(op, argument, packed, size)
  const sum = crc32(bytes)
  if (sum !== entry.crc) {
    const needs = `must have checksum ${entry.crc.toString(16)}`
    fail({ op, argument, needs, got: sum.toString(16), hint: 'the file is damaged' })
  }
  return bytes
}

/** Where the entry's data begin, after a header that repeats what the directory says. */
async function dataStart(
  op: string,
  argument: string,
  source: ByteSource,
  { name, packedSize, method, offset, limit }: ZipEntry,
): Promise<number> {
  const head = await source.read(offset, offset + headBytes)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const [nameBytes, extraBytes] = [view.getUint16(26, true), view.getUint16(28, true)]
  const nameEnd = offset + headBytes + nameBytes
  const start = nameEnd + extraBytes
  const fits = view.getUint32(0, true) === 0x04034b50 && start + packedSize <= limit
  const found = fits
    ? new TextDecoder().decode(await source.read(offset + headBytes, nameEnd))
    : undefined
  if (found === name && view.getUint16(8, true) === method) return start
  const needs = 'must begin with the header that the directory promises'
  return fail({ op, argument, needs, got: found === undefined ? 'none' : describe(found) })
}
