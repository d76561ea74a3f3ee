/** Zip files by hand, so that they can say what no honest writer says. */
import { crc32, deflateRawSync } from 'node:zlib'
import { crc32 as ownCrc32 } from 'striate'
import type { Random } from '../random.ts'

export interface RawEntry {
  readonly name: Uint8Array
  readonly packed: Uint8Array
  readonly size: number
  readonly packedSize: number
  readonly method: number
  readonly crc: number
  readonly flags: number
  /** The upper half is the mode of the file. */
  readonly attributes: number
  /** Where the directory says that it lies; null for where it does. */
  readonly offset: number | null
}

const sum: (bytes: Uint8Array) => number =
  (crc32 as ((bytes: Uint8Array) => number) | undefined) ?? ownCrc32

export function entryOf(name: string, bytes: Uint8Array, method: 0 | 8): RawEntry {
  const packed = method === 0 ? bytes : deflateRawSync(bytes)
  return {
    name: new TextEncoder().encode(name),
    packed,
    size: bytes.length,
    packedSize: packed.length,
    method,
    crc: sum(bytes),
    flags: 0,
    attributes: 0,
    offset: null,
  }
}

/** A zip file of the entries; `count` is what its end says of them. */
export function zipOf(entries: readonly RawEntry[], count: number = entries.length): Uint8Array {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const entry of entries) {
    const { name, packed, size, packedSize, method, crc, flags, attributes, offset } = entry
    const head = Buffer.alloc(30)
    head.writeUInt32LE(0x04034b50, 0)
    head.writeUInt16LE(20, 4)
    head.writeUInt16LE(flags, 6)
    head.writeUInt16LE(method, 8)
    head.writeUInt32LE(crc, 14)
    head.writeUInt32LE(packedSize >>> 0, 18)
    head.writeUInt32LE(size >>> 0, 22)
    head.writeUInt16LE(name.length, 26)
    const record = Buffer.alloc(46)
    record.writeUInt32LE(0x02014b50, 0)
    record.writeUInt16LE(0x0314, 4)
    record.writeUInt16LE(20, 6)
    record.writeUInt16LE(flags, 8)
    record.writeUInt16LE(method, 10)
    record.writeUInt32LE(crc, 16)
    record.writeUInt32LE(packedSize >>> 0, 20)
    record.writeUInt32LE(size >>> 0, 24)
    record.writeUInt16LE(name.length, 28)
    record.writeUInt32LE(attributes >>> 0, 38)
    record.writeUInt32LE((offset ?? at) >>> 0, 42)
    parts.push(head, Buffer.from(name), Buffer.from(packed))
    directory.push(record, Buffer.from(name))
    at += 30 + name.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const last = Buffer.alloc(22)
  last.writeUInt32LE(0x06054b50, 0)
  last.writeUInt16LE(count & 0xffff, 8)
  last.writeUInt16LE(count & 0xffff, 10)
  last.writeUInt32LE(listed.length, 12)
  last.writeUInt32LE(at, 16)
  return new Uint8Array(Buffer.concat([...parts, listed, last]))
}

/** A hundred million zeros in about a hundred thousand bytes. */
let zeros: RawEntry | null = null
const bombBytes = 100_000_000

/** Packed once; a bomb of a name. */
function bomb(name: string): RawEntry {
  zeros ??= entryOf('', new Uint8Array(bombBytes), 8)
  return { ...zeros, name: new TextEncoder().encode(name) }
}

export const traversals: readonly string[] = [
  ...['../outside', '/etc/passwd', 'a/../../outside', 'C:\\outside', '..\\outside', '\\\\host\\x'],
  ...['a//b', './a', 'a\0b', '', '..', 'a/', '~/x', 'file:///etc/passwd', 'http://127.0.0.1:1/x'],
]

/** A zip file of these entries in which something about the zip itself is wrong, or one entry is spoiled. */
export function spoiledZip(
  random: Random,
  entries: Readonly<Record<string, Uint8Array>>,
  spoil: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const method = random.pick([0, 8] as const)
  const raw = Object.entries(entries).map(([name, bytes]) => entryOf(name, bytes, method))
  const index = random.integer(0, raw.length - 1)
  const chosen = raw[index]!
  const name = Object.keys(entries)[index]!
  const bytes = entries[name]!
  const change = (entry: Partial<RawEntry>): Uint8Array =>
    zipOf(raw.with(index, { ...chosen, ...entry }))
  const size = random.pick([0, 1, chosen.size + 1, 2 ** 26, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 2])
  switch (random.integer(0, 11)) {
    case 0:
      return change({ name: new TextEncoder().encode(random.pick(traversals)) })
    case 1:
      return change({ size })
    case 2:
      return change({ packedSize: size })
    case 3:
      return change({ method: random.pick([0, 1, 8, 9, 12, 14, 93, 99]) })
    case 4:
      return change({
        flags: random.pick([1, 8, 64, 0xffff]),
        attributes: random.pick([0, 0xa1ff << 16]),
      })
    case 5:
      return change({ offset: random.pick([0, 1, chosen.packed.length, 2 ** 31, 2 ** 32 - 1]) })
    case 6:
      return zipOf([...raw, { ...chosen, offset: 0 }], random.pick([raw.length + 1, 0, 0xffff]))
    case 7:
      // Bombs are dear: one in twenty of those that were chosen.
      return random.chance(0.05)
        ? zipOf(raw.with(index, bomb(name)))
        : change({ crc: (chosen.crc ^ 1) >>> 0 })
    case 8:
      return change({ packed: deflateRawSync(spoil(bytes)) })
    default:
      return zipOf(raw.with(index, entryOf(name, spoil(bytes), method)))
  }
}
