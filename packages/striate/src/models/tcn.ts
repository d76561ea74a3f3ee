/** TCN: causal dilated convolutions in residual blocks, for sequences. */
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { squeeze } from '../ops/reshape.ts'
import { slice } from '../ops/slice.ts'
import { transpose } from '../ops/transpose.ts'
import { rejectUnknown } from '../options.ts'
import { checkCounts, choose, dropoutOption } from './blocks/options.ts'
import { WeightNormConvolution } from './blocks/weightNorm.ts'
import { wired } from './blocks/wired.ts'

export interface TcnOptions {
  /** Channels of the input. 1 by default. */
  readonly inChannels?: number
  /** Numbers that come out. 10 by default. */
  readonly classes?: number
  /** Channels of each block, whose dilations double. Eight times 25 by default. */
  readonly channels?: readonly number[]
  /** Taps of each convolution. 7 by default. */
  readonly kernelSize?: number
  /** Numbers after the last step alone, or after every step. `'last'` by default. */
  readonly output?: 'last' | 'every'
  /** The probability of dropping a channel in training. 0.05 by default. */
  readonly dropout?: number
}

interface BlockPlan {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: number
  readonly dilation: number
  readonly dropout: number
}

/** Two weight-normalised causal convolutions, and around them a 1×1 one where channels change. */
function block({ inChannels, outChannels, kernelSize, dilation, dropout }: BlockPlan): nn.Layer {
  const window = { outChannels, kernelSize, dilation }
  return nn.residual(
    {
      conv1: new WeightNormConvolution({ inChannels, ...window }),
      relu1: nn.relu(),
      dropout1: nn.dropout(dropout),
      conv2: new WeightNormConvolution({ inChannels: outChannels, ...window }),
      relu2: nn.relu(),
      dropout2: nn.dropout(dropout),
    },
    inChannels === outChannels
      ? undefined
      : { downsample: nn.conv1d({ inChannels, outChannels, kernelSize: 1 }) },
    { activation: nn.relu() },
  )
}

/**
 * A temporal convolutional network: `[batch, 1, length]` → `[batch, 10]` of the last step, or with
 * `output: 'every'` → `[batch, 10, length]`, each step of which sees nothing after it.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * models.tcn().summary([1, 784]).totals.outputShape // => [10]
 * const forecast = models.tcn({ inChannels: 3, channels: [16, 16], classes: 1, output: 'every' })
 * forecast.summary([3, 50]).totals.outputShape // => [1, 50]
 * ```
 * @see Bai, Kolter, Koltun, "An empirical evaluation of generic convolutional and recurrent networks for
 * sequence modeling" (2018).
 */
export function tcn(options: TcnOptions = {}): nn.Layer {
  const op = 'tcn'
  rejectUnknown(op, options, [
    'inChannels',
    'classes',
    'channels',
    'kernelSize',
    'output',
    'dropout',
  ])
  const { inChannels = 1, classes = 10, kernelSize = 7 } = options
  checkCount(op, 'kernelSize', kernelSize)
  const channels = checkCounts(op, 'channels', options.channels ?? new Array(8).fill(25))
  const isLast = choose(op, 'output', options.output ?? 'last', { last: true, every: false })
  const dropout = dropoutOption(op, options.dropout, 0.05)
  const before = [checkCount(op, 'inChannels', inChannels), ...channels]
  const network = channels.map((outChannels, index) =>
    block({
      inChannels: before[index]!,
      outChannels,
      kernelSize,
      dilation: 2 ** index,
      dropout,
    }),
  )
  const parts = {
    tcn: nn.sequential({ network: nn.sequential(...network) }),
    linear: nn.linear(before.at(-1)!, checkCount(op, 'classes', classes)),
  }
  return wired('TCN', parts, (x, { tcn: body, linear }) => {
    const y = body.forward(x)
    if (!isLast) return transpose(linear.forward(transpose(y, 1, 2)), 1, 2)
    const last = slice(y, [0, 0, y.shape[2]! - 1], [...y.shape])
    return linear.forward(squeeze(last, 2))
  })
}
