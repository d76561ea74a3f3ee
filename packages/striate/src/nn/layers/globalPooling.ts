/** Pooling layers over the whole space of each channel. */
import { describe, fail } from '../../errors.ts'
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import { globalMaxPool as largest, globalAvgPool as mean } from '../../ops/pooling/globalPool.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { recipeOf } from '../recipe.ts'
import type { Rank } from '../sizes.ts'
import { kindOf } from './poolLayer.ts'
import { Stateless } from './stateless.ts'

export interface GlobalPoolLayerOptions {
  /** Whether spatial axes stay, with size 1. False by default: the result is `[batch, channels]`. */
  readonly keepDims?: boolean
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

type GlobalOp = (x: Tensor, options: GlobalPoolLayerOptions) => Tensor

function over(
  rank: Rank | null,
  name: string,
  compute: GlobalOp,
  options: GlobalPoolLayerOptions,
): Stateless {
  const op = `nn.${name}`
  rejectUnknown(op, options, ['keepDims', 'layout'])
  checkLayout(op, options.layout)
  const pooled = (x: Tensor): Tensor => {
    if (rank !== null && x.rank !== rank + 2)
      fail({ op, argument: 'x', needs: `expects ${rank + 2} axes`, got: describe(x) })
    return compute(x, options)
  }
  return new Stateless(kindOf(name), pooled, recipeOf(name, options))
}

/**
 * The mean of each channel over all of space, at any rank: `[batch, channels, ...space]` →
 * `[batch, channels]`.
 *
 * @throws StriateError for unknown options.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * await nn.globalAvgPool().forward(tensor([[[[1, 2], [3, 6]]]])).array() // => [[3]]
 * ```
 */
export const globalAvgPool = (options: GlobalPoolLayerOptions = {}): Stateless =>
  over(null, 'globalAvgPool', mean, options)

/** {@link globalAvgPool} of one axis. */
export const globalAvgPool1d = (options: GlobalPoolLayerOptions = {}): Stateless =>
  over(1, 'globalAvgPool1d', mean, options)

/** {@link globalAvgPool} of two axes. */
export const globalAvgPool2d = (options: GlobalPoolLayerOptions = {}): Stateless =>
  over(2, 'globalAvgPool2d', mean, options)

/** {@link globalAvgPool} of three axes. */
export const globalAvgPool3d = (options: GlobalPoolLayerOptions = {}): Stateless =>
  over(3, 'globalAvgPool3d', mean, options)

/** The largest cell of each channel over all of space, at any rank. */
export const globalMaxPool = (options: GlobalPoolLayerOptions = {}): Stateless =>
  over(null, 'globalMaxPool', largest, options)

/** {@link globalMaxPool} of one axis. */
export const globalMaxPool1d = (options: GlobalPoolLayerOptions = {}): Stateless =>
  over(1, 'globalMaxPool1d', largest, options)

/** {@link globalMaxPool} of two axes. */
export const globalMaxPool2d = (options: GlobalPoolLayerOptions = {}): Stateless =>
  over(2, 'globalMaxPool2d', largest, options)

/** {@link globalMaxPool} of three axes. */
export const globalMaxPool3d = (options: GlobalPoolLayerOptions = {}): Stateless =>
  over(3, 'globalMaxPool3d', largest, options)
