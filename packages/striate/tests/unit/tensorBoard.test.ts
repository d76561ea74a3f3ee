// TensorBoard's files: framing, checksums, messages, pictures, and what happens when two go on in one folder.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { eventFile } from 'striate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { varint } from '../../src/train/tensorboard/protobuf.ts'
import { crc32c, frameRecord, maskedCrc } from '../../src/train/tensorboard/record.ts'
import { crc32cByBits, readEvents, readRecords } from '../support/eventReader.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'striate-'))
})
afterEach(() => rm(folder, { recursive: true }))

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('records', () => {
  it('have the checksums of the standard', () => {
    // RFC 3720, B.4, and the check value of the Castagnoli polynomial.
    expect(crc32c(bytesOf('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e)
    for (let length = 0; length < 40; length++) {
      const bytes = Uint8Array.from({ length }, (_, at) => at * 37 + length)
      expect(crc32c(bytes)).toBe(crc32cByBits(bytes))
    }
    expect(maskedCrc(bytesOf('123456789'))).toBeGreaterThanOrEqual(0)
  })

  it('are read back, and not if a bit differs', () => {
    const file = new Uint8Array([
      ...frameRecord(bytesOf('one')),
      ...frameRecord(new Uint8Array(300)),
    ])
    expect(readRecords(file).map((record) => record.length)).toEqual([3, 300])
    for (const at of [0, 9, 13, 17, 200]) {
      const damaged = file.slice()
      damaged[at]! ^= 1
      expect(() => readRecords(damaged)).toThrow()
    }
  })

  it('count in seven bits a byte, beyond 32 bits', () => {
    expect([...varint(0)]).toEqual([0])
    expect([...varint(300)]).toEqual([0xac, 2])
    expect([...varint(2 ** 53 - 1)]).toEqual([255, 255, 255, 255, 255, 255, 255, 15])
  })
})

describe('event files', () => {
  it('hold scalars, histograms and pictures by tag and step', async () => {
    const events = await eventFile(join(folder, 'new', 'run'))
    await events.scalar('train/loss', 0.5, 3)
    await events.scalars({ a: 1, ä: -2 }, 2 ** 40)
    await events.histogram('weights', Float32Array.of(-1, 0, 0, 1, 3), 4)
    await events.histogram('same', [2, 2], 4)
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    await events.image('digit', { height: 2, width: 2, channels: 3, data }, 5)
    await events.close()
    const read = readEvents(await readFile(events.path))
    expect(read[0]!.version).toBe('brain.Event:2')
    const now = Date.now() / 1000
    for (const { seconds } of read) expect(Math.abs(seconds - now)).toBeLessThan(120)
    const [first, a, other, spread, same, picture] = read.slice(1)
    expect(first).toMatchObject({ step: 3, values: [{ tag: 'train/loss', scalar: 0.5 }] })
    expect(a).toMatchObject({ step: 2 ** 40, values: [{ tag: 'a', scalar: 1 }] })
    expect(other).toMatchObject({ step: 2 ** 40, values: [{ tag: 'ä', scalar: -2 }] })
    const histogram = spread!.values[0]!.histogram!
    expect(histogram).toMatchObject({ min: -1, max: 3, count: 5, sum: 3, squares: 11 })
    expect(histogram.limits).toHaveLength(30)
    expect(histogram.limits.at(-1)).toBe(3)
    expect(histogram.buckets.reduce((sum, each) => sum + each)).toBe(5)
    // Each bucket holds the values up to its limit, and above the limit before.
    let below = -Infinity
    for (const [at, limit] of histogram.limits.entries()) {
      const inside = [-1, 0, 0, 1, 3].filter(
        (value) => value >= (at === 0 ? -1 : below) && (value < limit || limit === 3),
      )
      expect(histogram.buckets[at]).toBe(inside.length)
      below = limit
    }
    expect(same!.values[0]!.histogram).toMatchObject({ min: 2, max: 2, limits: [2], buckets: [2] })
    const { image } = picture!.values[0]!
    expect(image).toMatchObject({ height: 2, width: 2, channels: 3 })
    // The bytes of the pixels, behind the filter byte of each row.
    const png = image!.png
    const idat = new TextDecoder('latin1').decode(png).indexOf('IDAT')
    const length = new DataView(png.buffer, png.byteOffset).getUint32(idat - 4)
    const rows = inflateSync(png.subarray(idat + 4, idat + 4 + length))
    expect([...rows]).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12])
  })

  it('take pictures larger than a block of zlib', async () => {
    const events = await eventFile(folder)
    const data = Uint8Array.from({ length: 300 * 300 }, (_, at) => at)
    await events.image('large', { height: 300, width: 300, channels: 1, data }, 0)
    await events.close()
    const { png } = readEvents(await readFile(events.path))[1]!.values[0]!.image!
    const start = new TextDecoder('latin1').decode(png).indexOf('IDAT') + 4
    const rows = inflateSync(png.subarray(start, png.length - 16))
    expect(rows.length).toBe(300 * 301)
    expect(
      rows.subarray(301 * 7 + 1, 301 * 8).every((value, x) => value === ((7 * 300 + x) & 255)),
    ).toBe(true)
  })

  it('never write over each other, and say where the later goes on', async () => {
    const files = await Promise.all([
      eventFile(folder),
      eventFile(folder),
      eventFile(folder, { after: 7 }),
    ])
    for (const each of files) await each.close()
    expect(await readdir(folder)).toHaveLength(3)
    const [, , last] = files
    const [, restart] = readEvents(await readFile(last!.path))
    expect(restart).toMatchObject({ session: 1, step: 8 })
  })

  it('refuse what has no place in them', async () => {
    const events = await eventFile(folder)
    expect(() => events.scalar('loss', 1, -1)).toThrow(
      'eventFile: step must be a whole number of at least 0, got -1',
    )
    await expect(events.histogram('none', [], 0)).rejects.toThrow(
      "histogram 'none' must have values",
    )
    const picture = { height: 2, width: 2, channels: 1, data: new Uint8Array(3) } as const
    await expect(events.image('x', picture, 0)).rejects.toThrow(
      "image 'x' must hold 4 bytes, got Uint8Array(3)",
    )
    await expect(events.image('x', { ...picture, height: 0 }, 0)).rejects.toThrow('got 0 x 2 of 1')
    await events.close()
    await expect(eventFile(events.path)).rejects.toThrow(/^eventFile: '.*' must/)
    await expect(eventFile('')).rejects.toThrow("eventFile: folder must name a folder, got ''")
  })
})
