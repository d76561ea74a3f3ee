/** Pooling layers of every rank. */
import { describe, fail } from '../../errors.ts'
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import { perAxis, type SizeArgument } from '../../geometry/padding.ts'
import {
  type AvgPoolOptions,
  avgPool1d as average1d,
  avgPool2d as average2d,
  avgPool3d as average3d,
} from '../../ops/pooling/avgPool.ts'
import {
  lpPool1d as norm1d,
  lpPool2d as norm2d,
  lpPool3d as norm3d,
} from '../../ops/pooling/lpPool.ts'
import {
  maxPool1d as largest1d,
  maxPool2d as largest2d,
  maxPool3d as largest3d,
} from '../../ops/pooling/maxPool.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { recipeOf } from '../recipe.ts'
import { type PaddingOf, type PerAxis, type Rank, showPadding } from '../sizes.ts'
import { checkGiven } from '../weights.ts'
import { kindOf, type PoolLayer } from './poolLayer.ts'
import { keepsChannels } from './stateless.ts'

export interface PoolLayerOptions<R extends Rank> {
  /** Cells from window to window. The kernel size by default. */
  readonly stride?: PerAxis<R>
  /** Cells added around the input, which never count as values. None by default. */
  readonly padding?: PaddingOf<R>
  /** Cells from tap to tap. 1 by default. */
  readonly dilation?: PerAxis<R>
  /** Whether a last window may reach beyond the padded input. False by default. */
  readonly ceilMode?: boolean
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

export interface AvgPoolLayerOptions<R extends Rank> extends PoolLayerOptions<R> {
  /** Whether cells of the padding count in the divisor. True by default. */
  readonly countIncludePad?: boolean
  /** Divides by this number instead of the count of cells. */
  readonly divisorOverride?: number
}

/** The kernel size alone, or among the options. */
export type Kernel<R extends Rank, Options> =
  | PerAxis<R>
  | (Options & { readonly kernelSize: PerAxis<R> })

type AnyPool = AvgPoolLayerOptions<Rank> & { readonly kernelSize?: PerAxis<Rank> }
type PoolOp = (x: Tensor, kernelSize: SizeArgument, options: AvgPoolOptions) => Tensor

const names = ['stride', 'padding', 'dilation', 'ceilMode', 'layout']
const averageNames = [...names, 'countIncludePad', 'divisorOverride']

/** Both spellings as one: `(kernelSize, options)` or `({ kernelSize, ...options })`. */
function spelled(op: string, kernel: unknown, options: object, known: readonly string[]): AnyPool {
  const isOptions = typeof kernel === 'object' && kernel !== null && !Array.isArray(kernel)
  const all = (
    isOptions ? { ...kernel, ...options } : { ...options, kernelSize: kernel }
  ) as AnyPool
  rejectUnknown(op, all, ['kernelSize', ...known])
  return all
}

function pool(
  rank: Rank,
  name: string,
  compute: PoolOp,
  kernel: unknown,
  options: object,
  known: readonly string[] = names,
  normType: readonly number[] = [],
): PoolLayer {
  const op = `nn.${name}`
  const { kernelSize, ...rest } = spelled(op, kernel, options, known)
  const size = perAxis(op, 'kernelSize', checkGiven(op, 'kernelSize', kernelSize), rank, 1)
  const facts = {
    layout: checkLayout(op, rest.layout),
    kernelSize: size,
    stride: perAxis(op, 'stride', rest.stride ?? size, rank, 1),
    padding: showPadding(rest.padding),
    dilation: perAxis(op, 'dilation', rest.dilation, rank, 1),
  }
  const recipe = recipeOf(name, ...normType, kernelSize, rest)
  return keepsChannels(kindOf(name), (x) => compute(x, size, rest as AvgPoolOptions), recipe, facts)
}

/**
 * The mean of each window: `nn.avgPool1d(2)`, `nn.avgPool1d(3, { stride: 2 })` or
 * `nn.avgPool1d({ kernelSize: 3, stride: 2 })`.
 */
export const avgPool1d = (
  kernelSize: Kernel<1, AvgPoolLayerOptions<1>>,
  options: AvgPoolLayerOptions<1> = {},
): PoolLayer => pool(1, 'avgPool1d', average1d, kernelSize, options, averageNames)

/**
 * The mean of each window: `nn.avgPool2d(2)`, `nn.avgPool2d(3, { stride: 2 })` or
 * `nn.avgPool2d({ kernelSize: 3, stride: 2 })`.
 *
 * @throws StriateError for sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * await nn.avgPool2d(2).forward(tensor([[[[1, 2], [3, 6]]]])).array() // => [[[[3]]]]
 * ```
 */
export const avgPool2d = (
  kernelSize: Kernel<2, AvgPoolLayerOptions<2>>,
  options: AvgPoolLayerOptions<2> = {},
): PoolLayer => pool(2, 'avgPool2d', average2d, kernelSize, options, averageNames)

/** The mean of each window of three axes; spelled as {@link avgPool2d}. */
export const avgPool3d = (
  kernelSize: Kernel<3, AvgPoolLayerOptions<3>>,
  options: AvgPoolLayerOptions<3> = {},
): PoolLayer => pool(3, 'avgPool3d', average3d, kernelSize, options, averageNames)

/** The largest cell of each window of one axis; spelled as {@link avgPool2d}. */
export const maxPool1d = (
  kernelSize: Kernel<1, PoolLayerOptions<1>>,
  options: PoolLayerOptions<1> = {},
): PoolLayer => pool(1, 'maxPool1d', largest1d, kernelSize, options)

/**
 * The largest cell of each window; spelled as {@link avgPool2d}.
 *
 * @throws StriateError for sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * await nn.maxPool2d({ kernelSize: [1, 2] }).forward(tensor([[[[1, 2], [3, 6]]]])).array() // => [[[[2], [6]]]]
 * ```
 */
export const maxPool2d = (
  kernelSize: Kernel<2, PoolLayerOptions<2>>,
  options: PoolLayerOptions<2> = {},
): PoolLayer => pool(2, 'maxPool2d', largest2d, kernelSize, options)

/** The largest cell of each window of three axes; spelled as {@link avgPool2d}. */
export const maxPool3d = (
  kernelSize: Kernel<3, PoolLayerOptions<3>>,
  options: PoolLayerOptions<3> = {},
): PoolLayer => pool(3, 'maxPool3d', largest3d, kernelSize, options)

type NormOp = (x: Tensor, p: number, kernelSize: SizeArgument, options: AvgPoolOptions) => Tensor

function lpPool(
  rank: Rank,
  compute: NormOp,
  p: number,
  kernel: unknown,
  options: object,
): PoolLayer {
  const name = `lpPool${rank}d`
  if (typeof p !== 'number' || !(p > 0)) {
    const needs = 'must be a number above 0'
    fail({ op: `nn.${name}`, argument: 'normType', needs, got: describe(p) })
  }
  const ofNorm: PoolOp = (x, size, rest) => compute(x, p, size, rest)
  return pool(rank, name, ofNorm, kernel, options, names, [p])
}

/** The p-norm of each window of one axis: `nn.lpPool1d(2, 3)`. */
export const lpPool1d = (
  normType: number,
  kernelSize: Kernel<1, PoolLayerOptions<1>>,
  options: PoolLayerOptions<1> = {},
): PoolLayer => lpPool(1, norm1d, normType, kernelSize, options)

/** The p-norm of each window of two axes: `nn.lpPool2d(2, 3)`. */
export const lpPool2d = (
  normType: number,
  kernelSize: Kernel<2, PoolLayerOptions<2>>,
  options: PoolLayerOptions<2> = {},
): PoolLayer => lpPool(2, norm2d, normType, kernelSize, options)

/** The p-norm of each window of three axes: `nn.lpPool3d(2, 3)`. */
export const lpPool3d = (
  normType: number,
  kernelSize: Kernel<3, PoolLayerOptions<3>>,
  options: PoolLayerOptions<3> = {},
): PoolLayer => lpPool(3, norm3d, normType, kernelSize, options)
