// Inspection of files: every format by its content, tensors with their bytes, and no more read than needed.
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  encodeKeras,
  encodeNpz,
  encodeOnnx,
  encodeTfjs,
  type FileFacts,
  inspectFile,
} from '@striate/formats'
import {
  type ArrayInput,
  encodeCheckpoint,
  encodeNpy,
  encodeSafetensors,
  encodeShards,
  manualSeed,
  nn,
  StriateError,
  sequential,
  setEngine,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder = ''
beforeAll(async () => {
  setEngine('reference')
  folder = await mkdtemp(join(tmpdir(), 'striate-inspect-'))
})
afterAll(async () => {
  setEngine('wasm')
  await rm(folder, { recursive: true })
})

const weight: ArrayInput = {
  dtype: 'float32',
  shape: [2, 3],
  data: Float32Array.of(1, -2, 3, -4, 5, 0.5),
}
const steps: ArrayInput = { dtype: 'int32', shape: [], data: Int32Array.of(9) }
const tensors = { weight, steps }

async function bytesOf(facts: FileFacts, name: string): Promise<number[]> {
  const tensor = facts.tensors.find((each) => each.name === name)!
  const bytes: number[] = []
  for await (const piece of tensor.chunks()) bytes.push(...piece)
  expect(bytes).toHaveLength(tensor.bytes)
  return bytes
}

const rawBytes = ({ data }: ArrayInput): number[] => [
  ...new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
]

const shapes = (facts: FileFacts): unknown =>
  facts.tensors.map(({ name, type, shape, bytes }) => [name, type, shape, bytes])

const network = (): nn.Layer => {
  manualSeed(1)
  return sequential(
    nn.conv2d({ inChannels: 1, outChannels: 2, kernelSize: 3, layout: 'channels-last' }),
    nn.relu(),
    nn.flatten(),
    nn.linear(18, 4),
  )
}
const inputShape = [5, 5, 1] as const

describe('arrays', () => {
  it('safetensors', async () => {
    const facts = await inspectFile(encodeSafetensors(tensors, { made: 'here' }))
    expect(facts.format).toBe('safetensors')
    expect({ ...facts.metadata }).toEqual({ made: 'here' })
    expect(shapes(facts)).toEqual([
      ['weight', 'F32', [2, 3], 24],
      ['steps', 'I32', [], 4],
    ])
    expect(await bytesOf(facts, 'weight')).toEqual(rawBytes(weight))
  })

  it('safetensors in parts, by their index', async () => {
    for (const [name, bytes] of Object.entries(encodeShards(tensors, { maxShardSize: 24 })))
      await writeFile(join(folder, name), bytes)
    const facts = await inspectFile(join(folder, 'model.safetensors.index.json'))
    expect(facts.sources.map(({ name }) => name.slice(folder.length + 1))).toEqual([
      'model.safetensors.index.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ])
    expect(shapes(facts)).toEqual([
      ['weight', 'F32', [2, 3], 24],
      ['steps', 'I32', [], 4],
    ])
    expect(await bytesOf(facts, 'steps')).toEqual(rawBytes(steps))
    for (const source of facts.sources) await source.close()
  })

  it('a checkpoint', async () => {
    const states = network().stateDict()
    const state = { epoch: 3, loss: Number.NaN }
    const bytes = await encodeCheckpoint({ network: states, optimizer: {}, state })
    const { format, metadata, tensors: found } = await inspectFile(bytes)
    expect(format).toBe('checkpoint')
    expect(metadata.state).toEqual({ epoch: 3, loss: { nonFinite: 'NaN' } })
    expect(found[0]!.name).toBe('network.0.weight')
  })

  it('npy', async () => {
    const facts = await inspectFile(encodeNpy(weight))
    expect([facts.format, shapes(facts)]).toEqual(['npy', [['', '<f4', [2, 3], 24]]])
    expect(await bytesOf(facts, '')).toEqual(rawBytes(weight))
  })

  it.each([false, true])('npz, packed: %s', async (compress) => {
    const facts = await inspectFile(encodeNpz(tensors, { compress }))
    expect(facts.format).toBe('npz')
    expect(shapes(facts)).toEqual([
      ['weight', '<f4', [2, 3], 24],
      ['steps', '<i4', [], 4],
    ])
    expect(await bytesOf(facts, 'weight')).toEqual(rawBytes(weight))
  })

  it('IDX, packed or not', async () => {
    const file = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9)
    for (const bytes of [file, new Uint8Array(gzipSync(file))]) {
      const facts = await inspectFile(bytes)
      expect([facts.format, shapes(facts)]).toEqual(['idx', [['', 'uint8', [1, 3], 3]]])
      expect(await bytesOf(facts, '')).toEqual([7, 8, 9])
    }
  })
})

describe('networks', () => {
  it('ONNX', async () => {
    const net = network()
    const bytes = await encodeOnnx(net, [1, 5, 5, 1], { dynamicBatch: true })
    const facts = await inspectFile(bytes)
    expect(facts.format).toBe('onnx')
    const { inputs, outputs, operators, versions } = facts.network!
    expect(inputs).toEqual([{ name: 'input', type: 'float32', shape: ['batch', 5, 5, 1] }])
    expect(outputs).toEqual([{ name: 'output', type: 'float32', shape: ['batch', 4] }])
    expect(operators).toMatchObject({ Conv: 1, Relu: 1, Gemm: 1 })
    expect(versions).toMatchObject({ opset: 17, irVersion: 8, producer: 'striate' })
    const bias = await net.stateDict()['0.bias']!.data()
    const found = await bytesOf(facts, '0.bias')
    expect(found).toEqual([...new Uint8Array(bias.buffer, bias.byteOffset, bias.byteLength)])
  })

  it.each(['keras', 'h5', 'weights'] as const)('Keras: %s', async (format) => {
    const net = network()
    const facts = await inspectFile(await encodeKeras(net, { format, inputShape }))
    expect(facts.format).toBe(format === 'weights' ? 'hdf5' : 'keras')
    const kernel = facts.tensors.find(({ shape }) => shape.length === 4)!
    expect([kernel.type, kernel.shape]).toEqual(['float32', [3, 3, 1, 2]])
    const bias = facts.tensors.find(({ shape }) => shape.length === 1 && shape[0] === 2)!
    const own = await net.stateDict()['0.bias']!.data()
    expect(await bytesOf(facts, bias.name)).toEqual(
      rawBytes({ ...weight, data: own as Float32Array }),
    )
    if (format === 'weights') expect(facts.network).toBeNull()
    else {
      expect(facts.network!.inputs[0]!.shape).toEqual([null, 5, 5, 1])
      expect(facts.network!.operators).toMatchObject({ Conv2D: 1, Flatten: 1, Dense: 1 })
    }
  })

  it('TensorFlow.js, its weights beside it', async () => {
    const net = network()
    for (const [name, bytes] of Object.entries(await encodeTfjs(net, { inputShape })))
      await writeFile(join(folder, name), bytes)
    const facts = await inspectFile(join(folder, 'model.json'))
    expect(facts.format).toBe('tfjs')
    expect(facts.sources).toHaveLength(2)
    expect(facts.tensors.map(({ type, shape }) => [type, shape])).toEqual([
      ['float32', [3, 3, 1, 2]],
      ['float32', [2]],
      ['float32', [18, 4]],
      ['float32', [4]],
    ])
    expect(facts.network!.operators).toMatchObject({ Conv2D: 1, Dense: 1 })
    for (const source of facts.sources) await source.close()
  })
})

/** A Blob that counts what is read of it. */
class CountingBlob extends Blob {
  read = 0

  override slice(begin = 0, end: number = this.size): Blob {
    this.read += end - begin
    return super.slice(begin, end)
  }
}

describe('reads no more than needed', () => {
  const large: ArrayInput = {
    dtype: 'float32',
    shape: [1000, 1000],
    data: new Float32Array(1_000_000),
  }

  it.each([
    ['safetensors', async () => encodeSafetensors({ large })],
    ['npy', async () => encodeNpy(large)],
    ['ONNX', () => encodeOnnx(sequential(nn.linear(1000, 1000)), [1, 1000])],
  ] as const)('%s', async (_name, make) => {
    const blob = new CountingBlob([await make()])
    expect(blob.size).toBeGreaterThan(4_000_000)
    const facts = await inspectFile(blob)
    expect(facts.tensors[0]!.bytes).toBe(4_000_000)
    expect(blob.read).toBeLessThan(300_000)
  })
})

describe('refuses', () => {
  const message = async (source: Parameters<typeof inspectFile>[0]): Promise<string> => {
    const error: unknown = await inspectFile(source).then(
      () => new Error('nothing was thrown'),
      (reason: unknown) => reason,
    )
    if (error instanceof StriateError) return error.message
    throw error
  }
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)

  it('what it does not know, and pickles', async () => {
    expect(await message(text('hello, world'))).toContain('byte 0 must begin safetensors, .npy')
    expect(await message(new Uint8Array(0))).toContain('byte 0 must begin safetensors')
    expect(await message(text('{"a": 1}'))).toContain('got JSON with keys a')
    const pickled = encodeNpz({ 'archive/data': steps })
    // The same length, another ending: a zip file of a pickle.
    const at = [
      ...Buffer.from(pickled)
        .toString('latin1')
        .matchAll(/data\.npy/g),
    ]
    for (const { index } of at) pickled.set(text('data.pkl'), index)
    expect(at).toHaveLength(2)
    expect(await message(pickled)).toContain("entry 'archive/data.pkl' must be of a format without")
  })

  it('files that lead out of their folder', async () => {
    const index = { weight_map: { a: '../secret.safetensors' } }
    const path = join(folder, 'bad.safetensors.index.json')
    await writeFile(path, JSON.stringify(index))
    expect(await message(path)).toContain('must be the name of a file beside the index')
    const model = { weightsManifest: [{ paths: ['../../etc/passwd'], weights: [] }] }
    const tfjs = join(folder, 'bad.json')
    await writeFile(tfjs, JSON.stringify(model))
    expect(await message(tfjs)).toMatch(/weightsManifest\[0\]\) must lie beside the model/)
  })

  it('further files of bytes and Blobs, which lie nowhere: none is looked for in the working directory', async () => {
    expect(existsSync('package.json')).toBe(true)
    const model = JSON.stringify({ weightsManifest: [{ paths: ['package.json'], weights: [] }] })
    const alone = "'package.json' must lie beside a path or a URL, got bytes alone"
    expect(await message(text(model))).toContain(alone)
    const named = Object.assign(new Blob([model]), { name: 'model.json' })
    expect(await message(named)).toContain(alone)
  })

  it('models that lie about a tensor', async () => {
    const bytes = await encodeOnnx(network(), [1, 5, 5, 1])
    const name = Buffer.from(bytes).indexOf('0.bias')
    // The length of the raw data stands among the few bytes around the name.
    const cut = bytes.subarray(0, name + 3)
    expect(await message(cut)).toMatch(/byte \d+ \((the model|a graph)\) must hold its \d+ bytes/)
  })
})
