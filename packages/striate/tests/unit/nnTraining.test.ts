// Layers that behave otherwise in training: running statistics and dropout.

import { gradients, setEngine, sum, type Tensor, tensor } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { engines } from '../support/engines.ts'
import { maxRelative } from '../support/references.ts'

afterAll(() => setEngine('wasm'))

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-6): void =>
  expect(maxRelative(actual, expected)).toBeLessThanOrEqual(tolerance)

// Channel 0 holds 1, 2, 3, 6 (mean 3, variance 3.5, unbiased 14/3); channel 1 holds four 10s.
const batch = tensor([
  [
    [1, 2],
    [10, 10],
  ],
  [
    [3, 6],
    [10, 10],
  ],
])

describe.each(engines)('batch norm on the %s engine', (engine) => {
  it('normalises by the batch and moves the running statistics', async () => {
    setEngine(engine)
    const layer = nn.batchNorm1d(2, { eps: 0.5 })
    const y = await layer.forward(batch).data()
    const unit = (value: number) => (value - 3) / 2
    close(y, [unit(1), unit(2), 0, 0, unit(3), unit(6), 0, 0])
    const [mean, variance] = layer.buffers()
    close(await mean!.data(), [0.3, 1])
    close(await variance!.data(), [0.9 + (0.1 * 14) / 3, 0.9])
  })

  it('normalises by the running statistics in use, and leaves them', async () => {
    setEngine(engine)
    const layer = nn.batchNorm1d(2, { eps: 0, momentum: 1 })
    await layer.forward(batch).data()
    layer.eval()
    const x = tensor([[3, 10]])
    layer.buffers()[1]!.assign(tensor([4, 1]))
    close(await layer.forward(tensor([[5, 11]])).data(), [1, 1])
    close(await layer.forward(x).data(), [0, 0])
    expect(await layer.buffers()[0]!.array()).toEqual([3, 10])
  })

  it('takes the statistics of every batch in turn, before anything is read', async () => {
    setEngine(engine)
    const layer = nn.batchNorm1d(2, { momentum: 0.5 })
    layer.forward(batch)
    layer.forward(batch)
    close(await layer.buffers()[0]!.data(), [2.25, 7.5])
  })

  it('averages over all batches without momentum, and counts them', async () => {
    setEngine(engine)
    const layer = nn.batchNorm1d(1, { momentum: null })
    for (const values of [
      [0, 2],
      [4, 6],
      [8, 16],
    ])
      layer.forward(tensor([[values[0]!], [values[1]!]]))
    expect(Object.keys(layer.stateDict())).toEqual([
      'weight',
      'bias',
      'running_mean',
      'running_var',
      'num_batches_tracked',
    ])
    const [mean, , count] = layer.buffers()
    close(await mean!.data(), [6])
    expect(await count!.item()).toBe(3)
    expect(count!.dtype).toBe('int32')
  })
})

describe('batch norm', () => {
  it('may keep no statistics, and no weights', async () => {
    const layer = nn.batchNorm1d(2, { affine: false, trackRunningStats: false, eps: 0.5 })
    expect(Object.keys(layer.stateDict())).toEqual([])
    const training = await layer.forward(batch).data()
    expect(await layer.eval().forward(batch).data()).toEqual(training)
  })

  it('works at every rank and in both layouts', async () => {
    const values = Float32Array.from({ length: 48 }, (_, i) => (i * 7) % 11)
    const shapes: [nn.Layer, number[]][] = [
      [nn.batchNorm2d(3), [2, 3, 2, 4]],
      [nn.batchNorm3d(3), [2, 3, 2, 2, 2]],
      [nn.batchNorm1d(3), [16, 3]],
      [nn.batchNorm2d(3, { layout: 'channels-last' }), [2, 2, 4, 3]],
    ]
    for (const [layer, shape] of shapes) {
      const y = layer.forward(tensor(values, shape))
      expect(y.shape).toEqual(shape)
      const total = await sum(y).item()
      expect(Math.abs(total)).toBeLessThan(1e-4)
    }
    expect(() => nn.batchNorm2d(3).forward(tensor(values, [16, 3]))).toThrow(
      'nn.batchNorm2d: x expects 4 axes, got float32 tensor [16, 3]',
    )
  })

  it('passes gradients to weight, bias and input, none to statistics', async () => {
    const layer = nn.batchNorm1d(2)
    const y = sum(layer.forward(batch))
    const found = gradients(y, [batch, ...layer.parameters(), ...layer.buffers()])
    const values = await Promise.all(found.map((each) => each.data()))
    expect(Math.max(...values[0]!.map(Math.abs))).toBeLessThan(1e-5)
    close(values[2]!, [4, 4])
    expect([...values[3]!, ...values[4]!]).toEqual([0, 0, 0, 0])
  })

  it('keeps no history over a hundred batches', async () => {
    const layer = nn.batchNorm1d(2)
    for (let i = 0; i < 100; i++) await layer.forward(batch).data()
    for (const buffer of layer.buffers()) expect(buffer.node.inputs).toEqual([])
  })
})

describe('dropout', () => {
  const x: Tensor = tensor(new Float32Array(4000).fill(1), [10, 20, 20])

  it('drops a share in training and scales the rest; in use it does nothing', async () => {
    const layer = nn.dropout(0.25)
    const y = await layer.forward(x).data()
    const dropped = y.filter((value) => value === 0).length / y.length
    expect(dropped).toBeGreaterThan(0.22)
    expect(dropped).toBeLessThan(0.28)
    expect(new Set(y)).toEqual(new Set([0, Math.fround(4 / 3)]))
    expect(layer.eval().forward(x)).toBe(x)
    expect(nn.dropout(0).forward(x)).toBe(x)
  })

  it('drops whole channels of signals, images and volumes', async () => {
    const layers = [
      [nn.dropout1d(0.5), [10, 20, 20], 20],
      [nn.dropout2d({ p: 0.5 }), [10, 20, 5, 4], 20],
      [nn.dropout3d(0.5), [10, 20, 5, 2, 2], 20],
    ] as const
    for (const [layer, shape, cells] of layers) {
      const y = await layer.forward(tensor(await x.data(), shape)).data()
      for (let at = 0; at < y.length; at += cells)
        expect(new Set(y.subarray(at, at + cells)).size).toBe(1)
      expect(new Set(y)).toEqual(new Set([0, 2]))
    }
    expect(layers.map(([{ kind }]) => kind)).toEqual(['Dropout1d', 'Dropout2d', 'Dropout3d'])
    const last = await nn.dropout1d({ layout: 'channels-last' }).forward(x).array()
    const [first] = last as number[][][]
    for (let channel = 0; channel < 20; channel++)
      expect(new Set(first!.map((cell) => cell[channel])).size).toBe(1)
  })
})
