/** WaveNet: gated convolutions that look back twice as far with each layer. */
import * as nn from '../nn/index.ts'
import { checkCount } from '../nn/weights.ts'
import { relu } from '../ops/activations/relu.ts'
import { add, mul } from '../ops/elementwise/arithmetic.ts'
import { sigmoid, tanh } from '../ops/elementwise/exponential.ts'
import { rejectUnknown } from '../options.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkCounts } from './blocks/options.ts'

export interface WaveNetOptions {
  /** Channels of the input: levels of samples, one-hot. 256 by default. */
  readonly inChannels?: number
  /** Channels that run through the layers. 32 by default. */
  readonly channels?: number
  /** Channels that skip to the end. 256 by default. */
  readonly skipChannels?: number
  /** Numbers per sample that come out, one per level of the next. 256 by default. */
  readonly classes?: number
  /** Taps of each gated convolution. 2 by default. */
  readonly kernelSize?: number
  /** Dilations of the layers. 1, 2, 4 … 512, and these three times, by default. */
  readonly dilations?: readonly number[]
}

type Sizes = Required<WaveNetOptions>

/** What one layer gives: what runs on to the next, and what skips to the end. */
export interface GatedOutputs {
  readonly on: Tensor
  readonly skip: Tensor
}

/** A layer: `z = tanh(filter x) · sigmoid(gate x)`; on runs `x + residual z`, and `skip z` to the end. */
export class GatedBlock extends nn.Layer {
  readonly filter: nn.Convolution
  readonly gate: nn.Convolution
  readonly residual: nn.Convolution
  readonly skip: nn.Convolution
  readonly dilation: number

  constructor(
    { channels, skipChannels, kernelSize }: Pick<Sizes, 'channels' | 'skipChannels' | 'kernelSize'>,
    dilation: number,
  ) {
    super()
    this.dilation = dilation
    const wide = { inChannels: channels, outChannels: channels, kernelSize, dilation }
    const point = { inChannels: channels, kernelSize: 1 }
    this.filter = this.child('filter', nn.conv1d({ ...wide, padding: 'causal' }))
    this.gate = this.child('gate', nn.conv1d({ ...wide, padding: 'causal' }))
    this.residual = this.child('residual', nn.conv1d({ ...point, outChannels: channels }))
    this.skip = this.child('skip', nn.conv1d({ ...point, outChannels: skipChannels }))
  }

  /** Both outputs for `[batch, channels, length]`. */
  outputs(x: Tensor): GatedOutputs {
    const z = mul(tanh(this.filter.forward(x)), sigmoid(this.gate.forward(x)))
    return { on: add(x, this.residual.forward(z)), skip: this.skip.forward(z) }
  }

  /** What runs on to the next layer. */
  forward(x: Tensor): Tensor {
    return this.outputs(x).on
  }
}

/** Its layers in the state dict are `input`, `b0`, `b1` …, `out1` and `out2`. */
export class WaveNet extends nn.Layer {
  readonly input: nn.Convolution
  readonly blocks: readonly GatedBlock[]
  readonly out1: nn.Convolution
  readonly out2: nn.Convolution
  /** How many samples each output sees: itself and those before it. */
  readonly receptiveField: number

  constructor(sizes: Sizes) {
    super()
    const { inChannels, channels, skipChannels, classes, dilations } = sizes
    const point = { kernelSize: 1 }
    this.input = this.child('input', nn.conv1d({ inChannels, outChannels: channels, ...point }))
    this.blocks = dilations.map((dilation, index) =>
      this.child(`b${index}`, new GatedBlock(sizes, dilation)),
    )
    const skips = { inChannels: skipChannels, ...point }
    this.out1 = this.child('out1', nn.conv1d({ ...skips, outChannels: skipChannels }))
    this.out2 = this.child('out2', nn.conv1d({ ...skips, outChannels: classes }))
    const reach = dilations.reduce((all, dilation) => all + dilation, 0)
    this.receptiveField = 1 + (sizes.kernelSize - 1) * reach
  }

  forward(x: Tensor): Tensor {
    const skips: Tensor[] = []
    let value = this.input.forward(x)
    for (const block of this.blocks) {
      const { on, skip } = block.outputs(value)
      skips.push(skip)
      value = on
    }
    const total = skips.reduce((sum, each) => add(sum, each))
    return this.out2.forward(relu(this.out1.forward(relu(total))))
  }
}

const thrice = Array.from({ length: 30 }, (_, index) => 2 ** (index % 10))

/**
 * WaveNet: one-hot samples `[batch, 256, length]` → `[batch, 256, length]`, the logits of the sample
 * after each. Nothing looks ahead. `waveNetSampler` runs it sample by sample and draws sound.
 *
 * The residual convolution of the last layer feeds nothing, as in most builds of the network; it is
 * here so that all layers have the same states.
 *
 * @throws StriateError for options that do not fit.
 * @example
 * ```ts
 * import { models } from 'striate'
 * const net = models.wavenet({ dilations: [1, 2, 4, 8] })
 * net.receptiveField // => 16
 * net.summary([256, 100]).totals.outputShape // => [256, 100]
 * ```
 * @see van den Oord and others, "WaveNet: a generative model for raw audio" (2016).
 */
export function wavenet(options: WaveNetOptions = {}): WaveNet {
  const op = 'wavenet'
  const defaults: Sizes = {
    inChannels: 256,
    channels: 32,
    skipChannels: 256,
    classes: 256,
    kernelSize: 2,
    dilations: thrice,
  }
  rejectUnknown(op, options, Object.keys(defaults))
  const { dilations, ...counts } = { ...defaults, ...options }
  for (const [argument, value] of Object.entries(counts)) checkCount(op, argument, value)
  return new WaveNet({ ...counts, dilations: checkCounts(op, 'dilations', dilations) })
}
