// Safetensors read lazily, from a path, a URL, a Blob and bytes: the header alone, then one tensor's range.
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type ArrayInput,
  encodeSafetensors,
  openBytes,
  openSafetensors,
  type SourceLike,
  StriateError,
  setEngine,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const large = Float32Array.from({ length: 50_000 }, (_, index) => index / 7)
const tensors = {
  'conv.weight': { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 3, -4, 5, 0.5) },
  large: { dtype: 'float32', shape: [large.length], data: large },
  steps: { dtype: 'int32', shape: [], data: Int32Array.of(9) },
  mask: { dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 0, 1) },
  none: { dtype: 'float64', shape: [0, 4], data: new Float64Array(0) },
} as const satisfies Record<string, ArrayInput>
const bytes = encodeSafetensors(tensors, { made: 'for a test' })

let folder = ''
let path = ''
let server: Server
let ranges: string[] = []
let givesRanges = true
let address = ''

beforeAll(async () => {
  setEngine('reference')
  folder = await mkdtemp(join(tmpdir(), 'striate-lazy-'))
  path = join(folder, 'net.safetensors')
  await writeFile(path, bytes)
  server = createServer((request, response) => {
    const { range = '' } = request.headers
    ranges.push(range)
    if (request.url !== '/net.safetensors') return response.writeHead(404).end()
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
    if (!givesRanges || begin === undefined) return response.writeHead(200).end(bytes)
    const part = bytes.subarray(Number(begin), Number(end) + 1)
    const last = Number(begin) + part.length - 1
    response.writeHead(206, { 'Content-Range': `bytes ${begin}-${last}/${bytes.length}` })
    return response.end(part)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/net.safetensors`
})
afterAll(async () => {
  server.close()
  setEngine('wasm')
  await rm(folder, { recursive: true })
})

const sources: [string, () => SourceLike][] = [
  ['a path', () => path],
  ['a file: URL', () => pathToFileURL(path)],
  ['a URL', () => address],
  ['a Blob', () => new Blob([bytes])],
  ['bytes', () => bytes],
  [
    'a part of a buffer',
    () => new Uint8Array(Buffer.concat([bytes.subarray(0, 4), bytes])).subarray(4),
  ],
  ['an ArrayBuffer', () => bytes.buffer],
]

describe.each(sources)('openSafetensors of %s', (_name, source) => {
  it('knows every tensor and reads each', async () => {
    const file = await openSafetensors(source())
    expect({ ...file.metadata }).toEqual({ made: 'for a test' })
    expect([...file.entries.keys()]).toEqual(Object.keys(tensors))
    for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
      expect(file.entries.get(name)).toMatchObject({ dtype, shape })
      const found = await file.tensor(name)
      expect([found.dtype, [...found.shape]]).toEqual([dtype, [...shape]])
      expect(await found.data()).toEqual(data)
    }
    await file.close()
  })
})

describe('openSafetensors', () => {
  it('reads the head at once, then only what is asked for', async () => {
    ranges = []
    const file = await openSafetensors(address)
    await file.tensor('conv.weight')
    const { begin, end } = file.entries.get('large')!
    await file.tensor('large')
    expect(ranges).toEqual(['bytes=0-65535', `bytes=${begin}-${end - 1}`])
  })

  it('takes the whole where the server gives no ranges', async () => {
    givesRanges = false
    try {
      const file = await openSafetensors(address)
      expect(await (await file.tensor('large')).data()).toEqual(large)
    } finally {
      givesRanges = true
    }
  })

  it('reads a header longer than the first range', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [
        `layer.${index}.weight`,
        { dtype: 'uint8', shape: [1], data: Uint8Array.of(index % 256) } as const,
      ]),
    )
    const file = await openSafetensors(new Blob([encodeSafetensors(many)]))
    expect(file.entries.size).toBe(2000)
    expect([...(await file.array('layer.1999.weight')).data]).toEqual([1999 % 256])
  })

  it('reads floats of 16 bits as float32, and 64-bit integers as int32', async () => {
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const file = await openSafetensors(encodeSafetensors(tensors, {}, { dtype }))
      expect(file.entries.get('conv.weight')).toMatchObject({
        storedAs: dtype === 'float16' ? 'F16' : 'BF16',
        dtype: 'float32',
      })
      expect(file.entries.get('steps')!.storedAs).toBe('I32')
      expect([...(await file.array('conv.weight')).data]).toEqual([1, -2, 3, -4, 5, 0.5])
      expect((await file.array('none')).dtype).toBe('float32')
    }
  })

  const message = async (work: () => Promise<unknown>): Promise<string> => {
    const error: unknown = await work().then(
      () => new Error('nothing was thrown'),
      (reason: unknown) => reason,
    )
    if (error instanceof StriateError) return error.message
    throw error
  }

  it('names the file and the byte of what is wrong', async () => {
    const damaged = Uint8Array.from(bytes)
    damaged[8] = 0x5b
    const bad = join(folder, 'bad.safetensors')
    await writeFile(bad, damaged)
    expect(await message(() => openSafetensors(bad))).toBe(
      `openSafetensors: '${bad}': byte 8 must begin the header with '{', got 91`,
    )
    await writeFile(bad, bytes.subarray(0, bytes.length - 1))
    expect(await message(() => openSafetensors(bad))).toMatch(
      /the data after the header \(byte \d+\) must be \d+ bytes long.*the file is cut short/,
    )
    await writeFile(bad, bytes.subarray(0, 5))
    expect(await message(() => openSafetensors(bad))).toContain('got a file of 5 bytes')
    expect(await message(() => openSafetensors(new Uint8Array(0)))).toBe(
      'openSafetensors: byte 0 needs the 8 bytes of the header length, got a file of 0 bytes',
    )
  })

  it('says what is missing', async () => {
    const none = join(folder, 'none.safetensors')
    expect(await message(() => openSafetensors(none))).toBe(
      `openBytes: '${none}' must name a place that exists, got no such file or folder`,
    )
    expect(await message(() => openSafetensors(folder))).toContain('must be a file, got a folder')
    expect(await message(() => openSafetensors(`${address}.old`))).toContain('got status 404')
    expect(await message(() => openSafetensors('http://127.0.0.1:1/x'))).toContain(
      'must be within reach',
    )
    expect(await message(() => openSafetensors(7 as never))).toContain(
      'source must be a path, a URL, a Blob or bytes, got 7',
    )
    const file = await openSafetensors(bytes)
    expect(await message(() => file.tensor('conv.wieght'))).toBe(
      "openSafetensors: name must be a tensor of it, got 'conv.wieght'; did you mean 'conv.weight'?",
    )
  })

  it('notices a file that becomes shorter', async () => {
    const shrinking = join(folder, 'shrinking.safetensors')
    await writeFile(shrinking, bytes)
    const file = await openSafetensors(shrinking)
    const handle = await open(shrinking, 'r+')
    await handle.truncate(1000)
    await handle.close()
    expect(await message(() => file.tensor('large'))).toContain('it changed while it was read')
    await file.close()
  })

  it('reads no more of a file than its header, whatever the header says', async () => {
    const lying = new Uint8Array(16)
    new DataView(lying.buffer).setUint32(0, 90_000_000, true)
    const before = process.memoryUsage().arrayBuffers
    expect(await message(() => openSafetensors(lying))).toContain('must lie in the file')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
  })
})

it('openBytes gives ranges of every kind of source', async () => {
  for (const [, source] of sources) {
    const opened = await openBytes(source())
    expect(opened.size).toBe(bytes.length)
    expect(Buffer.from(await opened.read(100, 70_000))).toEqual(
      Buffer.from(bytes.subarray(100, 70_000)),
    )
    expect((await opened.read(5, 5)).length).toBe(0)
    await opened.close()
  }
})
