/** Adaptive pooling layers: the size of the result is given. */
import { describe, fail } from '../../errors.ts'
import { checkLayout, type Layout } from '../../geometry/layout.ts'
import {
  type AdaptiveSize,
  adaptiveAvgPool1d as adaptiveAverage1d,
  adaptiveAvgPool2d as adaptiveAverage2d,
  adaptiveAvgPool3d as adaptiveAverage3d,
  adaptiveMaxPool1d as adaptiveLargest1d,
  adaptiveMaxPool2d as adaptiveLargest2d,
  adaptiveMaxPool3d as adaptiveLargest3d,
} from '../../ops/pooling/adaptivePool.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { recipeOf } from '../recipe.ts'
import type { Rank, Tuples } from '../sizes.ts'
import { kindOf, type PoolLayer } from './poolLayer.ts'
import { keepsChannels } from './stateless.ts'

export interface SpaceOptions {
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/** A size for every axis, or one per axis; null keeps an axis as it is. */
export type AdaptiveSizeOf<R extends Rank> = number | null | Tuples<number | null>[R]

type AdaptiveOp = (x: Tensor, size: AdaptiveSize, options: SpaceOptions) => Tensor

function adaptive(
  rank: Rank,
  name: string,
  compute: AdaptiveOp,
  size: AdaptiveSize,
  options: SpaceOptions,
): PoolLayer {
  const op = `nn.${name}`
  rejectUnknown(op, options, ['layout'])
  checkLayout(op, options.layout)
  const sizes: readonly unknown[] = Array.isArray(size)
    ? size
    : Array.from({ length: rank }, () => size)
  const isSize = (each: unknown): boolean =>
    each === null || (Number.isSafeInteger(each) && (each as number) >= 1)
  if (sizes.length !== rank || !sizes.every(isSize)) {
    const needs = `must be a whole number of at least 1, null (keeps the size), or ${rank} of them`
    fail({ op, argument: 'outputSize', needs, got: describe(size) })
  }
  return keepsChannels(
    kindOf(name),
    (x) => compute(x, size, options),
    recipeOf(name, size, options),
  )
}

/** Means over windows that share the input out among `outputSize` cells. */
export const adaptiveAvgPool1d = (
  outputSize: AdaptiveSizeOf<1>,
  options: SpaceOptions = {},
): PoolLayer => adaptive(1, 'adaptiveAvgPool1d', adaptiveAverage1d, outputSize, options)

/**
 * Means over windows that share the input out among `outputSize` cells.
 *
 * @throws StriateError for sizes or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * await nn.adaptiveAvgPool2d(1).forward(tensor([[[[1, 2], [3, 6]]]])).array() // => [[[[3]]]]
 * ```
 */
export const adaptiveAvgPool2d = (
  outputSize: AdaptiveSizeOf<2>,
  options: SpaceOptions = {},
): PoolLayer => adaptive(2, 'adaptiveAvgPool2d', adaptiveAverage2d, outputSize, options)

/** Means over windows that share the input out among `outputSize` cells. */
export const adaptiveAvgPool3d = (
  outputSize: AdaptiveSizeOf<3>,
  options: SpaceOptions = {},
): PoolLayer => adaptive(3, 'adaptiveAvgPool3d', adaptiveAverage3d, outputSize, options)

/** Largest cells of windows that share the input out among `outputSize` cells. */
export const adaptiveMaxPool1d = (
  outputSize: AdaptiveSizeOf<1>,
  options: SpaceOptions = {},
): PoolLayer => adaptive(1, 'adaptiveMaxPool1d', adaptiveLargest1d, outputSize, options)

/** Largest cells of windows that share the input out among `outputSize` cells. */
export const adaptiveMaxPool2d = (
  outputSize: AdaptiveSizeOf<2>,
  options: SpaceOptions = {},
): PoolLayer => adaptive(2, 'adaptiveMaxPool2d', adaptiveLargest2d, outputSize, options)

/** Largest cells of windows that share the input out among `outputSize` cells. */
export const adaptiveMaxPool3d = (
  outputSize: AdaptiveSizeOf<3>,
  options: SpaceOptions = {},
): PoolLayer => adaptive(3, 'adaptiveMaxPool3d', adaptiveLargest3d, outputSize, options)
