/** An exponential moving average of weights: what is worth evaluating is often the mean of where training has been. */
import { describe, fail } from '../errors.ts'
import { Layer } from '../nn/layer.ts'
import { State } from '../nn/state.ts'
import { loadStates } from '../nn/stateDict.ts'
import { add, mul, sub } from '../ops/elementwise/arithmetic.ts'
import { rejectUnknown } from '../options.ts'
import { allocate, isFloat } from '../tensor/dtype.ts'
import { withoutTracking } from '../tensor/node.ts'
import { inScope } from '../tensor/scope.ts'
import { fromData, type Tensor } from '../tensor/tensor.ts'
import { checkFlag, checkNumber } from './optimizers/rule.ts'

export interface EmaOptions {
  /** How much of the average stays at each step; 0.999 by default. */
  readonly decay?: number
  /** Whether the decay begins small: at step t it is at most (1 + t) / (10 + t). False by default. */
  readonly warmUp?: boolean
  /** Whether running statistics are averaged too; by default they are those of the network. */
  readonly buffers?: boolean
}

/** The moving average of a network's weights; see {@link ema}. */
export interface WeightAverage {
  /** What it was made with. */
  readonly settings: Readonly<Required<EmaOptions>>
  /** How often it has moved. */
  readonly updates: number
  /** Follows a network; a network that it follows already keeps its average. */
  attach(net: Layer): this
  /** Moves the average towards the weights as they are now, lazily: the next evaluation computes it. */
  update(): void
  /** Does some work while the network has the average for its weights, and gives it back its own. */
  apply<Result>(work: () => Result | Promise<Result>): Promise<Result>
  /** Gives the network the average for good. */
  copyToNetwork(): void
  /** The average by the names of the weights, and how often it has moved. */
  stateDict(): Record<string, Tensor>
  /** Takes the values of `stateDict`: all or, on an error, none. */
  loadStateDict(dict: Readonly<Record<string, Tensor>>): void
  /** @internal The states by name, which a failed step must put back. */
  states(): ReadonlyMap<string, State>
}

/**
 * An average of the weights that training moves, handed to `fit` as `average`. After the first step it
 * is the weights; after each later one `average + (1 − decay) · (weights − average)`. `fit` validates
 * with the average; afterwards `apply` evaluates with it, and `copyToNetwork` keeps it.
 *
 * @throws StriateError for unknown options, or a decay outside [0, 1).
 * @example
 * ```ts
 * import { ema, nn, tensor } from 'striate'
 * const net = nn.linear(1, 1, { bias: false })
 * const average = ema({ decay: 0.75 }).attach(net)
 * for (const weight of [1, 5, 9]) {
 *   net.weight.assign(tensor([[weight]]))
 *   average.update()
 * }
 * await average.apply(() => net.weight.array()) // => [[3.75]]
 * await net.weight.array() // => [[9]]
 * ```
 * @see Polyak, Juditsky, "Acceleration of stochastic approximation by averaging" (1992); the formula is
 * that of PyTorch's `AveragedModel` with `get_ema_multi_avg_fn`.
 */
export function ema(options: EmaOptions = {}): WeightAverage {
  const op = 'ema'
  rejectUnknown(op, options, ['decay', 'warmUp', 'buffers'])
  const { decay = 0.999, warmUp = false, buffers = false } = options
  checkNumber(op, 'decay', decay, 0, 1)
  checkFlag(op, 'warmUp', warmUp)
  checkFlag(op, 'buffers', buffers)
  return new Average({ decay, warmUp, buffers })
}

interface Entry {
  readonly name: string
  /** Of the network. */
  readonly weight: State
  readonly average: State
}

/** No weight has a name with a colon. */
const countName = ':updates'

class Average implements WeightAverage {
  readonly settings: Readonly<Required<EmaOptions>>
  readonly #updates: State = new State(fromData(new Int32Array(1), [], 'int32'))
  #entries: readonly Entry[] | null = null

  constructor(settings: Readonly<Required<EmaOptions>>) {
    this.settings = settings
  }

  get updates(): number {
    return this.#updates.node.data![0]!
  }

  attach(net: Layer): this {
    if (!(net instanceof Layer))
      fail({ op: 'ema.attach', argument: 'net', needs: 'must be a layer', got: describe(net) })
    const trained = net.namedParameters().filter(([, { requiresGrad }]) => requiresGrad)
    const kept = this.settings.buffers
      ? net.namedBuffers().filter(([, { dtype }]) => isFloat(dtype))
      : []
    const wanted: (readonly [string, State])[] = [...trained, ...kept]
    const before = this.#entries
    const isSame =
      before?.length === wanted.length &&
      before.every(({ name, weight, average }, at) => {
        const [given, state] = wanted[at]!
        return name === given && weight === state && average.dtype === state.dtype
      })
    if (isSame) return this
    this.#entries = wanted.map(([name, weight]) => {
      const { shape, dtype, size } = weight
      return {
        name,
        weight,
        average: new State({ shape, dtype, make: () => allocate(dtype, size) }),
      }
    })
    this.#updates.assign(new Int32Array(1))
    return this
  }

  update(): void {
    const entries = this.#attached('update')
    const { updates } = this
    const taken = 1 - this.#decayAt(updates)
    withoutTracking(() =>
      inScope('average', () => {
        for (const { weight, average } of entries) {
          if (updates === 0) average.assign(weight.detach())
          else average.assign(add(average, mul(sub(weight, average), scalar(taken, weight))))
        }
      }),
    )
    this.#updates.assign(Int32Array.of(updates + 1))
  }

  async apply<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const entries = this.#attached('apply')
    if (this.updates === 0) return work()
    const nodes = entries.map(({ weight }) => weight.node)
    for (const { weight, average } of entries) weight.node = average.node
    try {
      return await work()
    } finally {
      for (const [at, { weight }] of entries.entries()) weight.node = nodes[at]!
    }
  }

  copyToNetwork(): void {
    const entries = this.#attached('copyToNetwork')
    if (this.updates > 0) for (const { weight, average } of entries) weight.assign(average.detach())
  }

  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([...this.states()].map(([name, state]) => [name, state.detach()]))
  }

  loadStateDict(dict: Readonly<Record<string, Tensor>>): void {
    loadStates('ema', this.states(), dict, {})
  }

  states(): ReadonlyMap<string, State> {
    const named = this.#attached('states').map(({ name, average }) => [name, average] as const)
    return new Map<string, State>([[countName, this.#updates], ...named])
  }

  #decayAt(updates: number): number {
    const { decay, warmUp } = this.settings
    return warmUp ? Math.min(decay, (1 + updates) / (10 + updates)) : decay
  }

  #attached(method: string): readonly Entry[] {
    if (this.#entries) return this.#entries
    const hint = 'attach(net) names them'
    return fail({ op: `ema.${method}`, needs: 'needs weights to follow', got: 'none', hint })
  }
}

/** A number as a value of the graph, so that it has the same structure at every step. */
function scalar(value: number, { dtype }: State): Tensor {
  const data = allocate(dtype, 1)
  data[0] = value
  return fromData(data, [], dtype)
}
