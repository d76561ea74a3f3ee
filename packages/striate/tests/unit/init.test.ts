// Initialisers: moments, bounds, fans, the defaults of PyTorch and Keras, and the seed.

import { add, RandomStream, setEngine, tensor } from 'striate'
import { beforeEach, describe, expect, it } from 'vitest'
import * as init from '../../src/init/index.ts'
import * as nn from '../../src/nn/index.ts'

beforeEach(() => {
  setEngine('wasm')
  init.manualSeed(7)
})

interface Moments {
  readonly mean: number
  readonly deviation: number
  readonly largest: number
  /** Mean fourth power over the squared variance: 3 for a normal, 1.8 for a uniform distribution. */
  readonly kurtosis: number
}

function moments(values: ArrayLike<number>): Moments {
  const list = Array.from(values)
  const average = (f: (value: number) => number): number =>
    list.reduce((total, value) => total + f(value), 0) / list.length
  const mean = average((value) => value)
  const variance = average((value) => (value - mean) ** 2)
  return {
    mean,
    deviation: Math.sqrt(variance),
    largest: list.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    kurtosis: average((value) => (value - mean) ** 4) / variance ** 2,
  }
}

const drawn = async (
  initialiser: init.Initialiser,
  shape: readonly number[],
  options: init.InitialValueOptions = {},
) => (await init.initialValue(initialiser, shape, options).data()) as Float32Array

describe('fans', () => {
  it.each([
    [[120, 400], {}, { fanIn: 400, fanOut: 120 }],
    [[16, 6, 5, 5], {}, { fanIn: 150, fanOut: 400 }],
    [[8, 2, 3], { groups: 4 }, { fanIn: 6, fanOut: 6 }],
    [[32, 1, 3, 3], { groups: 32 }, { fanIn: 9, fanOut: 9 }],
    [[64, 32, 4, 4], { transposed: true }, { fanIn: 1024, fanOut: 512 }],
    [[64, 8, 4, 4], { transposed: true, groups: 4 }, { fanIn: 256, fanOut: 128 }],
    [[10], {}, { fanIn: 10, fanOut: 10 }],
    [[], {}, { fanIn: 1, fanOut: 1 }],
  ])('of %j with %j', (shape, options, expected) => {
    expect(init.fans(shape, options)).toEqual(expected)
  })
})

describe('scaled initialisers have the variance of their paper', () => {
  // 40 × (25 · 9): fanIn 225, fanOut 360.
  const shape = [40, 25, 9]
  const cases: readonly [string, init.Initialiser, number, 'uniform' | 'normal' | 'cut'][] = [
    ['glorotUniform', init.glorotUniform(), 2 / 585, 'uniform'],
    ['glorotNormal', init.glorotNormal(), 2 / 585, 'normal'],
    ['heUniform', init.heUniform(), 2 / 225, 'uniform'],
    ['heNormal', init.heNormal(), 2 / 225, 'normal'],
    ['heNormal of a leaky ReLU', init.heNormal({ slope: 0.5 }), 2 / 1.25 / 225, 'normal'],
    ['heNormal by fanOut', init.heNormal({ mode: 'fanOut' }), 2 / 360, 'normal'],
    ['heNormal, truncated', init.heNormal({ truncated: true }), 2 / 225, 'cut'],
    ['lecunUniform', init.lecunUniform(), 1 / 225, 'uniform'],
    ['lecunNormal', init.lecunNormal(), 1 / 225, 'normal'],
    ['glorotUniform with a gain', init.glorotUniform({ gain: 3 }), 18 / 585, 'uniform'],
    ['lecunNormal, average', init.lecunNormal({ mode: 'fanAverage' }), 2 / 585, 'normal'],
  ]
  it.each(cases)('%s', async (_, initialiser, variance, kind) => {
    const { mean, deviation, largest, kurtosis } = moments(await drawn(initialiser, shape))
    const expected = Math.sqrt(variance)
    expect(Math.abs(mean)).toBeLessThan(0.05 * expected)
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.03)
    if (kind === 'uniform') {
      expect(largest).toBeLessThanOrEqual(Math.sqrt(3) * expected * (1 + 1e-6))
      expect(largest).toBeGreaterThan(Math.sqrt(3) * expected * 0.99)
      expect(Math.abs(kurtosis - 1.8)).toBeLessThan(0.1)
    } else if (kind === 'normal') {
      expect(largest).toBeGreaterThan(3 * expected)
      expect(Math.abs(kurtosis - 3)).toBeLessThan(0.3)
    } else {
      const end = (2 * expected) / 0.8796256610342398
      expect(largest).toBeLessThanOrEqual(end * (1 + 1e-6))
      expect(largest).toBeGreaterThan(0.97 * end)
    }
  })

  it('see groups and transposed weights', async () => {
    const grouped = moments(
      await drawn(init.heNormal({ mode: 'fanOut' }), [64, 4, 9], { groups: 8 }),
    )
    expect(Math.abs(grouped.deviation / Math.sqrt(2 / 72) - 1)).toBeLessThan(0.05)
    const transposed = moments(await drawn(init.lecunNormal(), [64, 8, 9], { transposed: true }))
    expect(Math.abs(transposed.deviation / Math.sqrt(1 / 576) - 1)).toBeLessThan(0.05)
  })
})

describe('plain initialisers', () => {
  it('fill with constants', async () => {
    expect([...(await drawn(init.zeros(), [3]))]).toEqual([0, 0, 0])
    expect([...(await drawn(init.ones(), [1, 2]))]).toEqual([1, 1])
    expect([...(await drawn(init.constant(-2.5), [2]))]).toEqual([-2.5, -2.5])
  })

  it('draw evenly, normally, and within bounds', async () => {
    const even = await drawn(init.uniform({ low: 2, high: 6 }), [20000])
    expect(moments(even)).toMatchObject({ mean: expect.closeTo(4, 1) })
    expect(Math.min(...even)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...even)).toBeLessThanOrEqual(6)
    const bell = moments(await drawn(init.normal({ mean: 1, std: 3 }), [20000]))
    expect(Math.abs(bell.mean - 1)).toBeLessThan(0.1)
    expect(Math.abs(bell.deviation - 3)).toBeLessThan(0.1)
    const cut = await drawn(init.truncatedNormal({ std: 2, low: -1, high: 3 }), [5000])
    expect(Math.min(...cut)).toBeGreaterThanOrEqual(-1)
    expect(Math.max(...cut)).toBeLessThanOrEqual(3)
    expect(Math.max(...cut)).toBeGreaterThan(2.9)
  })
})

describe('orthogonal', () => {
  const products = (values: Float32Array, rows: number, columns: number, byRow: boolean) => {
    const [count, length] = byRow ? [rows, columns] : [columns, rows]
    const at = (vector: number, i: number): number =>
      values[byRow ? vector * columns + i : i * columns + vector]!
    return Array.from({ length: count * count }, (_, pair) => {
      const [a, b] = [Math.floor(pair / count), pair % count]
      let total = 0
      for (let i = 0; i < length; i++) total += at(a, i) * at(b, i)
      return total - (a === b ? 1 : 0)
    })
  }
  it.each([[[6, 20]], [[20, 6]], [[16, 16]], [[8, 3, 3, 3]]])(
    'makes a rotation of %j',
    async (shape) => {
      const rows = shape[0]!
      const columns = shape.slice(1).reduce((all, size) => all * size, 1)
      const values = await drawn(init.orthogonal(), shape)
      const errors = products(values, rows, columns, rows <= columns)
      expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1e-6)
      const doubled = await drawn(init.orthogonal({ gain: 2 }), shape)
      expect(moments(doubled).deviation / moments(values).deviation).toBeCloseTo(2, 1)
    },
  )
})

describe('dirac', () => {
  it('makes a convolution hand its input on, in groups too', async () => {
    const x = tensor(
      Float32Array.from({ length: 4 * 25 }, (_, i) => i),
      [1, 4, 5, 5],
    )
    for (const groups of [1, 2, 4]) {
      const layer = nn.conv2d({
        inChannels: 4,
        outChannels: 4,
        kernelSize: 3,
        padding: 1,
        groups,
        bias: false,
        init: init.dirac(),
      })
      expect(await layer.forward(x).data()).toEqual(await x.data())
    }
  })

  it('leaves channels empty that only one side has', async () => {
    expect([...(await drawn(init.dirac(), [3, 2, 1]))]).toEqual([1, 0, 0, 1, 0, 0])
    expect([...(await drawn(init.dirac(), [2, 3, 2]))]).toEqual([
      0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0,
    ])
  })
})

describe('defaults of layers', () => {
  const bound = async (layer: {
    weight: { data(): Promise<ArrayLike<number>> }
  }): Promise<number> => moments(await layer.weight.data()).largest

  it('are PyTorch’s: ±1/√fanIn for weight and bias', async () => {
    const conv = nn.conv2d({ inChannels: 32, outChannels: 64, kernelSize: 3, groups: 2 })
    const limit = 1 / Math.sqrt(16 * 9)
    expect(await bound(conv)).toBeLessThanOrEqual(limit)
    expect(await bound(conv)).toBeGreaterThan(0.99 * limit)
    const bias = moments(await conv.bias!.data())
    expect(bias.largest).toBeLessThanOrEqual(limit)
    expect(bias.largest).toBeGreaterThan(0.8 * limit)
    const linear = nn.linear(400, 120)
    expect(await bound(linear)).toBeGreaterThan(0.99 / 20)
    expect(await bound(linear)).toBeLessThanOrEqual(1 / 20)
    // torch.nn.init takes the second axis for the fan, which is the outputs of a transposed weight.
    const up = nn.convTranspose2d({ inChannels: 64, outChannels: 16, kernelSize: 4 })
    expect(await bound(up)).toBeLessThanOrEqual(1 / 16)
    expect(await bound(up)).toBeGreaterThan(0.99 / 16)
    const local = nn.localConv1d({ inChannels: 9, outChannels: 8, kernelSize: 4, inputSize: 40 })
    expect(await bound(local)).toBeLessThanOrEqual(1 / 6)
    expect(await bound(local)).toBeGreaterThan(0.99 / 6)
  })

  it('are Keras’s when asked for: Glorot and zeros', async () => {
    const conv = nn.conv2d({ inChannels: 32, outChannels: 64, kernelSize: 3, init: 'keras' })
    const limit = Math.sqrt(6 / (96 * 9))
    expect(await bound(conv)).toBeLessThanOrEqual(limit * (1 + 1e-6))
    expect(await bound(conv)).toBeGreaterThan(0.99 * limit)
    expect(moments(await conv.bias!.data()).largest).toBe(0)
    const table = nn.embedding(200, 50, { init: 'keras' })
    expect(await bound(table)).toBeLessThanOrEqual(0.05 * (1 + 1e-6))
    expect(moments(await nn.embedding(200, 50).weight.data()).deviation).toBeCloseTo(1, 1)
  })

  it('are replaced for the weight alone, or for both', async () => {
    const ones = nn.linear(4, 4, { init: init.ones() })
    expect(moments(await ones.weight.data())).toMatchObject({ mean: 1, deviation: 0 })
    expect(moments(await ones.bias!.data()).largest).toBeGreaterThan(0)
    const both = nn.linear(4, 4, { init: { weight: init.constant(3), bias: init.constant(5) } })
    expect(new Set(await both.weight.data())).toEqual(new Set([3]))
    expect(new Set(await both.bias!.data())).toEqual(new Set([5]))
    const bias = nn.linear(4, 4, { init: { bias: init.zeros() } })
    expect(moments(await bias.weight.data()).largest).toBeGreaterThan(0)
    expect(moments(await bias.bias!.data()).largest).toBe(0)
  })
})

describe('the seed', () => {
  const values = async (layer: nn.Layer): Promise<number[]> =>
    (
      await Promise.all(
        Object.values(layer.stateDict()).map(async (each) => [...(await each.data())]),
      )
    ).flat()
  const net = () =>
    nn.sequential(nn.linear(3, 4), nn.conv1d({ inChannels: 1, outChannels: 2, kernelSize: 2 }))

  it('gives the same weights, whatever is evaluated in between', async () => {
    init.manualSeed(42)
    const first = await values(net())
    init.manualSeed(42)
    const early = nn.linear(3, 4)
    await add(early.bias!, 1).data()
    const late = nn.conv1d({ inChannels: 1, outChannels: 2, kernelSize: 2 })
    const lateValues = await values(late)
    expect([...(await values(early)), ...lateValues]).toEqual(first)
  })

  it('gives every layer, and weight and bias, numbers of their own', async () => {
    const [a, b] = [nn.linear(3, 3), nn.linear(3, 3)]
    expect(await values(a)).not.toEqual(await values(b))
    const weight = await a.weight.data()
    const bias = await a.bias!.data()
    expect([...weight.subarray(0, 3)]).not.toEqual([...bias])
    init.manualSeed(8)
    expect(await values(nn.linear(3, 3))).not.toEqual(await values(a))
  })

  it('may be given as a stream', async () => {
    const random = () => new RandomStream(3, 'mine')
    const first = await drawn(init.normal(), [8], { random: random() })
    expect(await drawn(init.normal(), [8], { random: random() })).toEqual(first)
    expect(await drawn(init.normal(), [8])).not.toEqual(first)
  })
})

describe('wrong arguments', () => {
  it.each([
    [
      'an unknown option',
      () => init.heNormal({ a: 1 } as never),
      /heNormal: option 'a' is unknown/,
    ],
    ['truncated uniform', () => init.heUniform({ truncated: true } as never), /'truncated'/],
    ['a mode', () => init.glorotNormal({ mode: 'fan' as never }), /mode must be 'fanIn'/],
    [
      'a gain',
      () => init.lecunNormal({ gain: Number.NaN }),
      /gain must be a finite number, got NaN/,
    ],
    ['a constant', () => init.constant('1' as never), /constant: value must be a number, got '1'/],
    [
      'no initialiser',
      () => init.initialValue('heNormal' as never, [2]),
      /such as init\.heNormal\(\)/,
    ],
    ['a shape', () => init.initialValue(init.zeros(), [-1]), /initialValue: shape/],
    ['a vector for a rotation', () => init.initialValue(init.orthogonal(), [4]), /needs two axes/],
    [
      'a matrix for dirac',
      () => init.initialValue(init.dirac(), [4, 4]),
      /weight of a convolution/,
    ],
    [
      'too few values',
      () => init.initialValue(() => new Float32Array(3), [4]),
      /Float32Array of 4 values for shape \[4\]/,
    ],
    [
      'the init of a layer',
      () => nn.linear(1, 1, { init: 'torch' as never }),
      /nn\.linear: init must be 'pytorch', 'keras'/,
    ],
    [
      'a part of it',
      () => nn.linear(1, 1, { init: { weights: init.zeros() } as never }),
      /did you mean 'weight'/,
    ],
    ['a seed', () => init.manualSeed(-1), /seed must be a whole number/],
  ])('are refused: %s', (_, act, message) => {
    expect(act).toThrow(message)
  })
})
