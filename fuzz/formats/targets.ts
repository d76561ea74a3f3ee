/** Every reader of files, with small files that our writers make on the spot, and real ones where they are. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  decodeNpz,
  decodeOnnx,
  encodeKeras,
  encodeNpz,
  encodeOnnx,
  encodeTfjs,
  inspectFile,
  loadKeras,
  loadOnnx,
  loadTfjs,
} from '@striate/formats'
import { unzipSync } from 'fflate'
import {
  type ArrayInput,
  decodeCheckpoint,
  decodeIdx,
  decodeNpy,
  decodeSafetensors,
  encodeCheckpoint,
  encodeNetwork,
  encodeNpy,
  encodeSafetensors,
  encodeShards,
  gunzip,
  manualSeed,
  nn,
  openSafetensors,
  sequential,
} from 'striate'
import { externalModel } from './externalModel.ts'
import type { Input, Sample, Target } from './sample.ts'

/** Larger files are slow to copy a hundred thousand times. */
const sampleAtMost = 300_000

const floats = (...shape: number[]): ArrayInput => {
  const size = shape.reduce((product, each) => product * each, 1)
  return { dtype: 'float32', shape, data: Float32Array.from({ length: size }, (_, i) => i / 3) }
}

const someTensors: Readonly<Record<string, ArrayInput>> = {
  'conv.weight': floats(4, 3, 3, 3),
  'conv.bias': floats(4),
  steps: { dtype: 'int32', shape: [], data: Int32Array.of(9) },
  mask: { dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 0, 1) },
  wide: { dtype: 'float64', shape: [2, 0], data: new Float64Array(0) },
}

const network = (): nn.Layer => {
  manualSeed(5)
  return sequential(
    nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 3 }),
    nn.batchNorm2d(4),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(36, 5),
    nn.softmax(),
  )
}

/** Real files of a folder and those within, by their ending. */
function real(folder: string, ending: RegExp, most: number): Sample[] {
  if (folder === '' || !existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .sort()
    .filter((name) => statSync(join(folder, name)).size <= sampleAtMost)
    .filter((_, index, all) => index % Math.max(1, Math.floor(all.length / most)) === 0)
    .slice(0, most)
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }))
}

/** The parts of a zip file, so that each can be spoiled; other files as they are. */
const withEntries = (sample: Sample): Sample =>
  sample.name.endsWith('.keras') ? { ...sample, entries: unzipSync(sample.bytes) } : sample

/** Reads all that an inspection offers. */
async function inspectAll(input: Uint8Array | string): Promise<void> {
  const facts = await inspectFile(input)
  try {
    for (const tensor of facts.tensors) for await (const piece of tensor.chunks()) void piece.length
  } finally {
    for (const source of facts.sources) await source.close()
  }
}

async function readLazily(source: Parameters<typeof openSafetensors>[0]): Promise<void> {
  const file = await openSafetensors(source)
  try {
    for (const name of file.entries.keys()) await file.array(name)
  } finally {
    await file.close()
  }
}

const idxOf = (type: number, shape: readonly number[], bytes: number): Uint8Array => {
  const file = new Uint8Array(4 + 4 * shape.length + bytes)
  const view = new DataView(file.buffer)
  view.setUint32(0, (type << 8) | shape.length)
  for (const [axis, size] of shape.entries()) view.setUint32(4 + 4 * axis, size)
  return file
}

/** All targets; `shared` and `fixtures` are folders of real files, or empty. */
export async function makeTargets(shared: string, fixtures: string): Promise<Target[]> {
  const safetensors: Sample[] = [
    { name: 'tensors', bytes: encodeSafetensors(someTensors, { made: 'here', format: 'pt' }) },
    { name: 'float16', bytes: encodeSafetensors(someTensors, {}, { dtype: 'float16' }) },
    { name: 'network', bytes: await encodeNetwork(network()) },
  ]
  const { 'model.safetensors.index.json': index, ...parts } = encodeShards(someTensors, {
    maxShardSize: 300,
  })
  const npy: Sample[] = [
    { name: 'float32', bytes: encodeNpy(floats(3, 4)) },
    { name: 'int32', bytes: encodeNpy(someTensors.steps!) },
    ...real(join(shared, 'conformance'), /\.npy$/, 3),
  ]
  const idx: Sample[] = [
    { name: 'labels', bytes: idxOf(8, [20], 20) },
    { name: 'pictures', bytes: idxOf(8, [2, 5, 5], 50) },
    { name: 'doubles', bytes: idxOf(14, [4], 32) },
  ]
  const arrays = { weight: floats(3, 4), bias: floats(4) }
  const npyEntries = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)]),
  )
  const npz: Sample[] = [false, true].map((compress) => ({
    name: compress ? 'packed' : 'stored',
    bytes: encodeNpz(arrays, { compress }),
    entries: npyEntries,
  }))
  const onnx: Sample[] = [
    { name: 'small network', bytes: await encodeOnnx(network(), [1, 1, 8, 8]) },
    ...real(join(shared, 'conformance/onnx/exported'), /\.onnx$/, 6),
    ...real(join(shared, 'conformance/onnx/node'), /\.onnx$/, 24),
    ...real(join(shared, 'conformance/onnx/light'), /squeezenet\.onnx$/, 1),
  ]
  const external = externalModel()
  const tfjs = await tfjsSample()
  const keras = [...(await kerasSamples()), ...real(fixtures, /\.(keras|h5)$/, 12).map(withEntries)]
  const checkpoint: Sample[] = [{ name: 'checkpoint', bytes: await checkpointBytes() }]
  const gzip = idx.map(({ name, bytes }) => ({ name, bytes: new Uint8Array(gzipSync(bytes)) }))
  const whole = (name: string, samples: readonly Sample[], read: Target['read']): Target => ({
    name,
    samples,
    read,
    byPath: false,
  })
  const everything = [
    ...safetensors,
    ...npy,
    ...idx,
    ...npz,
    ...onnx,
    ...keras,
    ...checkpoint,
    ...gzip,
  ]
  return [
    whole('safetensors', safetensors, ({ bytes }) => decodeSafetensors(bytes)),
    whole('safetensors-lazy', safetensors, ({ bytes }) => readLazily(new Blob([bytes]))),
    {
      name: 'safetensors-index',
      byPath: true,
      samples: [{ name: 'model.safetensors.index.json', bytes: index!, beside: parts }],
      read: ({ path }) => readLazily(path),
    },
    whole('checkpoint', checkpoint, ({ bytes }) => decodeCheckpoint(bytes)),
    whole('npy', npy, ({ bytes }) => decodeNpy(bytes)),
    whole('npz', npz, ({ bytes }) => decodeNpz(bytes)),
    whole('idx', idx, ({ bytes }) => decodeIdx(bytes)),
    whole('gzip', gzip, ({ bytes }) => gunzip(bytes, { limit: bytes.length + 2 ** 20 })),
    whole('onnx', onnx, ({ bytes }) => decodeOnnx(bytes)),
    {
      name: 'onnx-external',
      byPath: true,
      samples: [{ ...external, name: 'model.onnx' }],
      read: ({ path }) => loadOnnx(path),
    },
    whole('keras', keras, ({ bytes }) => loadKeras(bytes)),
    { name: 'tfjs', byPath: true, samples: [tfjs], read: ({ path }) => loadTfjs(path) },
    whole('inspect', everything, ({ bytes }) => inspectAll(bytes)),
    {
      name: 'inspect-path',
      byPath: true,
      samples: [
        { ...external, name: 'model.onnx' },
        tfjs,
        { name: 'model.safetensors.index.json', bytes: index!, beside: parts },
      ],
      read: ({ path }: Input) => inspectAll(path),
    },
  ]
}

function checkpointBytes(): Promise<Uint8Array> {
  const weights = network().stateDict()
  const state = { epoch: 1, step: 12, seed: 7, history: [{ loss: 0.5, accuracy: Number.NaN }] }
  return encodeCheckpoint({ network: weights, optimizer: weights, state })
}

/** A few layers that every format of layers can say. */
const layers = (): nn.Layer => {
  manualSeed(5)
  return sequential(
    nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 3, layout: 'channels-last' }),
    nn.relu(),
    nn.flatten(),
    nn.linear(144, 5),
  )
}
const inputShape = [8, 8, 1] as const

async function kerasSamples(): Promise<Sample[]> {
  const samples: Sample[] = []
  for (const format of ['keras', 'h5', 'weights'] as const) {
    const bytes = await encodeKeras(layers(), { format, inputShape })
    samples.push(withEntries({ name: `network.${format}`, bytes }))
  }
  return samples
}

async function tfjsSample(): Promise<Sample> {
  const { 'model.json': bytes, ...beside } = await encodeTfjs(layers(), { inputShape })
  return { name: 'model.json', bytes: bytes!, beside }
}
