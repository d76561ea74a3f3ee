// LeNet-5 and its relatives of other ranks.

import { tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import { lenet5 } from '../../src/models/lenet5.ts'

const kinds = (options: Parameters<typeof lenet5>[0] = {}): string[] =>
  [...lenet5(options)].map(({ kind }) => kind)

describe('lenet5', () => {
  it('is the network of the tutorials, with PyTorch’s names', () => {
    expect(kinds().join(' ')).toBe(
      'Conv2d Tanh AvgPool2d Conv2d Tanh AvgPool2d Flatten Linear Tanh Linear Tanh Linear',
    )
    expect(Object.keys(lenet5().stateDict())).toEqual(
      ['0', '3', '7', '9', '11'].flatMap((name) => [`${name}.weight`, `${name}.bias`]),
    )
    expect(lenet5().forward(tensor(new Float32Array(2 * 784), [2, 1, 28, 28])).shape).toEqual([
      2, 10,
    ])
  })

  it('comes in three ranks, with other channels, classes, activations and pooling', () => {
    const signal = lenet5({ rank: 1, inChannels: 3, classes: 4 })
    expect(signal.summary([3, 28]).totals.outputShape).toEqual([4])
    expect(signal.summary([3, 28]).totals.parameters).toBe(96 + 496 + 9720 + 10164 + 340)
    const volume = lenet5({ rank: 3, activation: 'relu', pool: 'max' })
    expect(volume.summary([1, 28, 28, 28]).totals.outputShape).toEqual([10])
    expect(kinds({ rank: 3, activation: 'relu', pool: 'max' }).slice(0, 3)).toEqual([
      'Conv3d',
      'ReLU',
      'MaxPool3d',
    ])
    expect(kinds({ activation: 'sigmoid' })[1]).toBe('Sigmoid')
  })

  it.each([
    [{ rank: 4 }, 'lenet5: rank must be one of 1, 2, 3, got 4'],
    [{ activation: 'elu' }, "lenet5: activation must be one of tanh, relu, sigmoid, got 'elu'"],
    [{ pool: 'toString' }, "lenet5: pool must be one of avg, max, got 'toString'"],
    [{ classes: 0 }, 'nn.linear: outFeatures must be a whole number of at least 1, got 0'],
    [{ inChannels: 1.5 }, 'inChannels must be a whole number of at least 1, got 1.5'],
    [{ channels: 3 }, "did you mean 'inChannels'?"],
  ])('refuses %j', (options, message) => {
    expect(() => lenet5(options as never)).toThrow(message)
  })
})
