// Keras files with layers that Striate has not, weights that do not fit, and damage.
import { encodeKeras, KerasNetwork, loadKeras, loadKerasWeights, saveKeras } from '@striate/formats'
import { flip, nn, reshape, StriateError, sequential, setEngine } from 'striate'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeHdf5 } from '../../src/hdf5/write.ts'
import { encodeZip } from '../../src/zip/index.ts'
import { fixture, numbers, statesOf } from '../support/fixtures.ts'

beforeAll(() => setEngine('reference'))

type Settings = Readonly<Record<string, unknown>>

/** A .keras file of a model with the weights of another file. */
async function keras(config: unknown, weights?: Uint8Array): Promise<Uint8Array> {
  const text = (value: unknown): Uint8Array =>
    new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
  return encodeZip(
    'test',
    {
      'metadata.json': text({ keras_version: '3.0.0' }),
      'config.json': text(config),
      'model.weights.h5':
        weights ?? (await encodeHdf5('test', { groups: new Map([['layers', {}]]) })),
    },
    false,
  )
}

const layer = (className: string, name: string, config: Settings = {}): Settings => ({
  class_name: className,
  config: { name, ...config },
})

const chain = (...layers: readonly Settings[]): Settings => ({
  class_name: 'Sequential',
  config: { name: 'chain', layers },
})

const input = (...shape: readonly (number | null)[]): Settings =>
  layer('InputLayer', 'x', { batch_shape: [null, ...shape] })

async function refusal(config: unknown): Promise<string> {
  try {
    await loadKeras(await keras(config))
  } catch (error) {
    expect(error).toBeInstanceOf(StriateError)
    return (error as Error).message
  }
  return 'nothing'
}

describe('layers that Striate has not', () => {
  it('are named, in a file of Keras', async () => {
    await expect(loadKeras(fixture('keras/recurrent.keras'))).rejects.toThrow(
      "loadKeras: layer 'memory' must be of a class that Striate has a layer for, got LSTM",
    )
  })

  it('are named all at once', async () => {
    const config = chain(
      input(4, 3),
      layer('GRU', 'a'),
      layer('Dense', 'b', { units: 2 }),
      layer('MultiHeadAttention', 'c'),
    )
    expect(await refusal(config)).toBe(
      "loadKeras: layers of 'chain' must be of classes that Striate has layers for, got 'a' (GRU), 'c' (MultiHeadAttention)",
    )
  })

  it('are named with the reason', async () => {
    expect(await refusal(chain(input(3), layer('Lambda', 'f')))).toContain(
      'got Lambda; it holds a Python function, which is never run',
    )
    expect(await refusal({ class_name: 'MyModel', config: {} })).toContain(
      'the model must be a Sequential or Functional model, got MyModel; the code of a class of its own is not in the file',
    )
  })
})

describe('settings', () => {
  it.each([
    [
      layer('Conv2D', 'c', { filters: 0, kernel_size: 3 }),
      "filters of layer 'c' (Conv2D) must be a whole number of at least 1, got 0",
    ],
    [
      layer('Conv2D', 'c', { filters: 2, kernel_size: [3, 3, 3] }),
      "kernel_size of layer 'c' (Conv2D) must be 2 whole numbers of at least 1",
    ],
    [
      layer('Conv2D', 'c', { filters: 2, kernel_size: 9 }),
      "layer 'c' (Conv2D) expects at least 9 cells along axis 0 of its space, got 6",
    ],
    [
      layer('Conv2D', 'c', { filters: 2, kernel_size: 3, padding: 'causal' }),
      "padding of layer 'c' (Conv2D) must be 'valid' or 'same', got 'causal'",
    ],
    [
      layer('Conv2D', 'c', { filters: 2, kernel_size: 3, groups: 2 }),
      "layer 'c' (Conv2D) must be settings that fit, got nn.conv2d: groups must divide inChannels",
    ],
    [
      layer('Conv2D', 'c', { filters: 2, kernel_size: 3, activation: 'swirl' }),
      "activation of layer 'c' (Conv2D) must be one of linear, relu",
    ],
    [
      layer('Conv1D', 'c', { filters: 2, kernel_size: 3 }),
      "layer 'c' (Conv1D) expects 3 axes, got [?, 6, 6, 3]",
    ],
    [
      layer('Dense', 'd', { units: 'ten' }),
      "units of layer 'd' (Dense) must be a whole number of at least 1, got 'ten'",
    ],
    [
      layer('Dropout', 'd', { rate: 1.5 }),
      "rate of layer 'd' (Dropout) must be at least 0 and below 1, got 1.5",
    ],
    [
      layer('BatchNormalization', 'n', { axis: 2 }),
      "axis of layer 'n' (BatchNormalization) must be the last or 1, got 2",
    ],
    [
      layer('LayerNormalization', 'n', { axis: 1 }),
      "axis of layer 'n' (LayerNormalization) must be the last axes, got 1",
    ],
    [
      layer('Reshape', 'r', { target_shape: [5, -1] }),
      "target_shape of layer 'r' (Reshape) must hold the elements of [?, 6, 6, 3]",
    ],
    [
      layer('Permute', 'p', { dims: [1, 1, 2] }),
      "dims of layer 'p' (Permute) must be the numbers from 1 to 3, each once",
    ],
    [
      layer('Cropping2D', 'c', { cropping: 3 }),
      "cropping of layer 'c' (Cropping2D) must leave a cell of 6, got 3",
    ],
    [
      layer('UpSampling2D', 'u', { interpolation: 'lanczos5' }),
      "interpolation of layer 'u' (UpSampling2D) must be 'nearest' or 'bilinear', got 'lanczos5'",
    ],
    [
      layer('Embedding', 'e', { input_dim: 3, output_dim: 2, mask_zero: true }),
      "mask_zero of layer 'e' (Embedding) must not be set",
    ],
    [layer('Add', 'a'), 'nothing'],
    [{ class_name: 'Dense' }, 'layer 1 of the model must have settings by name, got undefined'],
  ])('%j are refused by name', async (wrong, message) => {
    const found = await refusal(chain(input(6, 6, 3), wrong as Settings))
    if (message === 'nothing') expect(found).toBe(message)
    else expect(found).toContain(message)
  })

  it('without a shape are refused', async () => {
    expect(await refusal(chain(layer('Dense', 'd', { units: 2 })))).toContain(
      'the input of the model must say the shape of its input, got none',
    )
    expect(await refusal(chain(input(null), layer('Dense', 'd', { units: 2 })))).toContain(
      "layer 'd' (Dense) must be given a size for axis -1 of its input, got [?, ?]",
    )
  })
})

describe('graphs', () => {
  const graph = (layers: readonly Settings[], output: unknown = ['a', 0, 0]): Settings => ({
    class_name: 'Functional',
    config: {
      name: 'graph',
      layers: [{ ...input(3), name: 'x', inbound_nodes: [] }, ...layers],
      input_layers: [['x', 0, 0]],
      output_layers: [output],
    },
  })
  const reads = (name: string, ...from: readonly unknown[]): Settings => ({
    ...layer('Add', name),
    name,
    inbound_nodes: [from],
  })

  it.each([
    [
      'circles',
      graph([reads('a', ['b', 0, 0, {}]), reads('b', ['a', 0, 0, {}])]),
      'must not read its own output, got a circle',
    ],
    [
      'layers that are not there',
      graph([reads('a', ['c', 0, 0, {}])]),
      "layer 'a' (Add) must read from layers of the model, got call 0 of 'c'",
    ],
    [
      'calls that are not there',
      graph([reads('a', ['x', 0, 0, {}])], ['a', 3, 0]),
      "the outputs must read from layers of the model, got call 3 of 'a'",
    ],
    [
      'outputs that are not there',
      graph([reads('a', ['x', 0, 0, {}])], ['a', 0, 2]),
      "the outputs must read what a layer gives, got output 2 of call 0 of 'a'",
    ],
    [
      'twice the same name',
      graph([reads('a', ['x', 0, 0, {}]), reads('a', ['x', 0, 0, {}])]),
      "must have layers of different names, got 'a'",
    ],
    [
      'settings of calls',
      graph([reads('a', ['x', 0, 0, { training: true }])]),
      "must call the layer without the setting 'training'",
    ],
    [
      'constants',
      graph([{ ...layer('Add', 'a'), name: 'a', inbound_nodes: [{ args: [2], kwargs: {} }] }]),
      'must be calls on outputs of layers alone, without constants',
    ],
  ])('with %s are refused', async (_, config, message) => {
    expect(await refusal(config)).toContain(message)
  })

  it('of thousands of layers are read', async () => {
    const count = 5000
    const deep = Array.from({ length: count }, (_, at) =>
      reads(`a${at}`, [at === 0 ? 'x' : `a${at - 1}`, 0, 0, {}]),
    )
    const network = await loadKeras(await keras(graph(deep, [`a${count - 1}`, 0, 0])))
    expect(network.outputs[0]!.shape).toEqual([null, 3])
  })

  it('that lie deep in lists are refused', async () => {
    const config = `{"class_name": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(await refusal(config)).toContain(
      "entry 'config.json' must be JSON, got more than 500 levels",
    )
  })
})

describe('weights', () => {
  const dense = chain(input(2), layer('Dense', 'd', { units: 3 }))
  const weights = (shape: readonly number[], count = 2): Promise<Uint8Array> => {
    const arrays = Array.from({ length: count }, (_, at) => {
      const size = at === 0 ? shape : [3]
      const data = new Float32Array(size.reduce((all, each) => all * each, 1))
      return [String(at), { dtype: 'float32', shape: size, data }] as const
    })
    const group = { groups: new Map([['vars', { arrays: new Map(arrays) }]]) }
    return encodeHdf5('test', {
      groups: new Map([['layers', { groups: new Map([['dense', group]]) }]]),
    })
  }

  it('of another shape are named', async () => {
    await expect(loadKeras(await keras(dense, await weights([3, 2])))).rejects.toThrow(
      "loadKeras: kernel of layer 'd' (Dense) ('/layers/dense/vars/0') must have shape [2, 3], got [3, 2]",
    )
  })

  it('that are missing, or too many, are named', async () => {
    await expect(loadKeras(await keras(dense, await weights([2, 3], 1)))).rejects.toThrow(
      "layer 'd' (Dense) must have 2 arrays in '/layers/dense/vars', got 1",
    )
    await expect(loadKeras(await keras(dense))).rejects.toThrow(
      "layer 'd' (Dense) must have its weights in the file, got no group 'dense'",
    )
  })

  it('of a size that only the settings have are never made', async () => {
    const huge = chain(input(2 ** 31 - 1), layer('Dense', 'd', { units: 2 ** 31 - 1 }))
    await expect(loadKeras(await keras(huge, await weights([2, 3])))).rejects.toThrow(
      'must have shape [2147483647, 2147483647], got [2, 3]',
    )
  })

  it('are taken all or none', async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    const before = await statesOf(network)
    await expect(loadKerasWeights(network, fixture('keras/graph.h5'))).rejects.toThrow(
      'must hold weights of 3 layers',
    )
    await expect(loadKerasWeights(network, fixture('keras/graph.keras'))).rejects.toThrow(
      StriateError,
    )
    expect(await statesOf(network)).toEqual(before)
    await expect(
      loadKerasWeights(nn.linear(2, 3) as never, fixture('keras/chain.h5')),
    ).rejects.toThrow('network must be a network that loadKeras made')
  })
})

describe('networks that Keras cannot say', () => {
  const refused = async (
    net: nn.Layer,
    inputShape: readonly number[] = [4, 8, 8],
  ): Promise<string> =>
    encodeKeras(net, { inputShape }).then(
      () => 'nothing',
      (error: Error) => error.message,
    )

  it('are refused with the layer and the reason', async () => {
    const window = { inChannels: 4, outChannels: 4, kernelSize: 3 }
    expect(
      await refused(sequential(nn.conv2d({ ...window, padding: 1, paddingMode: 'reflect' }))),
    ).toBe(
      "encodeKeras: layer '0' (Conv2d) must be a layer that Keras has too, got paddingMode 'reflect'; Keras pads with zeros alone",
    )
    expect(await refused(sequential(nn.maxPool2d(2, { padding: 1 })))).toContain(
      "layer '0' (MaxPool2d) must be a layer that Keras has too, got padding in numbers; Keras pads pooling by 'same' alone",
    )
    expect(
      await refused(
        sequential(
          nn.relu(),
          nn.lambda((x) => flip(x, [2]), 'Mine'),
        ),
      ),
    ).toBe(
      "encodeKeras: layer '1' (Mine) must be a layer that Keras has too, got a slice backwards; exportSource writes it as a program for Keras",
    )
    expect(
      await refused(
        nn.lambda((x) => reshape(x, [-1]), 'Mine'),
        [4],
      ),
    ).toContain('the network (Mine) must be a layer that Keras has too, got a shape that mixes')
    expect(await refused(sequential(nn.conv2d({ ...window, stride: 2, dilation: 2 })))).toContain(
      'a stride and a dilation above 1',
    )
  })

  it('need the shape of an input', async () => {
    await expect(encodeKeras(sequential(nn.relu()))).rejects.toThrow(
      'encodeKeras: inputShape must be the shape of an input without its batch, got undefined',
    )
    expect(await refused(sequential(nn.linear(3, 2)), [4])).toContain(
      'inputShape must be the shape of an input that the network takes, got linear: x expects 3 features',
    )
  })

  it('that were changed are refused', async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    nn.replaceLayer(network, 'dense', nn.linear(27, 9))
    expect(network).toBeInstanceOf(KerasNetwork)
    await expect(encodeKeras(network)).rejects.toThrow(
      "layer 'dense' (Dense) must be the layer that was read from the model, got a Linear in its place",
    )
  })

  it('have formats and paths that are known', async () => {
    const network = await loadKeras(fixture('keras/chain.keras'))
    await expect(encodeKeras(network, { format: 'pb' as never })).rejects.toThrow(
      "format must be 'keras', 'h5' or 'weights', got 'pb'",
    )
    await expect(saveKeras(network, '/no/such/folder/a.keras')).rejects.toThrow(
      'must name a place that exists',
    )
    await expect(encodeKeras(3 as never)).rejects.toThrow('network must be a layer, got 3')
  })
})

describe('damaged files', () => {
  it.each(['chain.keras', 'chain.h5', 'chain.weights.h5'])(
    '%s cut anywhere is refused',
    async (file) => {
      const whole = fixture(`keras/${file}`)
      const network = await loadKeras(fixture('keras/chain.keras'))
      for (let length = 0; length < whole.length; length += 97) {
        const cut = whole.slice(0, length)
        const read = file.includes('weights') ? loadKerasWeights(network, cut) : loadKeras(cut)
        await expect(read, `${length} bytes`).rejects.toThrow(StriateError)
      }
    },
  )

  it('of other kinds are refused', async () => {
    for (const [bytes, message] of [
      [new Uint8Array(0), 'the file must be a .keras or an HDF5 file, got an empty file'],
      [fixture('keras/generate.py'), 'the file must be a .keras or an HDF5 file, got ['],
      [
        fixture('keras/chain.npz'),
        "entry 'config.json' must be among the 2 entries, got none of that name",
      ],
      [
        fixture('keras/chain.weights.h5'),
        'the file must hold the layers of a model, got weights alone; loadKerasWeights',
      ],
    ] as const)
      await expect(loadKeras(bytes)).rejects.toThrow(message)
  })

  it.each(['chain.h5', 'graph.h5', 'chain.keras', 'text.keras'])(
    '%s with changed bytes is read or refused, and nothing else',
    async (file) => {
      const whole = fixture(`keras/${file}`)
      const draw = numbers(11)
      const kinds = new Set<string>()
      for (let round = 0; round < 400; round++) {
        const bytes = whole.slice()
        for (let change = 0; change <= 3 * draw(); change++) {
          const within = draw() < 0.5 ? bytes.length : Math.min(bytes.length, 3000)
          const at = Math.floor(draw() * within)
          if (draw() < 0.3) bytes.fill(0xff, at, at + 8)
          else bytes[at] = Math.floor(draw() * 256)
        }
        try {
          await loadKeras(bytes)
          kinds.add('read')
        } catch (error) {
          kinds.add(error instanceof StriateError ? 'refused' : String(error))
        }
      }
      expect([...kinds].filter((kind) => kind !== 'read')).toEqual(['refused'])
    },
  )
})
