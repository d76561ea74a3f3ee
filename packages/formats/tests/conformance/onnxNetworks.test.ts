// Whole networks: small ones with real weights that PyTorch exported, and five well-known architectures.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeOnnx, loadOnnx, type OnnxNetwork } from '@striate/formats'
import { compute, getEngine, type Tensor, tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { distance, hasOnnxData, onnxFolder, onnxTensor } from '../support/onnxData.ts'

const exported = join(onnxFolder ?? '', 'exported')
const light = join(onnxFolder ?? '', 'light')

interface Described {
  readonly input: { readonly shape: readonly number[]; readonly dtype: string }
  readonly output: { readonly shape: readonly number[] }
  readonly parameters: number
}

const manifest: Readonly<Record<string, Described>> = hasOnnxData
  ? JSON.parse(readFileSync(join(exported, 'manifest.json'), 'utf8'))
  : {}

const meltedChannels: Readonly<Record<string, number>> = {
  'resnet-mini': 72,
  'mobilenet-mini': 116,
  'resnet3d-mini': 12,
}

/** Reads little-endian numbers; inputs that are class numbers are int64. */
function values(path: string, dtype = 'float32'): Float32Array | Int32Array {
  const { buffer } = Uint8Array.from(readFileSync(path))
  if (dtype === 'int64') return Int32Array.from(new BigInt64Array(buffer), Number)
  return new Float32Array(buffer)
}

const inputOf = (name: string): Tensor => {
  const { shape, dtype } = manifest[name]!.input
  return tensor(values(join(exported, `${name}.x.bin`), dtype), shape)
}

describe.skipIf(!hasOnnxData)('networks that PyTorch exported (need STRIATE_SHARED)', () => {
  it('are nine', () => {
    expect(Object.keys(manifest).length).toBe(9)
  })

  describe.each(Object.entries(manifest))('%s', (name, { output, parameters }) => {
    const expected = values(join(exported, `${name}.y.bin`))
    const load = (fold?: boolean): OnnxNetwork =>
      decodeOnnx(readFileSync(join(exported, `${name}.onnx`)), fold === undefined ? {} : { fold })

    it('gives the numbers of PyTorch', async () => {
      const network = await loadOnnx(join(exported, `${name}.onnx`))
      const found = await network.run({ [network.inputs[0]!.name]: inputOf(name) })
      const y = found[network.outputs[0]!.name]!
      expect(getEngine()).toBe('wasm')
      expect(y.shape).toEqual(output.shape)
      expect(distance(await y.data(), expected)).toBeLessThanOrEqual(1e-5)
    })

    it('gives them without folding, and again', async () => {
      for (const network of [load(false), load(true)]) {
        await compute([network.forward(inputOf(name))])
        const y = await network.forward(inputOf(name)).data()
        expect(distance(y, expected)).toBeLessThanOrEqual(1e-5)
      }
    })

    it('knows the shapes before it runs', () => {
      const network = load()
      const { shape } = inputOf(name)
      const shapes = network.shapes({ [network.inputs[0]!.name]: shape })
      expect(shapes[network.outputs[0]!.name]).toEqual(output.shape)
    })

    it('holds parameters as a layer does', () => {
      const network = load()
      const count = network.parameters().reduce((total, { size }) => total + size, 0)
      // The exporter melted normalisation into convolutions: a bias for each channel in place of γ and β.
      expect(count).toBe(parameters - (meltedChannels[name] ?? 0))
      expect(network.buffers()).toEqual([])
      const dict = network.stateDict()
      expect(network.loadStateDict(dict)).toMatchObject({ missing: [], unexpected: [] })
    })
  })
})

const architectures = [
  ['light_bvlc_alexnet', { Conv: 5, LRN: 2, MaxPool: 3, Gemm: 3 }],
  ['light_inception_v1', { Conv: 57, MaxPool: 13, LRN: 2, Concat: 9, Gemm: 1 }],
  ['light_resnet50', { Conv: 53, BatchNormalization: 53, Sum: 16, Gemm: 1 }],
  ['light_shufflenet', { Conv: 49, BatchNormalization: 49, Transpose: 16, Gemm: 1 }],
  ['light_squeezenet', { Conv: 26, MaxPool: 3, Concat: 8, GlobalAveragePool: 1 }],
] as const

describe.skipIf(!hasOnnxData)("ONNX's light networks (need STRIATE_SHARED)", () => {
  it.each(architectures)('%s', async (name, operators) => {
    const network = await loadOnnx(join(light, `${name}.onnx`))
    expect(network.operators).toMatchObject(operators)
    const [{ name: input, shape }] = network.inputs as unknown as [
      { name: string; shape: number[] },
    ]
    const size = shape.reduce((product, each) => product * each, 1)
    const x = tensor(
      Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
      shape,
    )
    const found = await network.run({ [input]: x })
    const expected = onnxTensor(join(light, `${name}_output_0.pb`))
    const y = found[network.outputs[0]!.name]!
    expect(y.shape).toEqual(expected.shape)
    expect(distance(await y.data(), expected.numbers)).toBeLessThanOrEqual(1e-5)
  })
})
