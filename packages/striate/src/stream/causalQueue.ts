/**
 * Causal convolutions one sample at a time: each remembers the inputs that its taps will meet again, so a
 * step costs every weight once, however far the stack looks back (Paine et al., "Fast WaveNet generation
 * algorithm", 2016).
 */
import { fail } from '../errors.ts'
import { kernelExtent } from '../geometry/axis.ts'
import { perAxis } from '../geometry/padding.ts'
import { concat } from '../ops/concat.ts'
import { conv1d } from '../ops/conv.ts'
import { checkGroups } from '../ops/convArguments.ts'
import { workOf } from '../ops/work.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import { compute } from '../tensor/compute.ts'
import { zerosLike } from '../tensor/create.ts'
import { noGrad } from '../tensor/noGrad.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Chunk, checkBatch, chunkTensor } from './chunk.ts'
import { InOrder } from './inOrder.ts'

export interface CausalLayer {
  /** `[outChannels, inChannels / groups, kernel]` */
  readonly weight: Tensor
  /** `[outChannels]` */
  readonly bias?: Tensor | undefined
  /** Samples from tap to tap. 1 by default. */
  readonly dilation?: number
  /** 1 by default. */
  readonly groups?: number
}

/** One sample through the network: `layers[i](h)` is layer i at this sample, for `h` `[batch, channels, 1]`. */
export type CausalStep = (x: Tensor, layers: readonly ((h: Tensor) => Tensor)[]) => Tensor

export interface CausalQueueOptions {
  readonly layers: readonly CausalLayer[]
  /** How the layers are joined: gates, residuals, skips. By default one after the other. */
  readonly step?: CausalStep
}

export interface CausalQueue {
  /**
   * The output of the next sample, computed: `[batch, channels, 1]` for a tensor of that shape or a
   * typed array of one value per channel. Calls made without waiting run in order.
   *
   * @throws StriateError if the sample does not fit, or a step skips a layer or runs one twice.
   */
  push(sample: Chunk): Promise<Tensor>
  /** Forgets all samples: the next begins a new signal. */
  reset(): Promise<void>
  /** How many samples each output sees where the layers run one after the other: itself and those before. */
  readonly receptiveField: number
  /** Multiply-adds of the step before; 0 before the first. */
  readonly multiplyAdds: number
}

const op = 'causalQueue'

/**
 * Runs a stack of causal convolutions sample by sample. The outputs are those of the same stack of
 * `conv1d(x, weight, { dilation, padding: 'causal' })` on the whole signal; the cost of a step does not
 * grow with the receptive field. No gradient passes.
 *
 * @throws StriateError for layers that do not fit.
 * @example
 * ```ts
 * import { causalQueue, tensor } from 'striate'
 * const weight = tensor([[[1, 1]]])
 * const queue = causalQueue({ layers: [{ weight }, { weight, dilation: 2 }] })
 * queue.receptiveField // => 4
 * await (await queue.push(new Float32Array([1]))).item() // => 1
 * await (await queue.push(new Float32Array([2]))).item() // => 3
 * await (await queue.push(new Float32Array([3]))).item() // => 6
 * queue.multiplyAdds // => 4
 * ```
 * @see Paine et al., "Fast WaveNet generation algorithm" (2016), arXiv 1611.09482.
 */
export function causalQueue(options: CausalQueueOptions): CausalQueue {
  rejectUnknown(op, options, ['layers', 'step'])
  return new Queue(options)
}

class Queue implements CausalQueue {
  readonly receptiveField: number
  readonly #layers: readonly QueuedLayer[]
  readonly #step: CausalStep
  readonly #order = new InOrder()
  #batch: number | null = null
  #multiplyAdds = 0

  constructor({ layers, step }: CausalQueueOptions) {
    if (!Array.isArray(layers) || layers.length === 0) {
      fail({ op, argument: 'layers', got: 'none', needs: 'must be a list of at least one layer' })
    }
    this.#layers = layers.map((layer: CausalLayer) => new QueuedLayer(layer))
    this.#step = step ?? ((x, all) => all.reduce((h, layer) => layer(h), x))
    this.receptiveField = this.#layers.reduce((field, { extent }) => field + extent - 1, 1)
  }

  get multiplyAdds(): number {
    return this.#multiplyAdds
  }

  push(sample: Chunk): Promise<Tensor> {
    return this.#order.run(async () => {
      const x = chunkTensor(op, sample, channelsOf(sample))
      if (x.shape[2] !== 1) {
        fail({
          op,
          argument: 'sample',
          got: `[${x.shape.join(', ')}]`,
          needs: 'expects one sample [batch, channels, 1]',
        })
      }
      checkBatch(op, x, this.#batch)
      const met = new Map<QueuedLayer, Tensor>()
      const y = noGrad(() =>
        this.#step(
          x,
          this.#layers.map((layer, i) => (h: Tensor): Tensor => {
            if (met.has(layer))
              fail({
                op,
                argument: 'step',
                got: `layer ${i} twice`,
                needs: 'must run each layer once',
              })
            met.set(layer, h)
            return layer.apply(h)
          }),
        ),
      )
      const skipped = this.#layers.findIndex((layer) => !met.has(layer))
      if (skipped >= 0) {
        fail({
          op,
          argument: 'step',
          got: `layer ${skipped} not at all`,
          needs: 'must run each layer once',
        })
      }
      this.#multiplyAdds = workOf(y).multiplyAdds
      await compute([y, ...met.values()])
      for (const [layer, h] of met) layer.remember(h)
      this.#batch = x.shape[0]!
      return y
    })
  }

  reset(): Promise<void> {
    return this.#order.run(async () => {
      for (const layer of this.#layers) layer.forget()
      this.#batch = null
    })
  }
}

/** Rows of a typed array: one value per channel. */
const channelsOf = (sample: Chunk): number =>
  ArrayBuffer.isView(sample) ? Math.max(1, sample.length) : (sample?.shape?.[1] ?? 1)

/** One convolution and the inputs that it has yet to meet again, in a ring. */
class QueuedLayer {
  readonly extent: number
  readonly #layer: CausalLayer
  readonly #dilation: number
  readonly #kernel: number
  #ring: (Tensor | null)[]
  #now = 0

  constructor(layer: CausalLayer) {
    rejectUnknown(op, layer, ['weight', 'bias', 'dilation', 'groups'])
    const { weight } = layer
    requireTensor(op, 'weight', weight)
    if (weight.rank !== 3 || weight.size === 0) {
      fail({
        op,
        argument: 'weight',
        got: `[${weight.shape.join(', ')}]`,
        needs: 'expects [out, in/groups, kernel] with at least one tap',
      })
    }
    checkGroups(op, layer.groups)
    this.#layer = layer
    this.#kernel = weight.shape[2]!
    this.#dilation = perAxis(op, 'dilation', layer.dilation, 1, 1)[0]!
    this.extent = kernelExtent(this.#kernel, this.#dilation)
    this.#ring = this.#empty()
  }

  /** The layer at this sample. */
  apply(h: Tensor): Tensor {
    const { weight, bias, groups = 1 } = this.#layer
    const taps = Array.from({ length: this.#kernel - 1 }, (_, k) => {
      const back = (this.#kernel - 1 - k) * this.#dilation
      return this.#ring[(this.#now - back + this.#ring.length) % this.#ring.length] ?? zerosLike(h)
    })
    return conv1d(concat([...taps, h], 2), weight, { bias, groups })
  }

  /** Puts this sample's input where it is met again; the oldest goes. */
  remember(h: Tensor): void {
    this.#ring[this.#now] = h
    this.#now = (this.#now + 1) % this.#ring.length
  }

  forget(): void {
    this.#ring = this.#empty()
  }

  #empty(): (Tensor | null)[] {
    return Array.from({ length: this.extent }, () => null)
  }
}
