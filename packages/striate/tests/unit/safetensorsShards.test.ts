// Safetensors in parts: writing by size, reading by index, and what must not be believed of an index.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ArrayInput,
  decodeSafetensors,
  encodeSafetensors,
  encodeShards,
  load,
  manualSeed,
  nn,
  openSafetensors,
  StriateError,
  save,
  sequential,
  setEngine,
  writeSafetensors,
} from 'striate'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const floats = (count: number, first: number): ArrayInput => ({
  dtype: 'float32',
  shape: [count],
  data: Float32Array.from({ length: count }, (_, index) => first + index),
})
const tensors = { a: floats(100, 0), b: floats(50, 1000), c: floats(200, 2000), d: floats(1, 9) }

let folder = ''
beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'striate-shards-'))
})
afterEach(() => rm(folder, { recursive: true }))

const message = async (work: () => Promise<unknown>): Promise<string> => {
  const error: unknown = await work().then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  )
  if (error instanceof StriateError) return error.message
  throw error
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('encodeShards', () => {
  it('divides in order by size, a larger tensor alone, and writes the index of the hub', async () => {
    const files = encodeShards(tensors, { maxShardSize: 600, metadata: { made: 'here' } })
    expect(Object.keys(files)).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ])
    expect(JSON.parse(text(files['model.safetensors.index.json']!))).toEqual({
      metadata: { total_size: 4 * 351 },
      weight_map: {
        a: 'model-00001-of-00003.safetensors',
        b: 'model-00001-of-00003.safetensors',
        c: 'model-00002-of-00003.safetensors',
        d: 'model-00003-of-00003.safetensors',
      },
    })
    const second = decodeSafetensors(files['model-00002-of-00003.safetensors']!)
    expect([Object.keys(second.tensors), { ...second.metadata }]).toEqual([['c'], { made: 'here' }])
    const file = await openSafetensors(files)
    expect([...file.entries.keys()]).toEqual(['a', 'b', 'c', 'd'])
    expect((await file.array('c')).data).toEqual(tensors.c.data)
    expect({ ...file.metadata }).toEqual({ made: 'here' })
  })

  it('counts bytes as they are stored, and takes sizes with a unit', () => {
    const parts = (maxShardSize: number | string, dtype?: 'float16'): number =>
      Object.keys(encodeShards(tensors, { maxShardSize, ...(dtype ? { dtype } : {}) })).length - 1
    expect([parts(1404), parts(1403), parts('1.4kB'), parts('1.5 KB'), parts('1GiB')]).toEqual([
      1, 2, 2, 1, 1,
    ])
    expect([parts(702, 'float16'), parts(701, 'float16'), parts(1)]).toEqual([1, 2, 4])
    for (const size of [0, -5, '5XB', 'big', '', Number.NaN, '0.1B', '5constructor'])
      expect(() => encodeShards(tensors, { maxShardSize: size })).toThrow(
        "encodeShards: maxShardSize must be a number of bytes from 1, or text such as '5GB'",
      )
  })

  it('of no tensors is one empty part', async () => {
    const file = await openSafetensors(encodeShards({}))
    expect(file.entries.size).toBe(0)
  })
})

describe('writeSafetensors', () => {
  it('writes one file where it fits and parts where it does not, and removes what stood for the same', async () => {
    const path = join(folder, 'net.safetensors')
    const other = join(folder, 'net-00009-of-00009.safetensors')
    await writeFile(other, 'not ours')
    expect(await writeSafetensors(path, tensors)).toEqual([path])
    const parts = await writeSafetensors(path, tensors, { maxShardSize: 600 })
    expect(parts.map((each) => each.slice(folder.length + 1))).toEqual([
      'net-00001-of-00003.safetensors',
      'net-00002-of-00003.safetensors',
      'net-00003-of-00003.safetensors',
      'net.safetensors.index.json',
    ])
    expect(await readdir(folder)).toHaveLength(5)
    for (const place of [path, `${path}.index.json`]) {
      const file = await openSafetensors(place)
      expect((await file.array('d')).data).toEqual(tensors.d.data)
      expect((await file.array('b')).data).toEqual(tensors.b.data)
      await file.close()
    }
    await writeSafetensors(path, tensors, { maxShardSize: 1000 })
    expect((await readdir(folder)).sort()).toEqual([
      'net-00001-of-00002.safetensors',
      'net-00002-of-00002.safetensors',
      'net-00009-of-00009.safetensors',
      'net.safetensors.index.json',
    ])
    await writeSafetensors(path, tensors)
    expect((await readdir(folder)).sort()).toEqual([
      'net-00009-of-00009.safetensors',
      'net.safetensors',
    ])
    expect(await readFile(other, 'utf8')).toBe('not ours')
  })

  it('keeps the path that it is given, whatever its ending', async () => {
    const path = join(folder, 'weights.bin')
    expect(await writeSafetensors(path, tensors)).toEqual([path])
    expect(decodeSafetensors(await readFile(path)).tensors.b!.data).toEqual(tensors.b.data)
    const index = join(folder, 'one.safetensors.index.json')
    expect(await writeSafetensors(index, tensors)).toEqual([
      join(folder, 'one-00001-of-00001.safetensors'),
      index,
    ])
  })

  it('leaves everything as it was when one number is too large for its type', async () => {
    const path = join(folder, 'net.safetensors')
    await writeSafetensors(path, tensors, { maxShardSize: 600 })
    const before = await readdir(folder)
    const large: ArrayInput = { dtype: 'float32', shape: [1], data: Float32Array.of(70_000) }
    const spoiled = { ...tensors, d: large }
    const options = { maxShardSize: 300, dtype: 'float16' } as const
    expect(await message(() => writeSafetensors(path, spoiled, options))).toBe(
      "writeSafetensors: tensor 'd' must have numbers that F16 can hold, got 70000 (element 0)",
    )
    expect(await readdir(folder)).toEqual(before)
    expect(await message(() => writeSafetensors('', tensors))).toContain('must be the path')
    expect(
      await message(() => writeSafetensors(path, tensors, { dtype: 'int8' as never })),
    ).toContain("dtype must be float16, bfloat16, float32, float64, got 'int8'")
  })
})

describe('save and load', () => {
  const build = (seed: number): nn.Layer => {
    manualSeed(seed)
    return sequential(nn.linear(6, 8), nn.relu(), nn.linear(8, 3))
  }
  const values = async (net: nn.Layer): Promise<unknown> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(net.stateDict()).map(async ([name, value]) => [name, await value.data()]),
      ),
    )

  it('carry notes, parts and 16-bit floats', async () => {
    const net = build(1)
    const path = join(folder, 'net.safetensors')
    await save(net, path, { metadata: { trained: 'a little' }, maxShardSize: 100 })
    const file = await openSafetensors(path)
    expect({ ...file.metadata }).toEqual({ format: 'pt', trained: 'a little' })
    await file.close()
    const other = build(2)
    expect(await load(other, path)).toMatchObject({ missing: [], unexpected: [] })
    expect(await values(other)).toEqual(await values(net))
    await save(net, path, { dtype: 'float16', metadata: { format: 'np' } })
    expect(await readdir(folder)).toEqual(['net.safetensors'])
    const small = await openSafetensors(path)
    expect(small.metadata.format).toBe('np')
    await small.close()
    await load(other, path)
    const [rounded, exact] = await Promise.all(
      [other, net].map((each) => each.stateDict()['0.weight']!.data()),
    )
    for (const [index, value] of exact!.entries())
      expect(Math.abs(rounded![index]! - value)).toBeLessThan(Math.abs(value) * 2 ** -11 + 1e-7)
  })

  it('refuse options that are none', async () => {
    const path = join(folder, 'net.safetensors')
    expect(await message(() => save(build(1), path, { meta: {} } as never))).toContain(
      "save: option 'meta' is unknown",
    )
    expect(await message(() => save(build(1), path, { metadata: { n: 1 } as never }))).toContain(
      "metadata 'n' must be a string of valid Unicode, got 1",
    )
    expect(await readdir(folder)).toEqual([])
  })
})

describe('an index is not believed', () => {
  const index = (map: unknown, more: Record<string, unknown> = {}): Uint8Array =>
    new TextEncoder().encode(JSON.stringify({ ...more, weight_map: map }))
  const part = encodeSafetensors({ a: tensors.a })
  const openWith = (
    bytes: Uint8Array,
    files: Record<string, Uint8Array> = { 'p.safetensors': part },
  ) => message(() => openSafetensors({ 'model.safetensors.index.json': bytes, ...files }))

  it.each([
    '../p.safetensors',
    '/etc/passwd',
    'sub/p.safetensors',
    'sub\\p.safetensors',
    'C:p.safetensors',
    '..',
    '.',
    '',
    'p\u0000.safetensors',
  ])('that leads to %j', async (file) => {
    expect(await openWith(index({ a: file }))).toMatch(
      /'model\.safetensors\.index\.json': the file of tensor 'a' \(byte 15\) must be the name of a file beside/,
    )
  })

  it('nor one that is no index', async () => {
    const encode = (json: string): Uint8Array => new TextEncoder().encode(json)
    expect(await openWith(encode('[]'))).toContain('byte 0 must begin an object, got []')
    expect(await openWith(encode('{}'))).toContain('weight_map must be an object')
    expect(await openWith(encode('{"weight_map":3}'))).toContain('weight_map (byte 1) must be')
    expect(await openWith(encode('{"weight_map":{"a":7}}'))).toContain("tensor 'a' (byte 15)")
    expect(await openWith(encode('{"weight_map":{"a":"b","a":"c"}}'))).toContain('must not repeat')
    expect(await openWith(encode('{"weight_map'))).toContain('byte 1 must end its string')
  })

  it('nor one that its parts contradict', async () => {
    expect(await openWith(index({ a: 'p.safetensors', b: 'p.safetensors' }))).toContain(
      "tensor 'b' must be in 'p.safetensors', as the index says, got a file without it",
    )
    expect(await openWith(index({ a: 'q.safetensors' }))).toContain(
      "tensor 'a' needs its file 'q.safetensors', which the index 'model.safetensors.index.json' names, got openSafetensors: 'q.safetensors' must be among the files",
    )
    const both = {
      'p.safetensors': part,
      'q.safetensors': encodeSafetensors({ b: tensors.b, a: tensors.a }),
    }
    expect(await openWith(index({ a: 'p.safetensors', b: 'q.safetensors' }), both)).toMatch(
      /tensor 'a' of 'q\.safetensors' \(byte \d+\) must be in the file that the index .* names, got 'p\.safetensors'/,
    )
    expect(await openWith(index({ b: 'q.safetensors' }), both)).toContain('got no such name there')
    expect(
      await openWith(index({ a: 'p.safetensors' }), { 'p.safetensors': part.subarray(0, 9) }),
    ).toContain("'p.safetensors': byte 0 (header length)")
  })

  it('but links of the folder are followed by name only', async () => {
    await mkdir(join(folder, 'inner'))
    await writeFile(join(folder, 'p.safetensors'), part)
    const path = join(folder, 'inner', 'm.safetensors.index.json')
    await writeFile(path, index({ a: 'p.safetensors' }))
    expect(await message(() => openSafetensors(path))).toContain('no such file or folder')
    expect(await message(() => openSafetensors({ a: part, b: part }))).toContain(
      'files must be one file, or parts and their index',
    )
  })
})
