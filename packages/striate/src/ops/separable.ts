/** Depthwise, pointwise and separable convolution of any rank: {@link conv} with its groups worked out. */
import { fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ConvOptions, conv } from './conv.ts'
import { checkSpatial } from './spatialArguments.ts'

/** The options of `conv` without `groups`, which follows from the channels. */
export type DepthwiseConvOptions = Omit<ConvOptions, 'groups'>

/** What a kernel of 1 leaves of the options of `conv`. */
export type PointwiseConvOptions = Pick<ConvOptions, 'bias' | 'stride' | 'groups' | 'layout'>

const depthwiseNames = [
  ...['bias', 'stride', 'dilation', 'padding', 'paddingMode', 'layout', 'precision'],
]
const pointwiseNames = ['bias', 'stride', 'groups', 'layout']

const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`

function depthwise(
  op: string,
  rank: number | null,
  x: Tensor,
  weight: Tensor,
  options: DepthwiseConvOptions,
  argument = 'weight',
): Tensor {
  rejectUnknown(op, options, depthwiseNames)
  const { channels, rank: dimensions } = checkSpatial(op, rank, x, options.layout)
  requireTensor(op, argument, weight)
  const rows = weight.shape[0]!
  const isWhole = rows > 0 && rows % channels === 0
  if (weight.rank !== dimensions + 2 || weight.shape[1] !== 1 || !isWhole) {
    fail({
      op,
      argument,
      got: show(weight.shape),
      needs: `expects [channels·multiplier, 1, ...kernel] with ${dimensions + 2} axes and a multiple of ${channels} rows`,
      hint: `x is ${show(x.shape)}`,
    })
  }
  return conv(x, weight, { ...options, groups: channels })
}

function pointwise(
  op: string,
  rank: number | null,
  x: Tensor,
  weight: Tensor,
  options: PointwiseConvOptions,
  argument = 'weight',
): Tensor {
  rejectUnknown(op, options, pointwiseNames)
  const { rank: dimensions } = checkSpatial(op, rank, x, options.layout)
  requireTensor(op, argument, weight)
  if (weight.rank !== dimensions + 2 || weight.shape.slice(2).some((size) => size !== 1)) {
    fail({
      op,
      argument,
      got: show(weight.shape),
      needs: `expects [out, in/groups, ${Array.from({ length: dimensions }, () => 1).join(', ')}], a kernel of 1 on every axis`,
      hint: `x is ${show(x.shape)}; conv takes any kernel`,
    })
  }
  return conv(x, weight, options)
}

function separable(
  op: string,
  rank: number | null,
  x: Tensor,
  depthwiseWeight: Tensor,
  pointwiseWeight: Tensor,
  { bias, ...options }: DepthwiseConvOptions,
): Tensor {
  const spatial = depthwise(op, rank, x, depthwiseWeight, options, 'depthwiseWeight')
  const { layout } = options
  return pointwise(
    op,
    rank,
    spatial,
    pointwiseWeight,
    { bias, ...(layout === undefined ? {} : { layout }) },
    'pointwiseWeight',
  )
}

/**
 * Convolution of each channel by itself: `groups` is the number of channels of `x`.
 * `x` is `[batch, channels, ...space]` (or channels last), `weight` is
 * `[channels·multiplier, 1, ...kernel]`; outputs `c·multiplier` to `c·multiplier + multiplier − 1`
 * read channel `c`:
 *
 *     y[n, c·m + j, o] = bias[c·m + j] + Σ_k weight[c·m + j, 0, k] · x[n, c, o·stride + k·dilation − padding]
 *
 * @throws StriateError for ranks, channels, sizes or options that do not fit.
 * @example
 * ```ts
 * import { depthwiseConv, tensor } from 'striate'
 * const x = tensor([[[1, 2, 3], [10, 20, 30]]])
 * const weight = tensor([[[1, 1]], [[1, -1]]])
 * await depthwiseConv(x, weight).array() // => [[[3, 5], [-10, -10]]]
 * ```
 * @see Sifre, "Rigid-motion scattering for image classification" (2014), chapter 6.
 */
export const depthwiseConv = (
  x: Tensor,
  weight: Tensor,
  options: DepthwiseConvOptions = {},
): Tensor => depthwise('depthwiseConv', null, x, weight, options)

/** {@link depthwiseConv} over one axis: `x` `[batch, channels, length]`. */
export const depthwiseConv1d = (
  x: Tensor,
  weight: Tensor,
  options: DepthwiseConvOptions = {},
): Tensor => depthwise('depthwiseConv1d', 1, x, weight, options)

/** {@link depthwiseConv} over two axes: `x` `[batch, channels, height, width]`. */
export const depthwiseConv2d = (
  x: Tensor,
  weight: Tensor,
  options: DepthwiseConvOptions = {},
): Tensor => depthwise('depthwiseConv2d', 2, x, weight, options)

/** {@link depthwiseConv} over three axes: `x` `[batch, channels, depth, height, width]`. */
export const depthwiseConv3d = (
  x: Tensor,
  weight: Tensor,
  options: DepthwiseConvOptions = {},
): Tensor => depthwise('depthwiseConv3d', 3, x, weight, options)

/**
 * Convolution of each cell by itself, over channels only: a kernel of 1 on every axis.
 * `x` is `[batch, in, ...space]` (or channels last), `weight` is `[out, in / groups, 1, …, 1]`:
 *
 *     y[n, c, o] = bias[c] + Σ_i weight[c, i] · x[n, i, o·stride]
 *
 * @throws StriateError for ranks, channels, a larger kernel, or options that do not fit.
 * @example
 * ```ts
 * import { pointwiseConv, tensor } from 'striate'
 * const x = tensor([[[1, 2, 3], [10, 20, 30]]])
 * await pointwiseConv(x, tensor([[[2], [1]]])).array() // => [[[12, 24, 36]]]
 * ```
 * @see Lin, Chen, Yan, "Network in network" (2013).
 */
export const pointwiseConv = (
  x: Tensor,
  weight: Tensor,
  options: PointwiseConvOptions = {},
): Tensor => pointwise('pointwiseConv', null, x, weight, options)

/** {@link pointwiseConv} over one axis. */
export const pointwiseConv1d = (
  x: Tensor,
  weight: Tensor,
  options: PointwiseConvOptions = {},
): Tensor => pointwise('pointwiseConv1d', 1, x, weight, options)

/** {@link pointwiseConv} over two axes. */
export const pointwiseConv2d = (
  x: Tensor,
  weight: Tensor,
  options: PointwiseConvOptions = {},
): Tensor => pointwise('pointwiseConv2d', 2, x, weight, options)

/** {@link pointwiseConv} over three axes. */
export const pointwiseConv3d = (
  x: Tensor,
  weight: Tensor,
  options: PointwiseConvOptions = {},
): Tensor => pointwise('pointwiseConv3d', 3, x, weight, options)

/**
 * {@link depthwiseConv}, then {@link pointwiseConv}: the kernel `[out, in, ...kernel]` that is the
 * product of both, in fewer multiply-adds. `stride`, `padding`, `dilation` and `paddingMode` are the
 * depthwise part's; `bias` `[out]` is added last.
 *
 * @param depthwiseWeight `[channels·multiplier, 1, ...kernel]`
 * @param pointwiseWeight `[out, channels·multiplier, 1, …, 1]`
 * @throws StriateError for ranks, channels, sizes or options that do not fit.
 * @example
 * ```ts
 * import { separableConv, tensor } from 'striate'
 * const x = tensor([[[1, 2, 3], [10, 20, 30]]])
 * const spread = tensor([[[1, 1]], [[1, -1]]])
 * await separableConv(x, spread, tensor([[[1], [1]]])).array() // => [[[-7, -5]]]
 * ```
 * @see Chollet, "Xception" (2017).
 */
export const separableConv = (
  x: Tensor,
  depthwiseWeight: Tensor,
  pointwiseWeight: Tensor,
  options: DepthwiseConvOptions = {},
): Tensor => separable('separableConv', null, x, depthwiseWeight, pointwiseWeight, options)

/** {@link separableConv} over one axis. */
export const separableConv1d = (
  x: Tensor,
  depthwiseWeight: Tensor,
  pointwiseWeight: Tensor,
  options: DepthwiseConvOptions = {},
): Tensor => separable('separableConv1d', 1, x, depthwiseWeight, pointwiseWeight, options)

/** {@link separableConv} over two axes. */
export const separableConv2d = (
  x: Tensor,
  depthwiseWeight: Tensor,
  pointwiseWeight: Tensor,
  options: DepthwiseConvOptions = {},
): Tensor => separable('separableConv2d', 2, x, depthwiseWeight, pointwiseWeight, options)

/** {@link separableConv} over three axes. */
export const separableConv3d = (
  x: Tensor,
  depthwiseWeight: Tensor,
  pointwiseWeight: Tensor,
  options: DepthwiseConvOptions = {},
): Tensor => separable('separableConv3d', 3, x, depthwiseWeight, pointwiseWeight, options)
