/** Normalisation layers that keep no statistics: group, instance, layer, root mean square, local response. */
import { describe, fail } from '../../errors.ts'
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import {
  groupNorm as byGroup,
  instanceNorm as byInstance,
} from '../../ops/normalisation/groupNorm.ts'
import {
  layerNorm as byLayer,
  rmsNorm as byRootMeanSquare,
} from '../../ops/normalisation/layerNorm.ts'
import {
  localResponseNorm as byNeighbours,
  type LocalResponseNormOptions,
} from '../../ops/normalisation/localResponseNorm.ts'
import { numberOption } from '../../ops/numberOption.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Same } from '../channels.ts'
import { Layer } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'
import type { Rank } from '../sizes.ts'
import type { Parameter } from '../state.ts'
import { checkCount, checkSwitch, filled } from '../weights.ts'
import { keepsChannels, type Stateless } from './stateless.ts'

interface Affine {
  readonly weight: Parameter | undefined
  readonly bias: Parameter | undefined
}

interface NormPlan {
  readonly kind: string
  /** The shape of weight and bias. */
  readonly shape: readonly number[]
  readonly hasWeight: boolean
  readonly hasBias: boolean
  readonly recipe: LayerRecipe
  readonly compute: (x: Tensor, affine: Affine) => Tensor
}

/** A normalisation with a learnt scale and shift, or without. */
export class Normalisation<In extends number = number, Out extends number = number> extends Layer<
  In,
  Out
> {
  readonly weight: Parameter | undefined
  readonly bias: Parameter | undefined
  readonly #kind: string
  readonly #recipe: LayerRecipe
  readonly #compute: NormPlan['compute']

  constructor({ kind, shape, hasWeight, hasBias, recipe, compute }: NormPlan) {
    super()
    this.#recipe = recipe
    this.#kind = kind
    this.#compute = compute
    this.weight = hasWeight ? this.parameter('weight', filled(shape, 1)) : undefined
    this.bias = hasBias ? this.parameter('bias', filled(shape, 0)) : undefined
  }

  override get kind(): string {
    return this.#kind
  }

  override get recipe(): LayerRecipe {
    return this.#recipe
  }

  forward(x: Tensor): Tensor {
    return this.#compute(x, { weight: this.weight, bias: this.bias })
  }
}

export interface ChannelNormOptions {
  /** Added to the variance. 1e-5 by default. */
  readonly eps?: number
  /** Whether a weight and a bias per channel are learnt. */
  readonly affine?: boolean
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

const channelNames = ['eps', 'affine', 'layout']

function channelOptions(op: string, options: ChannelNormOptions): { eps: number; layout: Layout } {
  rejectUnknown(op, options, channelNames)
  checkSwitch(op, 'affine', options.affine)
  const eps = numberOption(op, 'eps', options.eps, 1e-5, { least: 0 })
  return { eps, layout: checkLayout(op, options.layout) }
}

/**
 * Normalises each sample by its `numGroups` runs of channels, at any rank; a weight and a bias per
 * channel unless `affine` is false.
 *
 * @throws StriateError if the groups do not divide the channels, or options do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * const layer = nn.groupNorm(2, 4, { eps: 0 })
 * await layer.forward(tensor([[1, 3, 10, 30]])).array() // => [[-1, 1, -1, 1]]
 * ```
 * @see Wu, He, "Group normalization" (2018).
 */
export function groupNorm<const Channels extends number>(
  numGroups: number,
  numChannels: Channels,
  options: ChannelNormOptions = {},
): Normalisation<Channels, Channels> {
  const op = 'nn.groupNorm'
  const settings = channelOptions(op, options)
  checkCount(op, 'numGroups', numGroups)
  checkCount(op, 'numChannels', numChannels)
  if (numChannels % numGroups !== 0) {
    const needs = `must divide the ${numChannels} channels`
    fail({ op, argument: 'numGroups', needs, got: describe(numGroups) })
  }
  const hasAffine = options.affine ?? true
  return new Normalisation({
    kind: 'GroupNorm',
    recipe: recipeOf('groupNorm', numGroups, numChannels, options),
    shape: [numChannels],
    hasWeight: hasAffine,
    hasBias: hasAffine,
    compute: (x, affine) => byGroup(x, numGroups, { ...settings, ...affine }),
  })
}

function instanceNorm<Channels extends number>(
  rank: Rank,
  numFeatures: Channels,
  options: ChannelNormOptions,
): Normalisation<Channels, Channels> {
  const op = `nn.instanceNorm${rank}d`
  const settings = channelOptions(op, options)
  checkCount(op, 'numFeatures', numFeatures)
  const hasAffine = options.affine ?? false
  return new Normalisation({
    kind: `InstanceNorm${rank}d`,
    recipe: recipeOf(`instanceNorm${rank}d`, numFeatures, options),
    shape: [numFeatures],
    hasWeight: hasAffine,
    hasBias: hasAffine,
    compute(x, affine) {
      const channels = settings.layout === 'channels-first' ? x.shape[1] : x.shape.at(-1)
      if (x.rank !== rank + 2 || channels !== numFeatures) {
        const needs = `expects ${rank + 2} axes with ${numFeatures} channels`
        fail({ op, argument: 'x', needs, got: describe(x) })
      }
      return byInstance(x, { ...settings, ...affine })
    },
  })
}

/** Normalises each channel of each sample by itself; without weight and bias unless `affine` is true. */
export const instanceNorm1d = <const Channels extends number>(
  numFeatures: Channels,
  options: ChannelNormOptions = {},
): Normalisation<Channels, Channels> => instanceNorm(1, numFeatures, options)

/**
 * Normalises each channel of each sample by itself; without weight and bias unless `affine` is true.
 *
 * @throws StriateError for counts or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * const layer = nn.instanceNorm2d(1, { eps: 0 })
 * await layer.forward(tensor([[[[1, 3]]]])).array() // => [[[[-1, 1]]]]
 * ```
 * @see Ulyanov, Vedaldi, Lempitsky, "Instance normalization" (2016).
 */
export const instanceNorm2d = <const Channels extends number>(
  numFeatures: Channels,
  options: ChannelNormOptions = {},
): Normalisation<Channels, Channels> => instanceNorm(2, numFeatures, options)

/** Normalises each channel of each sample by itself; without weight and bias unless `affine` is true. */
export const instanceNorm3d = <const Channels extends number>(
  numFeatures: Channels,
  options: ChannelNormOptions = {},
): Normalisation<Channels, Channels> => instanceNorm(3, numFeatures, options)

export interface LayerNormLayerOptions {
  /** Added to the variance. 1e-5 by default. */
  readonly eps?: number
  /** Whether a weight of the normalised shape is learnt. True by default. */
  readonly elementwiseAffine?: boolean
  /** Whether a bias of the normalised shape is learnt beside the weight. True by default. */
  readonly bias?: boolean
}

function lastSizes(op: string, normalizedShape: number | readonly number[]): readonly number[] {
  const sizes = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
  if (!Array.isArray(sizes) || sizes.length === 0) {
    const needs = 'must be a size or a list of sizes'
    fail({ op, argument: 'normalizedShape', needs, got: describe(normalizedShape) })
  }
  return sizes.map((size) => checkCount(op, 'normalizedShape', size))
}

/**
 * Normalises over the last axes, of the sizes `normalizedShape`.
 *
 * @throws StriateError for sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * const layer = nn.layerNorm(2, { eps: 0 })
 * await layer.forward(tensor([[1, 3], [10, 30]])).array() // => [[-1, 1], [-1, 1]]
 * ```
 * @see Ba, Kiros, Hinton, "Layer normalization" (2016).
 */
export function layerNorm(
  normalizedShape: number | readonly number[],
  options: LayerNormLayerOptions = {},
): Normalisation<number, Same> {
  const op = 'nn.layerNorm'
  rejectUnknown(op, options, ['eps', 'elementwiseAffine', 'bias'])
  const { elementwiseAffine = true, bias = true } = options
  checkSwitch(op, 'elementwiseAffine', elementwiseAffine)
  checkSwitch(op, 'bias', bias)
  const shape = lastSizes(op, normalizedShape)
  const eps = numberOption(op, 'eps', options.eps, 1e-5, { least: 0 })
  return new Normalisation({
    kind: 'LayerNorm',
    recipe: recipeOf('layerNorm', normalizedShape, options),
    shape,
    hasWeight: elementwiseAffine,
    hasBias: elementwiseAffine && bias,
    compute: (x, affine) => byLayer(x, shape, { eps, ...affine }),
  })
}

/** Divides by the root mean square over the last axes, of the sizes `normalizedShape`. */
export function rmsNorm(
  normalizedShape: number | readonly number[],
  options: Omit<LayerNormLayerOptions, 'bias'> = {},
): Normalisation<number, Same> {
  const op = 'nn.rmsNorm'
  rejectUnknown(op, options, ['eps', 'elementwiseAffine'])
  const { elementwiseAffine = true, eps } = options
  checkSwitch(op, 'elementwiseAffine', elementwiseAffine)
  const shape = lastSizes(op, normalizedShape)
  if (eps !== undefined) numberOption(op, 'eps', eps, 0, { least: 0 })
  return new Normalisation({
    kind: 'RMSNorm',
    recipe: recipeOf('rmsNorm', normalizedShape, options),
    shape,
    hasWeight: elementwiseAffine,
    hasBias: false,
    compute: (x, { weight }) =>
      byRootMeanSquare(x, shape, { weight, ...(eps === undefined ? {} : { eps }) }),
  })
}

/** Divides each cell by the activity of the `size` channels around it, as AlexNet does. */
export function localResponseNorm(
  size: number,
  options: Omit<LocalResponseNormOptions, 'size'> = {},
): Stateless<number, Same> {
  const op = 'nn.localResponseNorm'
  rejectUnknown(op, options, ['alpha', 'beta', 'k', 'layout'])
  checkCount(op, 'size', size)
  checkLayout(op, options.layout)
  const recipe = recipeOf('localResponseNorm', size, options)
  return keepsChannels('LocalResponseNorm', (x) => byNeighbours(x, { ...options, size }), recipe)
}
