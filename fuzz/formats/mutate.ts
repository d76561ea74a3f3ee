/** Ways to spoil a file: truncations, flipped bits, lying numbers, spliced pieces, other words in its text. */
import type { Random } from '../random.ts'
import type { Sample } from './sample.ts'
import { spoiledZip, traversals } from './zip.ts'

type Change = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array

const numbers = [
  ...[0, 1, 2, 7, 8, 127, 128, 255, 256, 65_535, 65_536, 2 ** 20, 2 ** 26, 2 ** 30],
  ...[
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 40,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 62,
    2 ** 64 - 1,
  ],
] as const

const words = [
  ...['0', '-1', '1', '0.5', '1e300', '1e999', '-0', '4294967296', '9007199254740993'],
  ...['18446744073709551615', 'null', 'true', 'false', '[]', '{}', '""', '[[]]', 'NaN', '[1,2'],
  ...['"float64"', '"BF16"', '"F8_E4M3"', '"__proto__"', '"constructor"', '"Lambda"', '"Conv2D"'],
  ...traversals.map((path) => JSON.stringify(path)),
] as const

function withBytes(
  bytes: Uint8Array,
  at: number,
  put: ArrayLike<number>,
  drop: number,
): Uint8Array {
  const rest = bytes.subarray(at + drop)
  const result = new Uint8Array(at + put.length + rest.length)
  result.set(bytes.subarray(0, at))
  result.set(put, at)
  result.set(rest, at + put.length)
  return result
}

/** A place in a file: the head is where most of what can lie is. */
function place(random: Random, { length }: Uint8Array, room = 1): number {
  const last = Math.max(length - room, 0)
  const head = Math.min(last, random.pick([16, 64, 512, last]))
  return random.chance(0.15) ? Math.max(last - random.integer(0, 128), 0) : random.integer(0, head)
}

const truncate: Change = (random, bytes) => {
  const length = random.chance(0.5) ? place(random, bytes) : bytes.length - random.small(1, 64)
  return bytes.slice(0, Math.max(length, 0))
}

const flip: Change = (random, bytes) => {
  const result = bytes.slice()
  for (let left = random.small(1, 8); left > 0 && result.length > 0; left--)
    result[place(random, result)]! ^= 1 << random.integer(0, 7)
  return result
}

const setByte: Change = (random, bytes) => {
  const result = bytes.slice()
  for (let left = random.small(1, 6); left > 0 && result.length > 0; left--)
    result[place(random, result)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.integer(0, 255)])
  return result
}

/** A number of 1, 2, 4 or 8 bytes, of either order, aligned or not. */
const setNumber: Change = (random, bytes) => {
  const width = random.pick([1, 2, 4, 8])
  if (bytes.length < width) return bytes.slice()
  const result = bytes.slice()
  const view = new DataView(result.buffer)
  const loose = place(random, bytes, width)
  const at = random.chance(0.7) ? loose - (loose % width) : loose
  const little = random.chance(0.8)
  const value =
    BigInt(random.pick([...numbers, bytes.length, bytes.length - at])) +
    BigInt(random.integer(-1, 1))
  const wrapped = BigInt.asUintN(8 * width, value)
  if (width === 1) view.setUint8(at, Number(wrapped))
  else if (width === 2) view.setUint16(at, Number(wrapped), little)
  else if (width === 4) view.setUint32(at, Number(wrapped), little)
  else view.setBigUint64(at, wrapped, little)
  return result
}

/** A number as protobuf writes it, in the place of a byte. */
const setVarint: Change = (random, bytes) => {
  let value = BigInt(random.pick(numbers))
  const put: number[] = []
  for (; value > 127n && put.length < 12; value >>= 7n) put.push(Number(value & 127n) | 128)
  put.push(Number(value & 127n))
  return withBytes(bytes, place(random, bytes), put, 1)
}

const removePiece: Change = (random, bytes) => {
  const at = place(random, bytes)
  return withBytes(bytes, at, [], Math.min(random.small(1, 4096), bytes.length - at))
}

const repeatPiece: Change = (random, bytes) => {
  const from = place(random, bytes)
  const piece = bytes.subarray(from, from + random.small(1, 4096))
  return withBytes(bytes, place(random, bytes), piece, 0)
}

/** A piece of another file, or of another place. */
const splice: Change = (random, bytes, other) => {
  const from = place(random, other)
  const piece = other.subarray(from, from + random.small(1, 4096))
  const at = place(random, bytes)
  return withBytes(
    bytes,
    at,
    piece,
    Math.min(random.chance(0.6) ? piece.length : 0, bytes.length - at),
  )
}

const otherEnd: Change = (random, bytes, other) =>
  withBytes(bytes.subarray(0, place(random, bytes)), 0, [], 0).length === 0
    ? other.slice(place(random, other))
    : Uint8Array.from([
        ...bytes.subarray(0, Math.min(place(random, bytes), 65_536)),
        ...other.subarray(place(random, other)).subarray(0, 65_536),
      ])

const noise: Change = (random, bytes) => {
  const result = bytes.slice()
  const at = place(random, bytes)
  for (let i = at; i < Math.min(at + random.small(1, 256), result.length); i++)
    result[i] = random.integer(0, 255)
  return result
}

/** Another number, string or list in text that looks like JSON or Python. */
const setWord: Change = (random, bytes) => {
  const text = Buffer.from(
    bytes.buffer,
    bytes.byteOffset,
    Math.min(bytes.length, 200_000),
  ).toString('latin1')
  const found = [
    ...text.matchAll(/-?\d+(?:\.\d+)?|"[^"\\\n]{0,80}"|'[^'\\\n]{0,80}'|true|false|null/g),
  ]
  if (found.length === 0) return setByte(random, bytes, bytes)
  const word = random.pick(found)
  const twin = random.pick(found)[0]
  const put = random.chance(0.25) ? twin : random.pick(words)
  const quoted = word[0].startsWith("'") ? put.replaceAll('"', "'") : put
  return withBytes(bytes, word.index, Buffer.from(quoted, 'latin1'), word[0].length)
}

/** Deep nesting, long names, endless digits in the place of a piece of text. */
const excess: Change = (random, bytes) => {
  const count = random.pick([100, 5000, 100_000])
  const put = random.pick(['[', '{"a":', '9', '"a",', ' ', '(', '\xff', '\x0a\x03'])
  return withBytes(
    bytes,
    place(random, bytes),
    Buffer.from(put.repeat(count / put.length), 'latin1'),
    0,
  )
}

const changes: readonly (readonly [change: Change, weight: number])[] = [
  [truncate, 10],
  [flip, 18],
  [setByte, 12],
  [setNumber, 18],
  [setVarint, 8],
  [removePiece, 6],
  [repeatPiece, 6],
  [splice, 6],
  [otherEnd, 2],
  [noise, 4],
  [setWord, 16],
  [excess, 1],
]

const deck: readonly Change[] = changes.flatMap(([change, weight]) =>
  Array.from({ length: weight }, () => change),
)

/** The bytes after one change, or a few. */
export function spoil(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let result = bytes
  for (let left = random.small(1, 3); left > 0; left--)
    result = random.pick(deck)(random, result, other)
  return result
}

/** A sample with something wrong about it: the file, one of its entries, or a file beside it. */
export function spoilSample(random: Random, sample: Sample, other: Sample): Sample {
  const { bytes, entries, beside } = sample
  const change = (each: Uint8Array): Uint8Array => spoil(random, each, other.bytes)
  if (entries !== undefined && random.chance(0.6))
    return { ...sample, bytes: spoiledZip(random, entries, change) }
  const names = Object.keys(beside ?? {})
  if (beside !== undefined && names.length > 0 && random.chance(0.25)) {
    const name = random.pick(names)
    const { [name]: chosen, ...others } = beside
    return {
      ...sample,
      beside: random.chance(0.2) ? others : { ...others, [name]: change(chosen!) },
    }
  }
  return { ...sample, bytes: change(bytes) }
}
