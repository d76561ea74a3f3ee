/** Locally connected layers: convolutions whose every output cell has a kernel of its own. */
import { describe, fail } from '../../errors.ts'
import { checkLayout } from '../../geometry/layout.ts'
import { perAxis } from '../../geometry/padding.ts'
import { resolveInit } from '../../init/defaults.ts'
import { checkGroups } from '../../ops/convArguments.ts'
import {
  type LocalConvOptions,
  localConv1d as local1d,
  localConv2d as local2d,
  localConv3d as local3d,
} from '../../ops/localConv.ts'
import { unfoldAxes } from '../../ops/unfold.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { Layer, type LayerFacts } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'
import { type PerAxis, type Rank, showPadding } from '../sizes.ts'
import type { Parameter } from '../state.ts'
import { checkCount, checkGiven, firstValues } from '../weights.ts'
import { type WindowOptions, windowOptionNames } from './convolution.ts'

export interface LocalConvLayerOptions<R extends Rank, In extends number, Out extends number>
  extends Omit<WindowOptions<R>, 'bias'> {
  readonly inChannels: In
  readonly outChannels: Out
  /** The space of the input, which sets how many kernels there are. */
  readonly inputSize: PerAxis<R>
  /** Parts into which the channels are split. 1 by default. */
  readonly groups?: number
  /** One bias for every output cell (true, the default), one per channel (`'shared'`), or none. */
  readonly bias?: boolean | 'shared'
}

type LocalOp = (x: Tensor, weight: Tensor, options: LocalConvOptions) => Tensor

const operators: Readonly<Record<Rank, LocalOp>> = {
  1: (x, weight, options) => local1d(x, weight, options),
  2: (x, weight, options) => local2d(x, weight, options),
  3: (x, weight, options) => local3d(x, weight, options),
}

/** A convolution without shared weights. */
export class LocalConvolution<
  In extends number = number,
  Out extends number = number,
> extends Layer<In, Out> {
  /** `[...outputSpace, out, in / groups, ...kernel]`. */
  readonly weight: Parameter
  /** `[...outputSpace, out]` or `[out]`; undefined without bias. */
  readonly bias: Parameter | undefined
  readonly #rank: Rank
  readonly #options: Omit<LocalConvOptions, 'bias'>
  readonly #facts: LayerFacts
  readonly #recipe: LayerRecipe

  constructor(rank: Rank, options: LocalConvLayerOptions<Rank, In, Out>) {
    super()
    const op = `nn.localConv${rank}d`
    const { inChannels, outChannels, inputSize, kernelSize, bias = true, init, ...window } = options
    checkCount(op, 'inChannels', inChannels)
    checkCount(op, 'outChannels', outChannels)
    if (typeof bias !== 'boolean' && bias !== 'shared')
      fail({ op, argument: 'bias', needs: "must be true, false or 'shared'", got: describe(bias) })
    const layout = checkLayout(op, window.layout)
    const groups = checkGroups(op, window.groups)
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      const got = `${groups} for ${inChannels} and ${outChannels} channels`
      fail({ op, argument: 'groups', needs: 'must divide inChannels and outChannels', got })
    }
    const kernel = perAxis(op, 'kernelSize', checkGiven(op, 'kernelSize', kernelSize), rank, 1)
    const { paddingMode, ...sizes } = window
    const input = perAxis(op, 'inputSize', checkGiven(op, 'inputSize', inputSize), rank, 1)
    const axes = unfoldAxes(op, input, kernel, sizes)
    const space = axes.map((axis) => axis.output)
    const kernelShape = [outChannels, inChannels / groups, ...kernel]
    const biasShape = bias === 'shared' ? [outChannels] : [...space, outChannels]
    const values = firstValues(resolveInit(op, init), {
      weightShape: [...space, ...kernelShape],
      kernelShape,
      biasShape: bias ? biasShape : null,
      groups,
    })
    this.weight = this.parameter('weight', values.weight)
    this.bias = values.bias ? this.parameter('bias', values.bias) : undefined
    const { init: _, ...settings } = options
    this.#recipe = recipeOf(`localConv${rank}d`, settings)
    this.#rank = rank
    this.#options = { ...window, groups }
    this.#facts = {
      kernelSize: kernel,
      stride: axes.map((axis) => axis.stride),
      padding: showPadding(window.padding),
      dilation: axes.map((axis) => axis.dilation),
      groups,
      layout,
    }
  }

  override get kind(): string {
    return `LocalConv${this.#rank}d`
  }

  override get facts(): LayerFacts {
    return this.#facts
  }

  override get recipe(): LayerRecipe {
    return this.#recipe
  }

  forward(x: Tensor): Tensor {
    return operators[this.#rank](x, this.weight, { ...this.#options, bias: this.bias })
  }
}

function localConv<In extends number, Out extends number>(
  rank: Rank,
  options: LocalConvLayerOptions<Rank, In, Out>,
): LocalConvolution<In, Out> {
  const known = ['inChannels', 'outChannels', 'inputSize', 'groups', ...windowOptionNames]
  rejectUnknown(`nn.localConv${rank}d`, options, known)
  return new LocalConvolution(rank, options)
}

/** {@link localConv2d} over one axis. */
export const localConv1d = <const In extends number, const Out extends number>(
  options: LocalConvLayerOptions<1, In, Out>,
): LocalConvolution<In, Out> => localConv(1, options)

/**
 * A convolution whose every output cell has a kernel of its own, for an input of `inputSize` cells;
 * each kernel begins as a shared one would. Its weight is `[...outputSpace, out, in / groups, ...kernel]`.
 *
 * @throws StriateError for counts, sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * const layer = nn.localConv2d({ inChannels: 1, outChannels: 2, kernelSize: 3, inputSize: [4, 5] })
 * layer.weight.shape // => [2, 3, 2, 1, 3, 3]
 * ```
 * @see Taigman and others, "DeepFace" (2014).
 */
export const localConv2d = <const In extends number, const Out extends number>(
  options: LocalConvLayerOptions<2, In, Out>,
): LocalConvolution<In, Out> => localConv(2, options)

/** {@link localConv2d} over three axes. */
export const localConv3d = <const In extends number, const Out extends number>(
  options: LocalConvLayerOptions<3, In, Out>,
): LocalConvolution<In, Out> => localConv(3, options)
