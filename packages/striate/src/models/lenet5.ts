/** LeNet-5: the first widely used convolutional network, on the digits that it was made for. */
import * as nn from '../nn/index.ts'
import { rejectUnknown } from '../options.ts'
import { choose } from './blocks/options.ts'

export interface LeNet5Options {
  /** Axes of space: 1 for signals, 2 for images, 3 for volumes. 2 by default. */
  readonly rank?: 1 | 2 | 3
  /** Channels of the input. 1 by default. */
  readonly inChannels?: number
  /** How many numbers come out. 10 by default. */
  readonly classes?: number
  /** Follows every convolution and linear layer but the last. `'tanh'` by default. */
  readonly activation?: 'tanh' | 'relu' | 'sigmoid'
  /** Halves space after each convolution. `'avg'` by default. */
  readonly pool?: 'avg' | 'max'
}

const ranks = {
  1: { conv: nn.conv1d, avg: nn.avgPool1d, max: nn.maxPool1d },
  2: { conv: nn.conv2d, avg: nn.avgPool2d, max: nn.maxPool2d },
  3: { conv: nn.conv3d, avg: nn.avgPool3d, max: nn.maxPool3d },
} as const

/**
 * LeNet-5 for inputs of 28 cells per axis: `[batch, inChannels, 28, 28]` → `[batch, classes]`.
 *
 *     conv 5, 6 channels, same · pool 2 · conv 5, 16 channels · pool 2 · linear 120 · 84 · classes
 *
 * As it is built today: the paper pads 28 cells to 32, trains a scale and a shift in its pooling, joins
 * the two convolutions by a table, and ends in radial basis functions.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { lenet5 } from 'striate'
 * lenet5().summary([1, 28, 28]).totals.parameters // => 61706
 * ```
 * @see LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998).
 */
export function lenet5(options: LeNet5Options = {}): nn.Sequential {
  rejectUnknown('lenet5', options, ['rank', 'inChannels', 'classes', 'activation', 'pool'])
  const { inChannels = 1, classes = 10 } = options
  const { conv, avg, max } = choose('lenet5', 'rank', options.rank ?? 2, ranks)
  const act = choose('lenet5', 'activation', options.activation ?? 'tanh', {
    tanh: nn.tanh,
    relu: nn.relu,
    sigmoid: nn.sigmoid,
  })
  const pool = choose('lenet5', 'pool', options.pool ?? 'avg', { avg, max })
  const cells = 5 ** (options.rank ?? 2)
  return nn.sequential(
    conv({ inChannels, outChannels: 6, kernelSize: 5, padding: 'same' }),
    act(),
    pool(2),
    conv({ inChannels: 6, outChannels: 16, kernelSize: 5 }),
    act(),
    pool(2),
    nn.flatten(),
    nn.linear(16 * cells, 120),
    act(),
    nn.linear(120, 84),
    act(),
    nn.linear(84, classes),
  )
}
