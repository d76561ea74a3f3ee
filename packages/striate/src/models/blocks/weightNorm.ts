/** A convolution over one axis whose weight is a direction and a length for each output channel. */
import * as nn from '../../nn/index.ts'
import { conv1d } from '../../ops/conv.ts'
import { div, mul, square } from '../../ops/elementwise/arithmetic.ts'
import { sqrt } from '../../ops/elementwise/exponential.ts'
import { sum } from '../../ops/reductions.ts'
import type { Tensor } from '../../tensor/tensor.ts'

export interface WeightNormSettings {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: number
  readonly dilation: number
}

/**
 * `weight = g · v / ‖v‖`, the norm over all but the output channels; a causal convolution. The states
 * are `bias`, `weight_g` `[out, 1, 1]` and `weight_v` `[out, in, kernel]`, PyTorch's names. The length
 * begins as that of the first direction.
 *
 * Salimans, Kingma, "Weight normalization" (2016).
 */
export class WeightNormConvolution extends nn.Layer {
  readonly bias: nn.Parameter
  readonly weightG: nn.Parameter
  readonly weightV: nn.Parameter
  readonly #dilation: number

  constructor({ dilation, ...settings }: WeightNormSettings) {
    super()
    this.#dilation = dilation
    const { inChannels, outChannels, kernelSize } = settings
    // An ordinary layer draws the first values; drawn at its first read, and for the length as well.
    const drawn = nn.conv1d({ inChannels, outChannels, kernelSize })
    const cells = inChannels * kernelSize
    this.bias = this.parameter('bias', drawn.bias!)
    this.weightG = this.parameter('weight_g', {
      shape: [outChannels, 1, 1],
      dtype: 'float32',
      make: () => {
        const values = drawn.weight.node.data!
        const lengths = new Float32Array(outChannels)
        for (let row = 0; row < outChannels; row++) {
          let squares = 0
          for (let at = row * cells; at < (row + 1) * cells; at++) squares += values[at]! ** 2
          lengths[row] = Math.sqrt(squares)
        }
        return lengths
      },
    })
    this.weightV = this.parameter('weight_v', {
      shape: [outChannels, inChannels, kernelSize],
      dtype: 'float32',
      make: () => drawn.weight.node.data!.slice() as Float32Array<ArrayBuffer>,
    })
  }

  override get kind(): string {
    return 'WeightNormConv1d'
  }

  override get facts(): nn.LayerFacts {
    const [, , kernel] = this.weightV.shape
    return {
      kernelSize: [kernel!],
      padding: 'causal',
      dilation: [this.#dilation],
      layout: 'channels-first',
    }
  }

  forward(x: Tensor): Tensor {
    const length = sqrt(sum(square(this.weightV), { axes: [1, 2], keepDims: true }))
    const weight = mul(this.weightV, div(this.weightG, length))
    return conv1d(x, weight, { bias: this.bias, padding: 'causal', dilation: this.#dilation })
  }
}
