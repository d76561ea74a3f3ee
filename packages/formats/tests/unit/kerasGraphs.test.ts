// How networks become Keras models: which layers, in which order, read by whom, and what is refused.
import { encodeKeras, encodeTfjs, loadKeras, loadTfjs } from '@striate/formats'
import {
  add,
  concat,
  maximum,
  mean,
  mul,
  nn,
  openBytes,
  reshape,
  sequential,
  setEngine,
  type Tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openZip } from '../../src/zip/index.ts'
import { drawInput } from '../support/draw.ts'
import { fillStates } from '../support/python.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

interface Layer {
  readonly class_name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly name?: string
  readonly inbound_nodes?: readonly unknown[]
}

/** The layers of the model that a network is written as, its input left out. */
async function layersOf(net: nn.Layer, inputShape: readonly number[]): Promise<readonly Layer[]> {
  const archive = await openZip('test', await openBytes(await encodeKeras(net, { inputShape })))
  const text = new TextDecoder().decode(await archive.read('config.json'))
  return (JSON.parse(text) as { config: { layers: readonly Layer[] } }).config.layers.slice(1)
}

const classes = async (net: nn.Layer, inputShape: readonly number[]): Promise<string[]> =>
  (await layersOf(net, inputShape)).map((layer) => layer.class_name)

/** That what comes back gives the same numbers, to the last bit. */
async function expectSame(net: nn.Layer, inputShape: readonly number[]): Promise<void> {
  fillStates(net, 5)
  net.eval()
  const x = drawInput(inputShape, 'float32')
  const same = await loadKeras(await encodeKeras(net, { inputShape }))
  expect([...(await same.forward(x).data())]).toEqual([...(await net.forward(x).data())])
}

class Net extends nn.Layer {
  readonly #run: (x: Tensor, layers: readonly nn.Layer[]) => Tensor
  readonly #layers: readonly nn.Layer[]

  constructor(
    layers: Readonly<Record<string, nn.Layer>>,
    run: (x: Tensor, layers: readonly nn.Layer[]) => Tensor,
  ) {
    super()
    this.#layers = Object.entries(layers).map(([name, layer]) => this.child(name, layer))
    this.#run = run
  }

  forward(x: Tensor): Tensor {
    return this.#run(x, this.#layers)
  }
}

const conv = { inChannels: 2, outChannels: 2, kernelSize: 3, padding: 1 } as const

describe('a layer that is called twice', () => {
  const net = () =>
    new Net({ conv: nn.conv2d(conv), act: nn.relu() }, (x, [shared, act]) =>
      add(shared!.forward(act!.forward(shared!.forward(x))), x),
    )

  it('is one layer with two calls', async () => {
    const found = (await layersOf(net(), [2, 5, 5])).filter(({ name }) => name === 'conv')
    expect(found).toHaveLength(1)
    expect(found[0]!.inbound_nodes).toHaveLength(2)
  })

  it('gives the same when it comes back', () => expectSame(net(), [2, 5, 5]))
})

describe('the order of layers', () => {
  it("is Keras's: by the distance from the output, then as they are met on the way back", async () => {
    // A short branch that is made first, and a long one.
    const net = new Net(
      { short: nn.conv2d(conv), one: nn.conv2d(conv), two: nn.conv2d(conv) },
      (x, [short, one, two]) => {
        const side = short!.forward(x)
        return concat([two!.forward(one!.forward(x)), side], 1)
      },
    )
    const names = (await layersOf(net, [2, 5, 5])).map(({ name }) => name)
    expect(names).toEqual(['one', 'two', 'short', 'concatenate'])
    await expectSame(net, [2, 5, 5])
  })
})

describe('padding', () => {
  it("has Keras's name where that is the same, and is a layer where not", async () => {
    const padded = (padding: number, stride = 1): nn.Layer =>
      nn.conv2d({ ...conv, padding, stride })
    expect(await classes(padded(1), [2, 6, 6])).toEqual(['Conv2D'])
    expect(await classes(padded(2), [2, 6, 6])).toEqual(['ZeroPadding2D', 'Conv2D'])
    expect(await classes(padded(1, 2), [2, 6, 6])).toEqual(['ZeroPadding2D', 'Conv2D'])
    expect(await classes(padded(1, 2), [2, 7, 7])).toEqual(['Conv2D'])
  })

  it('of maxima is of zeros after a rectifier, and never where cells may be negative', async () => {
    const pool = (): nn.Layer => nn.maxPool2d(3, { stride: 2, padding: 1 })
    expect(await classes(sequential(nn.relu(), pool()), [1, 8, 8])).toEqual([
      'Activation',
      'ZeroPadding2D',
      'MaxPooling2D',
    ])
    expect(await classes(sequential(pool()), [1, 8, 8])).toEqual(['MaxPooling2D', 'MaxPooling2D'])
    // All cells below 0: a zero from outside would be the largest.
    const below = nn.lambda((x) => add(mul(x, 0.01), -1), 'Below')
    const pools = [
      [7, true],
      [8, false],
      [9, true],
    ] as const
    for (const [size, ceilMode] of pools) {
      const net = sequential(below, nn.maxPool2d(3, { stride: 2, padding: 1, ceilMode }))
      await expectSame(net, [1, size, size])
    }
  })

  it('of means follows what they count', async () => {
    for (const options of [
      { padding: 1, stride: 2 },
      { padding: 1, stride: 1, countIncludePad: false },
      { padding: 'same', stride: 2 },
      { padding: 0, ceilMode: true, stride: 2 },
    ] as const)
      await expectSame(sequential(nn.avgPool2d(3, options)), [2, 6, 6])
    await expect(
      encodeKeras(sequential(nn.avgPool2d(3, { padding: 1, stride: 2, countIncludePad: false })), {
        inputShape: [2, 8, 8],
      }),
    ).rejects.toThrow("means of windows that count as Keras's do not")
  })
})

describe('what lies between layers', () => {
  const cases: Readonly<Record<string, readonly [(x: Tensor) => Tensor, readonly string[]]>> = {
    'a sum': [(x) => add(x, x), ['Add']],
    'a number': [(x) => add(mul(x, 2), 1), ['Rescaling', 'Rescaling']],
    'the larger of two': [(x) => maximum(x, mul(x, 0.5)), ['Rescaling', 'Maximum']],
    'a mean over space': [(x) => mean(x, { axes: [2, 3] }), ['GlobalAveragePooling2D']],
    'a mean over channels': [
      (x) => mean(x, { axes: 1, keepDims: true }),
      ['Reshape', 'AveragePooling2D', 'Reshape'],
    ],
    'another shape': [(x) => reshape(x, [x.shape[0]!, 4, 2, 3]), ['Reshape']],
  }

  it.each(Object.entries(cases))('%s is layers', async (_, [run, expected]) => {
    const net = nn.lambda(run, 'Between')
    expect(await classes(net, [2, 4, 3])).toEqual(expected)
    fillStates(net, 1)
    const x = drawInput([2, 4, 3], 'float32')
    const same = await loadKeras(await encodeKeras(net, { inputShape: [2, 4, 3] }))
    const [found, wanted] = [await same.forward(x).data(), await net.forward(x).data()]
    expect(found.length).toBe(wanted.length)
    for (const [at, value] of wanted.entries()) expect(found[at]).toBeCloseTo(value, 5)
  })
})

describe('the layout', () => {
  it('is refused for networks that came from a file, and where it is none', async () => {
    const net = sequential(nn.conv2d(conv))
    const network = await loadKeras(await encodeKeras(net, { inputShape: [2, 5, 5] }))
    await expect(encodeKeras(network, { layout: 'channels-last' })).rejects.toThrow(
      'encodeKeras: layout must be left out for a network that came from a file',
    )
    const options = { inputShape: [2, 5, 5], layout: 'NHWC' as never }
    await expect(encodeKeras(net, options)).rejects.toThrow(
      "layout must be 'channels-last' or 'channels-first', got 'NHWC'",
    )
  })
})

describe('TensorFlow.js', () => {
  const cases: readonly (readonly [string, nn.Layer, readonly number[], string])[] = [
    [
      'groups',
      nn.conv2d({ ...conv, outChannels: 4, groups: 2, inChannels: 4 }),
      [4, 5, 5],
      'must have one group',
    ],
    ['batch normalisation', nn.batchNorm2d(2), [2, 5, 5], 'must have the channels last'],
    ['series', nn.conv1d(conv), [2, 8], 'must have the channels last'],
    [
      'causal padding',
      nn.conv1d({ ...conv, padding: 'causal', layout: 'channels-last' }),
      [8, 2],
      "another padding than 'causal'",
    ],
    [
      'output padding',
      nn.convTranspose2d({ ...conv, stride: 2, outputPadding: 1 }),
      [2, 5, 5],
      'must have no output padding',
    ],
    ['kept axes', nn.globalAvgPool2d({ keepDims: true }), [2, 5, 5], 'must not keep axes'],
    [
      'bilinear enlargement',
      nn.upsample({ scaleFactor: 2, mode: 'bilinear' }),
      [2, 5, 5],
      'must enlarge by repetition',
    ],
  ]

  it.each(cases)('refuses %s', async (_, net, inputShape, message) => {
    await expect(encodeTfjs(net, { inputShape })).rejects.toThrow(message)
  })

  it('means another bilinear enlargement than Keras, which is refused when read', async () => {
    const net = nn.upsample({ scaleFactor: 2, layout: 'channels-last' })
    const { 'model.json': model } = await encodeTfjs(net, { inputShape: [3, 3, 1] })
    const text = new TextDecoder().decode(model!).replace('"nearest"', '"bilinear"')
    await expect(loadTfjs(new TextEncoder().encode(text), { shards: {} })).rejects.toThrow(
      /loadTfjs: layer '.*' \(UpSampling2D\) must enlarge by repetition: TensorFlow.js interpolates/,
    )
  })
})
