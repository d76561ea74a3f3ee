/** Pictures as PNG files (ISO 15948), their bytes stored as they are: small code for small pictures. */
import { crc32 } from '../../formats/checksum.ts'
import { join } from './protobuf.ts'

/** Bytes row by row, channels beside each other: 1 grey, 2 with opacity, 3 colours, 4 with opacity. */
export interface Picture {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 2 | 3 | 4
  readonly data: Uint8Array | Uint8ClampedArray
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** PNG's numbers of the kinds of colour, by channels. */
const colourTypes = { 1: 0, 2: 4, 3: 2, 4: 6 } as const
const bitsPerSample = 8
const largestBlock = 0xffff

export function encodePng({ height, width, channels, data }: Picture): Uint8Array {
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([bitsPerSample, colourTypes[channels]], 8)
  const row = width * channels
  // Each row begins with the number of its filter: 0, none.
  const rows = new Uint8Array(height * (row + 1))
  for (let y = 0; y < height; y++)
    rows.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1)
  return join([
    signature,
    ...chunk('IHDR', header),
    ...chunk('IDAT', stored(rows)),
    ...chunk('IEND', new Uint8Array(0)),
  ])
}

function chunk(type: string, data: Uint8Array): Uint8Array[] {
  const body = join([new TextEncoder().encode(type), data])
  return [word(data.length), body, word(crc32(body))]
}

/** A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4). */
function stored(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)]
  for (let at = 0; at === 0 || at < data.length; at += largestBlock) {
    const block = data.subarray(at, at + largestBlock)
    const isLast = at + largestBlock >= data.length
    const { length } = block
    parts.push(
      Uint8Array.of(isLast ? 1 : 0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255),
      block,
    )
  }
  return join([...parts, word(adler32(data))])
}

function adler32(data: Uint8Array): number {
  const prime = 65_521
  let [low, high] = [1, 0]
  for (let at = 0; at < data.length; at++) {
    low = (low + data[at]!) % prime
    high = (high + low) % prime
  }
  return high * 65_536 + low
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
