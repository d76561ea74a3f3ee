/** One-dimensional convolution of an endless signal, chunk by chunk. */
import { describe, fail } from '../errors.ts'
import { kernelExtent } from '../geometry/axis.ts'
import { perAxis } from '../geometry/padding.ts'
import { concat } from '../ops/concat.ts'
import { conv1d } from '../ops/conv.ts'
import { checkDivides, checkGroups } from '../ops/convArguments.ts'
import { slice } from '../ops/slice.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import { compute } from '../tensor/compute.ts'
import { zeros } from '../tensor/create.ts'
import { asFloat, type DType, promote } from '../tensor/dtype.ts'
import { noGrad } from '../tensor/noGrad.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Chunk, checkBatch, chunkTensor } from './chunk.ts'
import { InOrder } from './inOrder.ts'

export interface StreamConv1dOptions {
  /** `[outChannels, inChannels / groups, kernel]` */
  readonly weight: Tensor
  /** `[outChannels]`, added to every cell of its channel. */
  readonly bias?: Tensor | undefined
  /** Samples from window to window. 1 by default. */
  readonly stride?: number
  /** Samples from tap to tap. 1 by default. */
  readonly dilation?: number
  /**
   * `'causal'` (the default): each output sees its own sample and those before. `{ lookAhead }`: it sees
   * so many samples after its own too, and comes so much later.
   */
  readonly padding?: 'causal' | { readonly lookAhead: number }
  /** Parts into which the channels are split. 1 by default. */
  readonly groups?: number
}

/** A convolution that remembers the end of what it has seen. */
export interface Conv1dStream {
  /**
   * Takes the next samples: `[batch, inChannels, length]`, or a typed array of `inChannels` rows.
   * Gives every output that they complete, `[batch, outChannels, length]`, computed; the length may be 0.
   * Calls made without waiting run in order.
   *
   * @throws StriateError if the chunk does not fit the weight or the chunks before.
   */
  push(chunk: Chunk): Promise<Tensor>
  /** Ends the signal: the outputs that still looked ahead, past zeros. The next push begins a new one. */
  flush(): Promise<Tensor>
}

const op = 'streamConv1d'
const optionNames = ['weight', 'bias', 'stride', 'dilation', 'padding', 'groups']

/**
 * A convolution of a signal that comes in chunks. Joined, the outputs are those of `conv1d` on the
 * whole signal with `padding: [[before, lookAhead]]`, `before + lookAhead = dilation · (kernel − 1)`,
 * however the signal was cut. It holds no more samples than a window; no gradient passes.
 *
 * @throws StriateError for a weight, bias or option that does not fit.
 * @example
 * ```ts
 * import { streamConv1d, tensor } from 'striate'
 * const stream = streamConv1d({ weight: tensor([[[1, 1, 1]]]), padding: { lookAhead: 1 } })
 * await (await stream.push(new Float32Array([1, 2]))).array() // => [[[3]]]
 * await (await stream.push(new Float32Array([3, 4]))).array() // => [[[6, 9]]]
 * await (await stream.flush()).array() // => [[[7]]]
 * ```
 */
export function streamConv1d(options: StreamConv1dOptions): Conv1dStream {
  rejectUnknown(op, options, optionNames)
  return new Stream(options)
}

class Stream implements Conv1dStream {
  readonly #options: StreamConv1dOptions
  readonly #settings: {
    readonly stride: number
    readonly dilation: number
    readonly groups: number
  }
  readonly #inChannels: number
  readonly #extent: number
  readonly #lookAhead: number
  readonly #order = new InOrder()
  /** Samples from the start of the next window on; null where there are none. */
  #held: Tensor | null = null
  /** Samples to come that no window reads. */
  #skip = 0
  #batch: number | null = null
  #dtype: DType

  constructor(options: StreamConv1dOptions) {
    const { weight, bias } = options
    requireTensor(op, 'weight', weight)
    const [outChannels, inputs, kernel] = weight.shape
    if (weight.rank !== 3 || weight.size === 0) {
      fail({
        op,
        argument: 'weight',
        got: `[${weight.shape.join(', ')}]`,
        needs: 'expects [out, in/groups, kernel] with at least one tap',
      })
    }
    if (bias !== undefined) {
      requireTensor(op, 'bias', bias)
      if (bias.rank !== 1 || bias.shape[0] !== outChannels) {
        fail({
          op,
          argument: 'bias',
          got: `[${bias.shape.join(', ')}]`,
          needs: `expects shape [${outChannels}], one value per output channel`,
        })
      }
    }
    const groups = checkGroups(op, options.groups)
    checkDivides(op, groups, outChannels!, 'output')
    const [stride, dilation] = [
      perAxis(op, 'stride', options.stride, 1, 1)[0]!,
      perAxis(op, 'dilation', options.dilation, 1, 1)[0]!,
    ]
    this.#options = options
    this.#settings = { stride, dilation, groups }
    this.#inChannels = inputs! * groups
    this.#extent = kernelExtent(kernel!, dilation)
    this.#lookAhead = lookAheadOf(options.padding ?? 'causal', this.#extent)
    this.#dtype = asFloat(bias ? promote(weight.dtype, bias.dtype) : weight.dtype)
  }

  push(chunk: Chunk): Promise<Tensor> {
    return this.#order.run(async () => {
      const samples = chunkTensor(op, chunk, this.#inChannels)
      checkBatch(op, samples, this.#batch)
      return this.#advance(samples)
    })
  }

  flush(): Promise<Tensor> {
    return this.#order.run(async () => {
      const batch = this.#batch
      const last =
        batch === null
          ? this.#nothing(1)
          : await this.#advance(zeros([batch, this.#inChannels, this.#lookAhead]))
      this.#held = null
      this.#skip = 0
      this.#batch = null
      return last
    })
  }

  /** The windows that the samples complete; what later windows need is kept. */
  async #advance(samples: Tensor): Promise<Tensor> {
    const [batch, channels, length] = samples.shape as readonly [number, number, number]
    if (length === 0) return this.#nothing(batch)
    const { stride } = this.#settings
    const before = this.#batch === null ? this.#extent - 1 - this.#lookAhead : 0
    const { outputs, held, skip } = noGrad(() => {
      const unread = Math.min(this.#skip, length)
      const lead = before > 0 ? zeros([batch, channels, before], { dtype: samples.dtype }) : null
      const parts = [this.#held, lead, unread < length ? fromCell(samples, unread) : null]
      const known = parts.filter((part) => part !== null)
      if (known.length === 0) return { outputs: null, held: null, skip: this.#skip - unread }
      const signal = concat(known, 2)
      const cells = signal.shape[2]!
      const windows = Math.max(0, Math.floor((cells - this.#extent) / stride) + 1)
      const next = windows * stride
      return {
        outputs: windows > 0 ? this.#convolve(signal) : null,
        held: next < cells ? fromCell(signal, next) : null,
        skip: Math.max(0, next - cells),
      }
    })
    // Computed together: the state never grows a history.
    await compute([outputs, held].filter((each) => each !== null))
    this.#batch = batch
    this.#held = held
    this.#skip = skip
    this.#dtype = promote(this.#dtype, samples.dtype)
    return outputs ?? this.#nothing(batch)
  }

  #convolve(signal: Tensor): Tensor {
    const { weight, bias } = this.#options
    return conv1d(signal, weight, { ...this.#settings, bias })
  }

  #nothing(batch: number): Tensor {
    return zeros([batch, this.#options.weight.shape[0]!, 0], { dtype: this.#dtype })
  }
}

const fromCell = (signal: Tensor, first: number): Tensor =>
  first === 0 ? signal : slice(signal, [first], [], { axes: [2] })

function lookAheadOf(padding: unknown, extent: number): number {
  if (padding === 'causal') return 0
  const ahead: unknown = (padding as { readonly lookAhead?: unknown } | null)?.lookAhead
  if (typeof ahead === 'number' && Number.isSafeInteger(ahead) && ahead >= 0 && ahead < extent)
    return ahead
  return fail({
    op,
    argument: 'padding',
    got: describe(padding),
    needs: `must be 'causal' or { lookAhead } of 0 to ${extent - 1}, what the kernel spans`,
  })
}
