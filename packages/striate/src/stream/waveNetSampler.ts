/** WaveNet one sample at a time: every step costs its layers once, however far they look back. */
import { describe, fail } from '../errors.ts'
import { WaveNet } from '../models/wavenet.ts'
import { relu } from '../ops/activations/relu.ts'
import { add, mul } from '../ops/elementwise/arithmetic.ts'
import { sigmoid, tanh } from '../ops/elementwise/exponential.ts'
import { numberOption } from '../ops/numberOption.ts'
import { rejectUnknown } from '../options.ts'
import { RandomStream } from '../random/index.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { type CausalQueue, type CausalStep, causalQueue } from './causalQueue.ts'
import { InOrder } from './inOrder.ts'

export interface WaveNetSampleOptions {
  /** Decides what is drawn; 0 by default. */
  readonly seed?: number
  /** Where the randomness comes from, in the place of a seed: a stream that goes on from call to call. */
  readonly stream?: RandomStream
  /** Divides the logits: below 1 likely levels become likelier. 1 by default. */
  readonly temperature?: number
  /** Levels that are put in front and not given back. */
  readonly primer?: ArrayLike<number>
}

export interface WaveNetSampler {
  /**
   * Takes the next sample, a level or a value for each input channel, and gives the logits of the one
   * after it, `[classes]`, computed. Calls made without waiting run in order.
   *
   * @throws StriateError for a level that there is not, or another number of values.
   */
  push(sample: number | Float32Array): Promise<Float32Array>
  /**
   * Draws the next `count` levels from the softmax of the logits, each of which is pushed in its turn. A
   * signal of which nothing is known begins behind the level in the middle, which is silence.
   *
   * @throws StriateError for options that do not fit, or a network whose levels are not its input.
   */
  sample(count: number, options?: WaveNetSampleOptions): Promise<Int32Array>
  /** Forgets all samples: the next begins a new signal. */
  reset(): Promise<void>
  /** How many samples each output sees. */
  readonly receptiveField: number
  /** Multiply-adds of the step before; 0 before the first. */
  readonly multiplyAdds: number
}

const op = 'waveNetSampler'

/**
 * Runs a WaveNet sample by sample. Every dilated convolution keeps a queue of the inputs that it meets
 * again, so that the cost of a step follows the number of layers and not their reach; the logits are
 * those of the network on the whole signal. Weights are read at every step.
 *
 * @throws StriateError for something that is no WaveNet.
 * @example
 * ```ts
 * import { models, waveNetSampler } from 'striate'
 * const net = models.wavenet({ inChannels: 16, classes: 16, channels: 4, dilations: [1, 2, 4, 8] })
 * const sampler = waveNetSampler(net)
 * sampler.receptiveField // => 16
 * const sound = await sampler.sample(5, { seed: 7, primer: [8, 9] })
 * sound.length // => 5
 * ```
 * @see Paine et al., "Fast WaveNet generation algorithm" (2016), arXiv 1611.09482.
 */
export function waveNetSampler(network: WaveNet): WaveNetSampler {
  if (!(network instanceof WaveNet)) {
    const needs = 'must be a network that models.wavenet has made'
    fail({ op, argument: 'network', needs, got: describe(network) })
  }
  return new Sampler(network)
}

/** The network's forward at one sample: `layers` holds the filter and the gate of each block. */
const stepOf =
  ({ input, blocks, out1, out2 }: WaveNet): CausalStep =>
  (x, layers) => {
    let value = input.forward(x)
    let total: Tensor | undefined
    for (const [index, block] of blocks.entries()) {
      const z = mul(tanh(layers[2 * index]!(value)), sigmoid(layers[2 * index + 1]!(value)))
      const skip = block.skip.forward(z)
      total = total === undefined ? skip : add(total, skip)
      // What the last block hands on, nobody reads.
      if (index < blocks.length - 1) value = add(value, block.residual.forward(z))
    }
    return out2.forward(relu(out1.forward(relu(total!))))
  }

class Sampler implements WaveNetSampler {
  readonly receptiveField: number
  readonly #network: WaveNet
  readonly #queue: CausalQueue
  readonly #levels: number
  readonly #order = new InOrder()
  /** Logits of the sample after the last. */
  #next: Float32Array | null = null

  constructor(network: WaveNet) {
    this.#network = network
    this.#levels = network.input.inChannels
    this.receptiveField = network.receptiveField
    this.#queue = causalQueue({
      layers: network.blocks.flatMap(({ filter, gate, dilation }) =>
        [filter, gate].map(({ weight, bias }) => ({ weight, bias, dilation })),
      ),
      step: stepOf(network),
    })
  }

  get multiplyAdds(): number {
    return this.#queue.multiplyAdds
  }

  async push(sample: number | Float32Array): Promise<Float32Array> {
    const x = this.#input(sample)
    return this.#order.run(() => this.#advance(x))
  }

  async #advance(x: Tensor): Promise<Float32Array> {
    const y = await this.#queue.push(x)
    this.#next = Float32Array.from(await y.data())
    return this.#next.slice()
  }

  /** `[1, channels, 1]`: the values, or 1 for the level and 0 for all others. */
  #input(sample: number | Float32Array): Tensor {
    const values = typeof sample === 'number' ? this.#oneHot(sample) : sample
    if (!(values instanceof Float32Array) || values.length !== this.#levels) {
      const needs = `must be a level or a Float32Array of ${this.#levels} values`
      fail({ op, argument: 'sample', needs, got: describe(sample) })
    }
    return tensor(values, [1, this.#levels, 1])
  }

  #oneHot(level: number): Float32Array {
    const values = new Float32Array(this.#levels)
    if (!Number.isSafeInteger(level) || level < 0 || level >= this.#levels) {
      const needs = `must be a level, a whole number from 0 to ${this.#levels - 1}`
      fail({ op, argument: 'sample', needs, got: describe(level) })
    }
    values[level] = 1
    return values
  }

  async sample(count: number, options: WaveNetSampleOptions = {}): Promise<Int32Array> {
    rejectUnknown(op, options, ['seed', 'stream', 'temperature', 'primer'])
    numberOption(op, 'count', count, undefined, { least: 0, whole: true })
    const temperature = numberOption(op, 'temperature', options.temperature, 1, { above: 0 })
    const classes = this.#network.out2.outChannels
    if (classes !== this.#levels) {
      const needs = 'must have as many classes as input channels, to read what it draws'
      fail({ op, argument: 'network', needs, got: `${classes} and ${this.#levels}` })
    }
    const { seed = 0, stream = new RandomStream(seed, op), primer = [] } = options
    const inputs = Array.from(primer, (level) => this.#input(level))
    return this.#order.run(async () => {
      for (const x of inputs) await this.#advance(x)
      this.#next ??= await this.#advance(this.#input(Math.floor(classes / 2)))
      const drawn = new Int32Array(count)
      for (let t = 0; t < count; t++) {
        drawn[t] = drawLevel(this.#next!, temperature, stream.uniform())
        await this.#advance(this.#input(drawn[t]!))
      }
      return drawn
    })
  }

  reset(): Promise<void> {
    return this.#order.run(async () => {
      await this.#queue.reset()
      this.#next = null
    })
  }
}

/** The level at which the sum of the softmax passes `share`, a number from 0 up to 1. */
function drawLevel(logits: Float32Array, temperature: number, share: number): number {
  const most = logits.reduce((largest, logit) => Math.max(largest, logit), Number.NEGATIVE_INFINITY)
  const weights = Array.from(logits, (logit) => Math.exp((logit - most) / temperature))
  let left = share * weights.reduce((sum, weight) => sum + weight, 0)
  const level = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  // Rounding may leave a trace of the share: then it is the last level that can be.
  return level >= 0 ? level : weights.findLastIndex((weight) => weight > 0)
}
