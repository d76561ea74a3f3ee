// Networks of the library become Keras and TensorFlow.js models that compute the same: as they come back, and in Keras.
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodeOnnx,
  encodeKeras,
  encodeOnnx,
  encodeTfjs,
  type KerasNetwork,
  loadKeras,
  loadTfjs,
} from '@striate/formats'
import { type AvgPoolOptions, avgPool, models, nn, permute, setEngine, type Tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kerasNetwork } from '../../src/keras/describe/fromLayers.ts'
import { drawInput } from '../support/draw.ts'
import { distance, statesOf } from '../support/fixtures.ts'
import { runModels } from '../support/kerasModels.ts'
import { fillStates, findPython } from '../support/python.ts'
import { sourceCases } from '../support/sourceCases.ts'
import { type SourceNetwork, smallNetworks } from '../support/sourceNetworks.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

const made = ({ build }: Pick<SourceNetwork, 'build'>): nn.Layer => {
  const network = build()
  fillStates(network, 7)
  return network.eval()
}

const moved = (x: Tensor, isBack = false): Tensor => {
  if (x.rank < 3) return x
  const space = Array.from({ length: x.rank - 2 }, (_, axis) => axis + 2)
  return isBack
    ? permute(x, [0, x.rank - 1, ...space.map((axis) => axis - 1)])
    : permute(x, [0, ...space, 1])
}

/** Weights that are computed from others are rounded on the way to the file. */
const isRounded = (name: string): boolean => name === 'tcn' || name === 'a kernel that is computed'

/** How far the outputs of a network that came back are from those of the one that was written. */
async function apart(
  network: nn.Layer,
  same: KerasNetwork,
  x: Tensor,
  layout?: 'channels-last',
): Promise<number> {
  const wanted = network.forward(x)
  const found = layout ? moved(same.forward(moved(x)), true) : same.forward(x)
  return distance(found, { shape: wanted.shape, data: await wanted.data() })
}

describe('networks with branches', () => {
  it.each(smallNetworks)('$name gives the same numbers when it comes back', async (network) => {
    const { name, input, dtype = 'float32' } = network
    const net = made(network)
    const x = drawInput(input, dtype)
    const same = await loadKeras(await encodeKeras(net, { inputShape: input }))
    const error = await apart(net, same, x)
    if (isRounded(name)) expect(error).toBeLessThan(1e-6)
    else expect(error).toBe(0)
    const whole = await loadKeras(await encodeKeras(net, { inputShape: input, format: 'h5' }))
    expect(await statesOf(whole)).toEqual(await statesOf(same))
  })

  it.each(smallNetworks)('$name comes back with the channels last', async (network) => {
    const { input, dtype = 'float32' } = network
    const net = made(network)
    const bytes = await encodeKeras(net, { inputShape: input, layout: 'channels-last' })
    const same = await loadKeras(bytes)
    expect(same.inputs[0]!.shape).toEqual([null, ...input.slice(1), input[0]])
    expect(await apart(net, same, drawInput(input, dtype), 'channels-last')).toBeLessThan(2e-6)
  })

  /** What TensorFlow.js has not, by network. */
  const refused: Readonly<Record<string, RegExp>> = {
    deeplabv3: /got Resizing/,
    tcn: /must have another padding than 'causal'/,
    wavenet: /must have another padding than 'causal'/,
    multiTask: /layer 'own_3' \(Conv2D\) must have one group/,
  }

  it.each(smallNetworks)(
    '$name goes through a model of TensorFlow.js, or is refused by a layer',
    async (network) => {
      const { name, input } = network
      const net = made(network)
      const writing = encodeTfjs(net, { inputShape: input, layout: 'channels-last' })
      if (refused[name]) {
        await expect(writing).rejects.toThrow(refused[name])
        return
      }
      const { 'model.json': model, ...shards } = await writing
      const same = await loadTfjs(model!, { shards })
      const keras = kerasNetwork('test', net, { inputShape: input, layout: 'channels-last' })
      expect(await statesOf(same)).toEqual(await statesOf(keras))
      expect(same.outputs[0]!.shape).toEqual(keras.outputs[0]!.shape)
    },
  )
})

describe('networks that came as ONNX', () => {
  const names = ['resnet50', 'googlenet', 'squeezenet11', 'tcn', 'wavenet', 'multiTask']
  const networks = [
    ...smallNetworks.filter(({ name }) => names.includes(name)),
    { name: 'lenet5', build: () => models.lenet5(), input: [1, 28, 28] },
    {
      name: 'mobilenetV2, whose values are bounded',
      build: () => models.mobilenetV2({ width: 0.25 }),
      input: [3, 32, 32],
    },
    {
      name: 'dcganDiscriminator, whose rectifiers leak',
      build: () => models.dcganDiscriminator({ width: 1 / 16 }),
      input: [3, 64, 64],
    },
    {
      name: 'a mean that leaves its padding out',
      build: () =>
        nn.sequential(nn.avgPool2d(3, { stride: 1, padding: 1, countIncludePad: false })),
      input: [2, 5, 6],
    },
    {
      name: 'a mean that counts its padding',
      build: () => nn.sequential(nn.avgPool1d(3, { stride: 2, padding: 1 })),
      input: [2, 7],
    },
  ]

  it.each(networks)('$name goes on to Keras', async (network) => {
    const { input } = network
    const net = made(network)
    const spec = { name: 'input', shape: [2, ...input] }
    const onnx = decodeOnnx(await encodeOnnx(net, spec, { dynamicBatch: true }))
    const same = await loadKeras(await encodeKeras(onnx, { inputShape: input }))
    expect(await apart(net, same, drawInput(input, 'float32'))).toBeLessThan(1e-6)
  })
})

describe('means of windows between layers', () => {
  const means = (options: AvgPoolOptions): nn.Layer =>
    nn.lambda((x) => avgPool(x, 3, { padding: 1, ...options }), 'Means')

  it.each<AvgPoolOptions>([
    { stride: 2 },
    { stride: 1, countIncludePad: false },
    { stride: 1, countIncludePad: false, divisorOverride: 9 },
  ])('come back the same: %j', async (options) => {
    const net = means(options)
    const same = await loadKeras(await encodeKeras(net, { inputShape: [2, 5, 6] }))
    expect(await apart(net, same, drawInput([2, 5, 6], 'float32'))).toBe(0)
  })

  it('that count their padding in some windows only are refused', async () => {
    await expect(
      encodeKeras(means({ stride: 2, ceilMode: true }), { inputShape: [2, 6, 6] }),
    ).rejects.toThrow("got means of windows that count as Keras's do not")
  })
})

describe('networks as they are published', () => {
  const layers = models.table.map(({ name, build, input }) => ({ name, build, input }))
  const sayable = layers.filter(({ name }) => name !== 'alexnet_2012')

  it.each(sayable)('$name can be said, with either layout', ({ build, input }) => {
    const net = build()
    const output = kerasNetwork('test', net, { inputShape: input }).outputs[0]!.shape
    const last = kerasNetwork('test', net, { inputShape: input, layout: 'channels-last' })
    const [, ...sizes] = output
    const turned = sizes.length > 1 ? [...sizes.slice(1), sizes[0]] : sizes
    expect(last.outputs[0]!.shape).toEqual([null, ...turned])
  })

  it('the 2012 AlexNet is refused, for its normalisation across channels', async () => {
    const { build, input } = layers.find(({ name }) => name === 'alexnet_2012')!
    await expect(encodeKeras(build(), { inputShape: input })).rejects.toThrow(
      "layer 'features.2' (LocalResponseNorm) must be a layer that Keras has too",
    )
  })
})

describe('layers and what lies between them', () => {
  /** Refused by the name of a layer, with the reason. */
  const refused: Readonly<Record<string, string>> = {
    reflect: "paddingMode 'reflect'",
    'circular, asymmetric': "paddingMode 'circular'",
    'replicate in 1-D': "paddingMode 'replicate'",
    'stride and dilation': 'a stride and a dilation above 1',
    'stride and dilation on axes apart, circular': "paddingMode 'circular'",
    'transposed, stride and dilation': 'a stride and a dilation above 1',
    'transposed, in groups': 'groups; Keras transposes without groups',
    'transposed, circular': "paddingMode 'circular'",
    local: 'cells that are weighed along an axis',
    'max pool, dilated': 'a dilation',
    'max pool, wide padding': 'padding in numbers',
    'avg pool, pads apart': "means of windows that count as Keras's do not",
    'avg pool, ceil': "means of windows that count as Keras's do not",
    'avg pool, ceil and pads apart': "means of windows that count as Keras's do not",
    'avg pool, divisor': 'divisorOverride',
    'avg pool in 1-D, divisor': 'divisorOverride',
    'avg pool, dilated': 'a dilation',
    'lp pool': 'cells that are weighed along an axis',
    'lp pool, padded': 'cells that are weighed along an axis',
    pads: 'cells that are weighed along an axis',
    'crop and a constant': 'cells that are laid out among zeros',
    norms: 'LocalResponseNorm',
    'smooth activations': 'the option alpha',
    'hard activations': 'the option minVal, maxVal',
    'odd activations': 'the option approximate',
    'softmax over channels': 'the option axis',
    'resize, nearest': 'another enlargement than by whole factors',
    'resize, corners': 'another enlargement than by whole factors',
    'resize, factor': 'another enlargement than by whole factors',
    'resize, cubic': 'another enlargement than by whole factors',
    'resize, cubic along one axis': 'another enlargement than by whole factors',
    unfold: 'cells that are weighed along an axis',
    'a layer of your own': 'weights that are computed with as if they were values',
    backwards: 'a slice backwards',
  }

  it.each(sourceCases)('$name come back the same, or are refused', async (network) => {
    const { name, input, dtype = 'float32' } = network
    const net = made(network)
    const writing = encodeKeras(net, { inputShape: input })
    if (refused[name] !== undefined) {
      await expect(writing).rejects.toThrow(refused[name])
      return
    }
    const error = await apart(net, await loadKeras(await writing), drawInput(input, dtype))
    if (isRounded(name)) expect(error).toBeLessThan(1e-6)
    else expect(error).toBe(0)
  })
})

const place = findPython({
  module: 'keras',
  variable: 'STRIATE_KERAS_PYTHON',
  runner: './runKerasModels.py',
})
if (place.python === null)
  console.log(`Keras models: not run, ${place.variable} (or python3) has no ${place.module}`)

describe.skipIf(place.python === null)('in Keras', () => {
  const folder = mkdtempSync(join(tmpdir(), 'striate-keras-models-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  // TensorFlow on the CPU convolves with the channels last only.
  it('the networks compute the same, of both kinds of file', async () => {
    const cases = await Promise.all(
      smallNetworks.flatMap((network) =>
        (['keras', 'h5'] as const).map(async (format) => {
          const { name, input, dtype = 'float32' } = network
          const net = made(network)
          const path = join(folder, `${name}.${format}`)
          const options = { inputShape: input, layout: 'channels-last', format } as const
          await writeFile(path, await encodeKeras(net, options))
          const x = drawInput(input, dtype)
          const wanted = moved(net.forward(x))
          return { path, x: moved(x), wanted: { shape: wanted.shape, data: await wanted.data() } }
        }),
      ),
    )
    const found = await runModels(place, folder, cases)
    const far: string[] = []
    for (const [at, y] of found.entries()) {
      const error = await distance(y, cases[at]!.wanted)
      if (!(error < 1e-5)) far.push(`${cases[at]!.path}: ${error}`)
    }
    expect(far).toEqual([])
    expect(found).toHaveLength(2 * smallNetworks.length)
  }, 900_000)
})
