/** Reads TensorBoard's files by its formats alone, sharing nothing with the writer: every checksum is checked, bit by bit. */

export interface ReadEvent {
  readonly seconds: number
  readonly step: number
  readonly version?: string
  /** The status of a session: 1 is a start. */
  readonly session?: number
  readonly values: readonly ReadValue[]
}

export interface ReadValue {
  readonly tag: string
  readonly scalar?: number
  readonly image?: { height: number; width: number; channels: number; png: Uint8Array }
  readonly histogram?: {
    min: number
    max: number
    count: number
    sum: number
    squares: number
    limits: number[]
    buckets: number[]
  }
}

/** CRC-32C by long division, one bit at a time. */
export function crc32cByBits(bytes: Uint8Array): number {
  let rest = 0xffffffff
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = ((rest ^ (byte >> bit)) & 1) === 1
      rest = isOdd ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
    }
  return ~rest >>> 0
}

const masked = (bytes: Uint8Array): number => {
  const sum = BigInt(crc32cByBits(bytes))
  return Number((((sum >> 15n) | (sum << 17n)) + 0xa282ead8n) & 0xffffffffn)
}

/** The records of a file; throws if a checksum is wrong or the file ends within a record. */
export function readRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true))
    const check = (from: number, size: number): Uint8Array => {
      const part = bytes.subarray(from, from + size)
      if (view.getUint32(from + size, true) !== masked(part)) throw new Error(`crc at ${from}`)
      return part
    }
    check(at, 8)
    records.push(check(at + 12, length))
    at += 16 + length
  }
  return records
}

type Fields = Map<number, (number | Uint8Array)[]>

function readFields(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields: Fields = new Map()
  let at = 0
  const varint = (): number => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(value)
    }
  }
  while (at < bytes.length) {
    const key = varint()
    const value = (): number | Uint8Array => {
      switch (key & 7) {
        case 0:
          return varint()
        case 1:
          at += 8
          return view.getFloat64(at - 8, true)
        case 5:
          at += 4
          return view.getFloat32(at - 4, true)
        case 2: {
          const length = varint()
          at += length
          return bytes.subarray(at - length, at)
        }
        default:
          throw new Error(`wire type ${key & 7}`)
      }
    }
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value()])
  }
  if (at !== bytes.length) throw new Error('a field that ends beyond its message')
  return fields
}

const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)
const only = (fields: Fields, number: number): number | Uint8Array | undefined =>
  fields.get(number)?.[0]
const numbersOf = (bytes: Uint8Array): number[] => [
  ...new Float64Array(Uint8Array.from(bytes).buffer),
]

export function readEvents(bytes: Uint8Array): ReadEvent[] {
  return readRecords(bytes).map((record) => {
    const event = readFields(record)
    const version = only(event, 3)
    const session = only(event, 7)
    const summary = only(event, 5)
    const values = summary ? (readFields(summary as Uint8Array).get(1) ?? []) : []
    return {
      seconds: only(event, 1) as number,
      step: (only(event, 2) as number | undefined) ?? 0,
      ...(version ? { version: text(version as Uint8Array) } : {}),
      ...(session ? { session: only(readFields(session as Uint8Array), 1) as number } : {}),
      values: values.map((value) => readValue(value as Uint8Array)),
    }
  })
}

function readValue(bytes: Uint8Array): ReadValue {
  const fields = readFields(bytes)
  const tag = text(only(fields, 1) as Uint8Array)
  const scalar = only(fields, 2)
  const image = only(fields, 4)
  const histogram = only(fields, 5)
  if (scalar !== undefined) return { tag, scalar: scalar as number }
  if (image !== undefined) {
    const [height, width, channels, png] = [1, 2, 3, 4].map((number) =>
      only(readFields(image as Uint8Array), number),
    ) as [number, number, number, Uint8Array]
    return { tag, image: { height, width, channels, png } }
  }
  const [min, max, count, sum, squares, limits, buckets] = [1, 2, 3, 4, 5, 6, 7].map((number) =>
    only(readFields(histogram as Uint8Array), number),
  ) as [number, number, number, number, number, Uint8Array, Uint8Array]
  const [ends, counts] = [numbersOf(limits), numbersOf(buckets)]
  return { tag, histogram: { min, max, count, sum, squares, limits: ends, buckets: counts } }
}
