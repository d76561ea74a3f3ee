/** Convolution and transposed convolution as layers, of every rank. */
import { describe, fail } from '../../errors.ts'
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import { type PaddingMode, paddingModes, perAxis } from '../../geometry/padding.ts'
import { type Init, resolveInit } from '../../init/defaults.ts'
import {
  type ConvOptions,
  conv1d as convolve1d,
  conv2d as convolve2d,
  conv3d as convolve3d,
} from '../../ops/conv.ts'
import { checkGroups, nearestDivisor } from '../../ops/convArguments.ts'
import {
  type ConvTransposeOptions,
  convTranspose1d as transpose1d,
  convTranspose2d as transpose2d,
  convTranspose3d as transpose3d,
} from '../../ops/convTranspose.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { Layer, type LayerFacts } from '../layer.ts'
import { type LayerRecipe, recipeOf } from '../recipe.ts'
import { type PaddingOf, type PerAxis, type Rank, showPadding } from '../sizes.ts'
import type { Parameter } from '../state.ts'
import { checkCount, checkGiven, checkSwitch, firstValues } from '../weights.ts'

/** What every kind of convolution layer takes beside its channels. */
export interface WindowOptions<R extends Rank> {
  /** Cells of the kernel, per axis. */
  readonly kernelSize: PerAxis<R>
  /** Cells from window to window. 1 by default. */
  readonly stride?: PerAxis<R>
  /** Cells added around the input. None by default. */
  readonly padding?: PaddingOf<R>
  /** Cells from tap to tap. 1 by default. */
  readonly dilation?: PerAxis<R>
  /** What the added cells hold. `'zeros'` by default. */
  readonly paddingMode?: PaddingMode
  /** Whether there is a bias. True by default. */
  readonly bias?: boolean
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
  /** How weight and bias begin. `'pytorch'` by default. */
  readonly init?: Init
}

export interface ConvLayerOptions<R extends Rank, In extends number, Out extends number>
  extends WindowOptions<R> {
  readonly inChannels: In
  readonly outChannels: Out
  /** Parts into which the channels are split. 1 by default. */
  readonly groups?: number
}

export interface ConvTransposeLayerOptions<R extends Rank, In extends number, Out extends number>
  extends ConvLayerOptions<R, In, Out> {
  /** Cells added to the end of the output. None by default. */
  readonly outputPadding?: PerAxis<R>
}

export const windowOptionNames: readonly string[] = [
  'kernelSize',
  'stride',
  'padding',
  'dilation',
  'paddingMode',
  'bias',
  'layout',
  'init',
]

type AnyOptions = ConvTransposeLayerOptions<Rank, number, number>
type Convolve = (x: Tensor, weight: Tensor, options: ConvTransposeOptions) => Tensor

const forward: Readonly<Record<Rank, Convolve>> = {
  1: (x, weight, options) => convolve1d(x, weight, options),
  2: (x, weight, options) => convolve2d(x, weight, options),
  3: (x, weight, options) => convolve3d(x, weight, options),
}

const backward: Readonly<Record<Rank, Convolve>> = {
  1: (x, weight, options) => transpose1d(x, weight, options),
  2: (x, weight, options) => transpose2d(x, weight, options),
  3: (x, weight, options) => transpose3d(x, weight, options),
}

export interface ConvolutionSpec {
  /** The factory's name, for errors. */
  readonly op: string
  /** The name of the kind, for summaries. */
  readonly kind: string
  readonly rank: Rank
  readonly transposed?: boolean
}

/** A convolution, or transposed convolution, with its weight and bias. */
export class Convolution<In extends number = number, Out extends number = number> extends Layer<
  In,
  Out
> {
  /** `[out, in / groups, ...kernel]`; transposed `[in, out / groups, ...kernel]`. */
  readonly weight: Parameter
  /** `[outChannels]`; undefined without bias. */
  readonly bias: Parameter | undefined
  readonly inChannels: number
  readonly outChannels: number
  readonly #kind: string
  readonly #convolve: Convolve
  readonly #options: Omit<ConvTransposeOptions, 'bias'>
  readonly #facts: LayerFacts
  readonly #recipe: LayerRecipe

  constructor({ op, kind, rank, transposed = false }: ConvolutionSpec, options: AnyOptions) {
    super()
    const { bias = true, init, kernelSize, inChannels, outChannels, ...window } = options
    this.inChannels = checkCount(op, 'inChannels', inChannels)
    this.outChannels = checkCount(op, 'outChannels', outChannels)
    checkSwitch(op, 'bias', bias)
    const kernel = perAxis(op, 'kernelSize', checkGiven(op, 'kernelSize', kernelSize), rank, 1)
    const stride = perAxis(op, 'stride', window.stride, rank, 1)
    const dilation = perAxis(op, 'dilation', window.dilation, rank, 1)
    const groups = checkGroups(op, window.groups)
    for (const [argument, channels] of Object.entries({ inChannels, outChannels }))
      checkDivides(op, groups, argument, channels)
    const layout = checkLayout(op, window.layout)
    checkMode(op, window.paddingMode)
    const [rows, columns] = transposed ? [inChannels, outChannels] : [outChannels, inChannels]
    const values = firstValues(resolveInit(op, init), {
      weightShape: [rows, columns / groups, ...kernel],
      biasShape: bias ? [outChannels] : null,
      groups,
      transposed,
    })
    this.weight = this.parameter('weight', values.weight)
    this.bias = values.bias ? this.parameter('bias', values.bias) : undefined
    this.#recipe = recipeOf(`conv${transposed ? 'Transpose' : ''}${rank}d`, {
      inChannels,
      outChannels,
      kernelSize,
      ...window,
      ...(bias ? {} : { bias }),
    })
    this.#kind = kind
    this.#convolve = (transposed ? backward : forward)[rank]
    this.#options = window satisfies Omit<ConvOptions, 'bias'>
    const padding = showPadding(window.padding)
    this.#facts = { kernelSize: kernel, stride, padding, dilation, groups, layout }
  }

  override get kind(): string {
    return this.#kind
  }

  override get facts(): LayerFacts {
    return this.#facts
  }

  override get recipe(): LayerRecipe {
    return this.#recipe
  }

  forward(x: Tensor): Tensor {
    return this.#convolve(x, this.weight, { ...this.#options, bias: this.bias })
  }
}

function checkDivides(op: string, groups: number, argument: string, channels: number): void {
  if (channels % groups === 0) return
  fail({
    op,
    argument: 'groups',
    needs: `must divide ${argument}`,
    got: `${groups} for ${channels} channels`,
    hint: `the nearest that works is ${nearestDivisor(channels, groups)}`,
  })
}

function checkMode(op: string, mode: PaddingMode | undefined): void {
  if (mode === undefined || paddingModes.includes(mode)) return
  const needs = `must be one of ${paddingModes.map((name) => `'${name}'`).join(', ')}`
  fail({ op, argument: 'paddingMode', needs, got: describe(mode) })
}

const convNames = ['inChannels', 'outChannels', 'groups', ...windowOptionNames]

function convolution<R extends Rank, In extends number, Out extends number>(
  rank: R,
  options: ConvLayerOptions<R, In, Out>,
): Convolution<In, Out> {
  const op = `nn.conv${rank}d`
  rejectUnknown(op, options, convNames)
  return new Convolution({ op, kind: `Conv${rank}d`, rank }, options as AnyOptions)
}

function transposed<R extends Rank, In extends number, Out extends number>(
  rank: R,
  options: ConvTransposeLayerOptions<R, In, Out>,
): Convolution<In, Out> {
  const op = `nn.convTranspose${rank}d`
  rejectUnknown(op, options, [...convNames, 'outputPadding'])
  const spec = { op, kind: `ConvTranspose${rank}d`, rank, transposed: true }
  return new Convolution(spec, options as AnyOptions)
}

/**
 * Convolution over one axis: `[batch, inChannels, length]` → `[batch, outChannels, length']`.
 *
 * @throws StriateError for counts, sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * const layer = nn.conv1d({ inChannels: 1, outChannels: 4, kernelSize: 3, padding: 'causal' })
 * layer.forward(tensor([[[1, 2, 3, 4, 5]]])).shape // => [1, 4, 5]
 * layer.weight.shape // => [4, 1, 3]
 * ```
 */
export const conv1d = <const In extends number, const Out extends number>(
  options: ConvLayerOptions<1, In, Out>,
): Convolution<In, Out> => convolution(1, options)

/**
 * Convolution over two axes: `[batch, inChannels, height, width]` → `[batch, outChannels, …]`.
 *
 * @throws StriateError for counts, sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * const layer = nn.conv2d({ inChannels: 1, outChannels: 6, kernelSize: 5, padding: 'same' })
 * layer.weight.shape // => [6, 1, 5, 5]
 * layer.summary([1, 28, 28]).totals.parameters // => 156
 * ```
 */
export const conv2d = <const In extends number, const Out extends number>(
  options: ConvLayerOptions<2, In, Out>,
): Convolution<In, Out> => convolution(2, options)

/** Convolution over three axes: `[batch, inChannels, depth, height, width]`. */
export const conv3d = <const In extends number, const Out extends number>(
  options: ConvLayerOptions<3, In, Out>,
): Convolution<In, Out> => convolution(3, options)

/** Transposed convolution over one axis; its weight is `[in, out / groups, kernel]`. */
export const convTranspose1d = <const In extends number, const Out extends number>(
  options: ConvTransposeLayerOptions<1, In, Out>,
): Convolution<In, Out> => transposed(1, options)

/**
 * Transposed convolution over two axes; its weight is `[in, out / groups, ...kernel]`.
 *
 * @throws StriateError for counts, sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn } from 'striate'
 * const up = nn.convTranspose2d({ inChannels: 8, outChannels: 4, kernelSize: 4, stride: 2, padding: 1 })
 * up.weight.shape // => [8, 4, 4, 4]
 * up.summary([8, 6, 6]).rows[0]!.outputShape // => [4, 12, 12]
 * ```
 */
export const convTranspose2d = <const In extends number, const Out extends number>(
  options: ConvTransposeLayerOptions<2, In, Out>,
): Convolution<In, Out> => transposed(2, options)

/** Transposed convolution over three axes; its weight is `[in, out / groups, ...kernel]`. */
export const convTranspose3d = <const In extends number, const Out extends number>(
  options: ConvTransposeLayerOptions<3, In, Out>,
): Convolution<In, Out> => transposed(3, options)
