// Networks of Keras files can be trained, changed and written again, bit for bit.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeKeras, KerasNetwork, loadKeras, loadKerasWeights, saveKeras } from '@striate/formats'
import {
  crossEntropy,
  gradients,
  lenet5,
  mul,
  nn,
  openBytes,
  sequential,
  setEngine,
  sub,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHdf5 } from '../../src/hdf5/file.ts'
import { encodeHdf5 } from '../../src/hdf5/write.ts'
import { openZip } from '../../src/zip/index.ts'
import { distance, fixture, kerasValues, numbers, statesOf } from '../support/fixtures.ts'

beforeAll(() => setEngine('reference'))

const names = ['chain', 'graph', 'text', 'features', 'series', 'images', 'volumes']

/** States that Keras does not learn, or that stand in the settings: they are in no file of weights. */
const notLearnt =
  /^(batch_normalization_2\.weight|batch_normalization_3\.bias|layer_normalization_3\.weight|normalization_1\.)/

const configOf = async (bytes: Uint8Array): Promise<unknown> => {
  const archive = await openZip('test', await openBytes(bytes))
  return JSON.parse(new TextDecoder().decode(await archive.read('config.json')))
}

describe('round trips', () => {
  it.each(names)(
    '%s comes back out of .keras and .h5 with the same bits and settings',
    async (name) => {
      const network = await loadKeras(fixture(`keras/${name}.keras`))
      const states = await statesOf(network)
      const bytes = await encodeKeras(network)
      expect(await configOf(bytes)).toEqual(await configOf(fixture(`keras/${name}.keras`)))
      expect(await statesOf(await loadKeras(bytes))).toEqual(states)
      const whole = await loadKeras(await encodeKeras(network, { format: 'h5' }))
      expect(await statesOf(whole)).toEqual(states)
    },
  )

  it.each(names)('%s gives its weights to a network of the same layers', async (name) => {
    const network = await loadKeras(fixture(`keras/${name}.keras`))
    const weights = await encodeKeras(network, { format: 'weights' })
    const other = await loadKeras(fixture(`keras/${name}.keras`))
    for (const [name, state] of [...other.namedParameters(), ...other.namedBuffers()])
      if (!notLearnt.test(name))
        state.assign(
          state.dtype === 'int32' ? new Int32Array(state.size) : new Float32Array(state.size),
        )
    expect(await statesOf(other)).not.toEqual(await statesOf(network))
    await loadKerasWeights(other, weights)
    expect(await statesOf(other)).toEqual(await statesOf(network))
  })

  it.each(['chain', 'graph'])(
    '%s.h5 becomes a .keras file, whose layers all say their modules',
    async (name) => {
      const network = await loadKeras(fixture(`keras/${name}.h5`))
      const bytes = await encodeKeras(network)
      interface Model {
        readonly module?: string
        readonly config: { readonly layers?: readonly Model[] }
      }
      const modules = ({ module, config }: Model): (string | undefined)[] => [
        module,
        ...(config.layers ?? []).flatMap(modules),
      ]
      const found = new Set(modules((await configOf(bytes)) as Model))
      expect([...found].every((module) => module?.startsWith('keras'))).toBe(true)
      expect(await statesOf(await loadKeras(bytes))).toEqual(await statesOf(network))
    },
  )

  it('keep NaN, −0 and the smallest numbers', async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    const [kernel] = network.parameters()
    kernel!.assign(
      Float32Array.from({ length: 27 }, (_, at) => [Number.NaN, -0, 1e-45, -Infinity][at % 4]!),
    )
    const states = await statesOf(network)
    for (const format of ['keras', 'h5'] as const)
      expect(await statesOf(await loadKeras(await encodeKeras(network, { format })))).toEqual(
        states,
      )
  })
})

describe('other types', () => {
  it('are written as the network has them', async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    network.to('float64')
    const [kernel] = network.parameters()
    kernel!.assign(Float64Array.from({ length: 27 }, (_, at) => Math.PI * 10 ** (at - 40)))
    const weights = await encodeKeras(network, { format: 'weights' })
    const other = (await loadKeras(fixture('keras/chain.keras'))).to('float64')
    await loadKerasWeights(other, weights)
    expect(await statesOf(other)).toEqual(await statesOf(network))
    const single = await loadKeras(fixture('keras/chain.keras'))
    await loadKerasWeights(single, weights)
    expect(await single.parameters()[0]!.data()).toEqual(Float32Array.from(await kernel!.data()))
  })

  it.each(['float16', 'bfloat16', 'float64'])('%s become float32', async (name) => {
    const network = await loadKeras(fixture(`keras/${name}.keras`))
    const { inputs, outputs } = await kerasValues(name)
    expect(network.parameters().every(({ dtype }) => dtype === 'float32')).toBe(true)
    // Keras computes with as few bits as it stores.
    const error = await distance(network.run(inputs)[0]!, outputs[0]!)
    expect(error).toBeLessThan({ float16: 2e-3, bfloat16: 2e-2, float64: 1e-6 }[name]!)
  })
})

describe('the layout of weights', () => {
  it("is Striate's in the network and Keras's in the file", async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    expect(network.stateDict()['conv2d.weight']!.shape).toEqual([3, 1, 3, 3])
    expect(network.stateDict()['dense.weight']!.shape).toEqual([4, 27])
    const root = openHdf5('test', await encodeKeras(network, { format: 'weights' }))
    const before = openHdf5('test', fixture('keras/chain.weights.h5'))
    for (const path of [
      'layers/conv2d/vars/0',
      'layers/dense/vars/0',
      'layers/batch_normalization/vars/3',
    ])
      expect(root.get(path)!.array()).toEqual(before.get(path)!.array())
    expect(root.get('layers/conv2d/vars/0')!.shape).toEqual([3, 3, 1, 3])
  })

  it('is found by names of Keras 2, in whatever order', async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    const before = await statesOf(network)
    const root = openHdf5('test', fixture('keras/chain.weights.h5'))
    const array = (path: string) => root.get(`layers/${path}`)!.array()
    const group = (layer: string, weights: readonly string[], order: readonly number[]) => {
      const list = order.map((at) => `${layer}/${weights[at]}:0`)
      const stored = order.map(
        (at) => [`${layer}/${weights[at]}:0`, array(`${layer}/vars/${at}`)] as const,
      )
      return [layer, { attributes: { weight_names: list }, arrays: new Map(stored) }] as const
    }
    const bytes = await encodeHdf5('test', {
      attributes: { layer_names: ['conv2d', 'batch_normalization', 'dense'] },
      groups: new Map([
        group('conv2d', ['kernel', 'bias'], [1, 0]),
        group(
          'batch_normalization',
          ['gamma', 'beta', 'moving_mean', 'moving_variance'],
          [3, 1, 0, 2],
        ),
        group('dense', ['kernel', 'bias'], [0, 1]),
      ]),
    })
    for (const parameter of network.parameters()) parameter.assign(new Float32Array(parameter.size))
    await loadKerasWeights(network, bytes)
    expect(await statesOf(network)).toEqual(before)
  })
})

describe('training', () => {
  it('moves what Keras would train, and nothing else', async () => {
    const network = await loadKeras(fixture('keras/graph.keras'))
    const frozen = network.namedParameters().filter(([, { requiresGrad }]) => !requiresGrad)
    expect(frozen.map(([name]) => name)).toEqual([
      'frozen.first.weight',
      'frozen.first.bias',
      'frozen.norm.weight',
      'frozen.norm.bias',
    ])
    const before = await statesOf(network)
    const { inputs } = await kerasValues('graph')
    network.train()
    const losses: number[] = []
    const loss = (): Tensor => crossEntropy(network.run(inputs)[0]!, tensor(Int32Array.of(0, 1)))
    for (let step = 0; step < 5; step++) {
      const parameters = network.parameters().filter(({ requiresGrad }) => requiresGrad)
      const value = loss()
      const slopes = gradients(value, parameters)
      losses.push(await value.item())
      for (const [at, parameter] of parameters.entries())
        parameter.assign(sub(parameter, mul(slopes[at]!, 0.02)).detach())
    }
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.95)
    const after = await statesOf(network)
    const kept = Object.keys(after).filter((name) => after[name] === before[name])
    expect(kept.filter((name) => name.startsWith('frozen'))).toHaveLength(6)
    // What a bias adds, batch normalisation takes away again.
    expect(kept.filter((name) => !name.startsWith('frozen'))).toEqual(['tower.first.bias'])
    const again = await loadKeras(await encodeKeras(network))
    expect(await statesOf(again)).toEqual(after)
  })

  it('drops and adds noise only then', async () => {
    const network = await loadKeras(fixture('keras/features.keras'))
    const { inputs, outputs } = await kerasValues('features')
    const at = network.outputs.map(({ name }) => name)
    network.train()
    const found = network.run(inputs)
    for (const name of ['dropout', 'gaussian_noise', 'gaussian_dropout', 'alpha_dropout'])
      expect(await distance(found[at.indexOf(name)]!, outputs[at.indexOf(name)]!)).toBeGreaterThan(
        1e-3,
      )
  })
})

describe('networks of Striate', () => {
  const last = { layout: 'channels-last' } as const
  const networks: readonly (readonly [string, () => nn.Layer, readonly number[]])[] = [
    ['LeNet-5, channels first', () => lenet5(), [1, 28, 28]],
    [
      'an image network, channels last',
      () =>
        sequential(
          nn.conv2d({
            inChannels: 3,
            outChannels: 4,
            kernelSize: 3,
            padding: [
              [1, 0],
              [0, 2],
            ],
            stride: 2,
            ...last,
          }),
          nn.batchNorm2d(4, last),
          nn.relu(),
          nn.separableConv2d({
            inChannels: 4,
            outChannels: 6,
            kernelSize: 3,
            padding: 'same',
            ...last,
          }),
          nn.leakyRelu(),
          nn.maxPool2d(2, last),
          nn.convTranspose2d({
            inChannels: 6,
            outChannels: 5,
            kernelSize: 3,
            stride: 2,
            padding: 1,
            outputPadding: 1,
            ...last,
          }),
          nn.avgPool2d(3, { padding: 1, stride: 2, ...last }),
          nn.groupNorm(5, 5, last),
          nn.layerNorm(5, { bias: false }),
          nn.gelu(),
          nn.dropout2d({ p: 0.1, ...last }),
          nn.upsample({ scaleFactor: 2, mode: 'bilinear', ...last }),
          nn.zeroPad2d(
            [
              [1, -1],
              [0, 2],
            ],
            last,
          ),
          nn.globalAvgPool2d(last),
          nn.linear(5, 3),
          nn.softmax(),
        ),
      [16, 15, 3],
    ],
    [
      'a causal network of a series',
      () =>
        sequential({
          temporal: sequential(
            nn.conv1d({
              inChannels: 3,
              outChannels: 4,
              kernelSize: 3,
              padding: 'causal',
              dilation: 2,
              ...last,
            }),
            nn.elu(),
          ),
          flat: nn.flatten(),
          head: nn.linear(40, 2, { bias: false }),
        }),
      [10, 3],
    ],
  ]

  it.each(networks)('%s gives the same numbers when it comes back', async (_, make, shape) => {
    const net = make().eval()
    const draw = numbers(5)
    const size = shape.reduce((all, each) => all * each, 2)
    const x = tensor(Float32Array.from({ length: size }, draw), [2, ...shape])
    const data = [...(await net.forward(x).data())]
    for (const format of ['keras', 'h5'] as const) {
      const network = await loadKeras(await encodeKeras(net, { format, inputShape: shape }))
      expect(network).toBeInstanceOf(KerasNetwork)
      expect(network.inputs[0]!.shape).toEqual([null, ...shape])
      expect([...(await network.forward(x).data())]).toEqual(data)
    }
  })

  it('have the names of their layers', async () => {
    const [, , [, make, shape]] = networks as [unknown, unknown, (typeof networks)[number]]
    const network = await loadKeras(await encodeKeras(make(), { inputShape: shape }))
    expect(Object.keys(network.stateDict())).toEqual([
      'temporal_0.weight',
      'temporal_0.bias',
      'head.weight',
    ])
  })
})

describe('saveKeras', () => {
  const folder = mkdtempSync(join(tmpdir(), 'striate-keras-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('chooses the kind of file by the name', async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    const files = ['a.keras', 'a.h5', 'a.weights.h5'].map((name) => join(folder, name))
    for (const file of files) await saveKeras(network, file)
    const states = await statesOf(network)
    for (const file of files.slice(0, 2))
      expect(await statesOf(await loadKeras(file))).toEqual(states)
    const starts = files.map((file) => readFileSync(file).subarray(0, 4).toString('latin1'))
    expect(starts).toEqual(['PK\x03\x04', '\x89HDF', '\x89HDF'])
    await expect(loadKeras(files[2]!)).rejects.toThrow(
      'must hold the layers of a model, got weights alone',
    )
    await loadKerasWeights(network, files[2]!)
  })
})
