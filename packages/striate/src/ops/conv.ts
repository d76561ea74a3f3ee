/** Convolution of any rank, with its typed faces `conv1d`, `conv2d`, `conv3d`. */
import { checkPrecision, type Precision } from '../engine/precision.ts'
import type { Layout } from '../geometry/layout.ts'
import type { Padding, PaddingMode, SizeArgument } from '../geometry/padding.ts'
import { type ConvolutionPlan, planConvolution } from '../geometry/plan.ts'
import { rejectUnknown } from '../options.ts'
import { apply } from '../tensor/build.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type CheckedArguments, checkArguments } from './convArguments.ts'
import { padSpace } from './pad.ts'
import { convolution } from './primitive/convolution.ts'

export interface ConvOptions {
  /** `[outChannels]`, added to every cell of its channel. */
  readonly bias?: Tensor | undefined
  /** Cells from window to window, per axis. 1 by default. */
  readonly stride?: SizeArgument
  /** Cells from tap to tap, per axis. 1 by default. */
  readonly dilation?: SizeArgument
  /** Cells added around the input. None by default. */
  readonly padding?: Padding
  /** What the added cells hold. `'zeros'` by default. */
  readonly paddingMode?: PaddingMode
  /** Parts into which the channels are split; each output reads its part only. 1 by default. */
  readonly groups?: number
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
  /** Whether transforms may round instead of each sum by itself, in gradients too; by default as `setPrecision` says. */
  readonly precision?: Precision | undefined
}

const optionNames = [
  ...['bias', 'stride', 'dilation', 'padding', 'paddingMode', 'groups', 'layout', 'precision'],
]

function build(
  op: string,
  rank: number | null,
  x: Tensor,
  weight: Tensor,
  options: ConvOptions,
): Tensor {
  rejectUnknown(op, options, optionNames)
  const checked = checkArguments(op, rank, x, weight, options, false)
  return applyPlan(op, checked, planConvolution(op, checked, options), options.precision)
}

/** The convolution that was planned, on the input as its padding mode continues it. */
export function applyPlan(
  op: string,
  { x, weight, bias }: CheckedArguments,
  { geometry: planned, continued, paddingMode }: ConvolutionPlan,
  asked: Precision | undefined,
): Tensor {
  const geometry = asked
    ? { ...planned, precision: checkPrecision(op, "option 'precision'", asked) }
    : planned
  const whole = continued ? padSpace(x, continued, paddingMode, geometry.layout) : x
  return apply(convolution, bias ? [whole, weight, bias] : [whole, weight], geometry)
}

/**
 * Convolution of any rank (the machine-learning kind: cross-correlation, the kernel not flipped):
 *
 *     y[n, c, o] = bias[c] + Σ_i Σ_k weight[c, i, k] · x[n, i, o·stride + k·dilation − padding]
 *
 * `x` is `[batch, inChannels, ...space]` (or `[batch, ...space, inChannels]` with
 * `layout: 'channels-last'`), `weight` is `[outChannels, inChannels / groups, ...kernel]` in either
 * layout. Depthwise convolution is `groups = inChannels`; pointwise a kernel of 1.
 *
 * @throws StriateError for ranks, channels, groups, sizes or options that do not fit, naming the
 * argument and the nearest setting that works.
 * @example
 * ```ts
 * import { conv, tensor } from 'striate'
 * const x = tensor([[[1, 2, 3, 4, 5, 6]]])
 * await conv(x, tensor([[[2, 2, 2]]]), { padding: 1 }).array() // => [[[6, 12, 18, 24, 30, 22]]]
 * ```
 * @see Dumoulin, Visin, "A guide to convolution arithmetic for deep learning" (2016).
 */
export const conv = (x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor =>
  build('conv', null, x, weight, options)

/** {@link conv} over one axis: `x` `[batch, channels, length]`, `weight` `[out, in / groups, kernel]`. */
export const conv1d = (x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor =>
  build('conv1d', 1, x, weight, options)

/** {@link conv} over two axes: `x` `[batch, channels, height, width]`. */
export const conv2d = (x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor =>
  build('conv2d', 2, x, weight, options)

/** {@link conv} over three axes: `x` `[batch, channels, depth, height, width]`. */
export const conv3d = (x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor =>
  build('conv3d', 3, x, weight, options)
