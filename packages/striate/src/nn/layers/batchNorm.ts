/** Batch normalisation layers, which keep running statistics. */
import { describe, fail } from '../../errors.ts'
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import { add, cast, div, mul, sub } from '../../ops/elementwise/arithmetic.ts'
import { batchNorm, batchNormTraining } from '../../ops/normalisation/batchNorm.ts'
import { numberOption } from '../../ops/numberOption.ts'
import { rejectUnknown } from '../../options.ts'
import { withoutTracking } from '../../tensor/node.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { Layer } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'
import type { Rank } from '../sizes.ts'
import type { Buffer, Parameter } from '../state.ts'
import { checkCount, checkSwitch, filled } from '../weights.ts'

export interface BatchNormLayerOptions {
  /** Added to the variance. 1e-5 by default. */
  readonly eps?: number
  /** The share of a new batch in the running statistics; null averages over all batches. 0.1 by default. */
  readonly momentum?: number | null
  /** Whether a weight and a bias per channel are learnt. True by default. */
  readonly affine?: boolean
  /** Whether statistics are kept for use; without, every batch is normalised by its own. True by default. */
  readonly trackRunningStats?: boolean
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/** What is there only with `trackRunningStats`. */
interface Running {
  readonly mean: Buffer
  readonly variance: Buffer
  /** How many batches were seen; only where `momentum` is null. */
  readonly count: Buffer | undefined
}

/** In training by the batch's own statistics, in use by the running ones. */
export class BatchNorm<Channels extends number = number> extends Layer<Channels, Channels> {
  readonly numFeatures: number
  /** `[numFeatures]`; undefined without `affine`. */
  readonly weight: Parameter | undefined
  readonly bias: Parameter | undefined
  readonly #rank: Rank
  readonly #eps: number
  readonly #momentum: number | null
  readonly #layout: Layout
  readonly #running: Running | undefined
  readonly #recipe: LayerRecipe

  constructor(rank: Rank, numFeatures: Channels, options: BatchNormLayerOptions) {
    super()
    const op = `nn.batchNorm${rank}d`
    rejectUnknown(op, options, ['eps', 'momentum', 'affine', 'trackRunningStats', 'layout'])
    const { affine = true, trackRunningStats = true } = options
    this.numFeatures = checkCount(op, 'numFeatures', numFeatures)
    checkSwitch(op, 'affine', affine)
    checkSwitch(op, 'trackRunningStats', trackRunningStats)
    this.#rank = rank
    this.#recipe = recipeOf(`batchNorm${rank}d`, numFeatures, options)
    this.#layout = checkLayout(op, options.layout)
    this.#eps = numberOption(op, 'eps', options.eps, 1e-5, { least: 0 })
    const { momentum } = options
    const range = { least: 0, most: 1 }
    this.#momentum = momentum === null ? null : numberOption(op, 'momentum', momentum, 0.1, range)
    const values = (value: number): ReturnType<typeof filled> => filled([numFeatures], value)
    this.weight = affine ? this.parameter('weight', values(1)) : undefined
    this.bias = affine ? this.parameter('bias', values(0)) : undefined
    this.#running = trackRunningStats
      ? {
          mean: this.buffer('running_mean', values(0)),
          variance: this.buffer('running_var', values(1)),
          count:
            momentum === null
              ? this.buffer('num_batches_tracked', filled([], 0, 'int32'))
              : undefined,
        }
      : undefined
  }

  override get kind(): string {
    return `BatchNorm${this.#rank}d`
  }

  override get recipe(): LayerRecipe {
    return this.#recipe
  }

  forward(x: Tensor): Tensor {
    this.#checkRank(x)
    const running = this.#running
    const { weight, bias } = this
    const [eps, layout] = [this.#eps, this.#layout]
    const follows = this.training && (running?.mean.follows ?? true)
    if (running && !follows) {
      const { mean, variance } = running
      return batchNorm(x, { weight, bias, eps, layout, mean, variance })
    }
    const { y, mean, unbiasedVariance } = batchNormTraining(x, { weight, bias, eps, layout })
    if (running) this.#observe(running, mean, unbiasedVariance)
    return y
  }

  /** `running ← (1 − momentum) · running + momentum · new`; the variance estimated without bias. */
  #observe(running: Running, mean: Tensor, variance: Tensor): void {
    withoutTracking(() => {
      const { count } = running
      if (count) count.assign(cast(add(count, 1), 'int32'))
      const share = this.#momentum ?? div(1, cast(count!, running.mean.dtype))
      const rest = typeof share === 'number' ? 1 - share : sub(1, share)
      for (const [state, now] of [
        [running.mean, mean],
        [running.variance, variance],
      ] as const) {
        const next = add(mul(state, rest), mul(cast(now, state.dtype), share))
        state.assign(cast(next, state.dtype))
      }
    })
  }

  #checkRank(x: Tensor): void {
    if (x.rank === this.#rank + 2 || (this.#rank === 1 && x.rank === 2)) return
    const wanted = this.#rank === 1 ? [2, 3] : [this.#rank + 2]
    const needs = `expects ${wanted.join(' or ')} axes`
    fail({ op: `nn.batchNorm${this.#rank}d`, argument: 'x', needs, got: describe(x) })
  }
}

/** Batch normalisation of `[batch, channels]` or `[batch, channels, length]`; see {@link batchNorm2d}. */
export const batchNorm1d = <const Channels extends number>(
  numFeatures: Channels,
  options: BatchNormLayerOptions = {},
): BatchNorm<Channels> => new BatchNorm(1, numFeatures, options)

/**
 * Batch normalisation of `[batch, channels, height, width]`. In training every channel is normalised by
 * the mean and variance of the batch, and the running statistics move towards them; in use it is
 * normalised by the running statistics.
 *
 * The state dict holds `weight`, `bias`, `running_mean` and `running_var`; PyTorch's
 * `num_batches_tracked` only where `momentum` is null, which alone reads it.
 *
 * @throws StriateError for counts or options that do not fit.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * const layer = nn.batchNorm2d(8)
 * Object.keys(layer.stateDict()) // => ['weight', 'bias', 'running_mean', 'running_var']
 * layer.parameters().length // => 2
 * ```
 * @see Ioffe, Szegedy, "Batch normalization" (2015).
 */
export const batchNorm2d = <const Channels extends number>(
  numFeatures: Channels,
  options: BatchNormLayerOptions = {},
): BatchNorm<Channels> => new BatchNorm(2, numFeatures, options)

/** Batch normalisation of `[batch, channels, depth, height, width]`; see {@link batchNorm2d}. */
export const batchNorm3d = <const Channels extends number>(
  numFeatures: Channels,
  options: BatchNormLayerOptions = {},
): BatchNorm<Channels> => new BatchNorm(3, numFeatures, options)
