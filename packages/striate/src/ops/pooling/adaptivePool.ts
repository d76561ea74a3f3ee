/** Adaptive pooling of any rank: the size of the result is given, the windows follow from it. */
import { describe, fail } from '../../errors.ts'
import { type AxisMap, adaptiveMap } from '../../geometry/axisMap.ts'
import type { Layout } from '../../geometry/layout.ts'
import { rejectUnknown } from '../../options.ts'
import { apply } from '../../tensor/build.ts'
import { asFloat } from '../../tensor/dtype.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { cast } from '../elementwise/arithmetic.ts'
import { mapAxes } from '../mapAxes.ts'
import { windowArgmax, windowMax } from '../primitive/windowMax.ts'
import { alongSpace, checkSpatial } from '../spatialArguments.ts'
import { divideByCounts } from './average.ts'
import type { PooledWithIndices } from './maxPool.ts'

/** A size for every axis, or one per axis; null keeps the size of the input. */
export type AdaptiveSize = number | null | readonly (number | null)[]

export interface AdaptivePoolOptions {
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
}

interface AdaptivePlan {
  readonly maps: readonly AxisMap[]
  readonly first: number
  readonly layout: Layout
}

function plan(
  op: string,
  rank: number | null,
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions,
): AdaptivePlan {
  rejectUnknown(op, options, ['layout'])
  const { space, first, layout } = checkSpatial(op, rank, x, options.layout)
  const sizes: readonly unknown[] = Array.isArray(outputSize)
    ? outputSize
    : space.map(() => outputSize)
  const isSize = (size: unknown): size is number | null =>
    size === null || (Number.isSafeInteger(size) && (size as number) >= 1)
  if (sizes.length !== space.length || !sizes.every(isSize)) {
    fail({
      op,
      argument: 'outputSize',
      got: describe(outputSize),
      needs: `must be a whole number of at least 1, null (keeps the size), or ${space.length} of them (one per axis)`,
    })
  }
  const maps = (sizes as readonly (number | null)[]).map((size, a) =>
    adaptiveMap(space[a]!, size ?? space[a]!),
  )
  return { maps, first, layout }
}

function average(
  op: string,
  rank: number | null,
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions,
): Tensor {
  const { maps, first, layout } = plan(op, rank, x, outputSize, options)
  const totals = mapAxes(cast(x, asFloat(x.dtype)), alongSpace(first, maps))
  const counts = maps.map(({ starts, outputSize: outputs }) =>
    Array.from({ length: outputs }, (_, o) => starts[o + 1]! - starts[o]!),
  )
  return divideByCounts(totals, counts, layout)
}

function largest(
  op: string,
  rank: number | null,
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions,
): Tensor {
  const { maps, first } = plan(op, rank, x, outputSize, options)
  return apply(windowMax, [x], { maps, first })
}

/**
 * Mean over windows that share the input out among `outputSize` cells per axis (a number, one per
 * axis, or null to keep the size): output `o` covers `[⌊o·input/output⌋, ⌈(o + 1)·input/output⌉)`.
 * `x` is `[batch, channels, ...space]`; other layouts by `layout`.
 *
 * @throws StriateError for ranks, sizes or options that do not fit.
 * @example
 * ```ts
 * import { adaptiveAvgPool, tensor } from 'striate'
 * const x = tensor([[[1, 2, 3, 4, 5]]])
 * await adaptiveAvgPool(x, 2).array() // => [[[2, 4]]]
 * await adaptiveAvgPool(x, 1).array() // => [[[3]]]
 * ```
 * @see PyTorch, `torch.nn.functional.adaptive_avg_pool2d`.
 */
export const adaptiveAvgPool = (
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): Tensor => average('adaptiveAvgPool', null, x, outputSize, options)

/** {@link adaptiveAvgPool} over one axis. */
export const adaptiveAvgPool1d = (
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): Tensor => average('adaptiveAvgPool1d', 1, x, outputSize, options)

/** {@link adaptiveAvgPool} over two axes. */
export const adaptiveAvgPool2d = (
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): Tensor => average('adaptiveAvgPool2d', 2, x, outputSize, options)

/** {@link adaptiveAvgPool} over three axes. */
export const adaptiveAvgPool3d = (
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): Tensor => average('adaptiveAvgPool3d', 3, x, outputSize, options)

/**
 * Largest cell of the windows of {@link adaptiveAvgPool}.
 *
 * @throws StriateError for ranks, sizes or options that do not fit.
 * @example
 * ```ts
 * import { adaptiveMaxPool, tensor } from 'striate'
 * await adaptiveMaxPool(tensor([[[1, 9, 3, 4, 5]]]), 2).array() // => [[[9, 5]]]
 * ```
 * @see PyTorch, `torch.nn.functional.adaptive_max_pool2d`.
 */
export const adaptiveMaxPool = (
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): Tensor => largest('adaptiveMaxPool', null, x, outputSize, options)

/** {@link adaptiveMaxPool} over one axis. */
export const adaptiveMaxPool1d = (
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): Tensor => largest('adaptiveMaxPool1d', 1, x, outputSize, options)

/** {@link adaptiveMaxPool} over two axes. */
export const adaptiveMaxPool2d = (
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): Tensor => largest('adaptiveMaxPool2d', 2, x, outputSize, options)

/** {@link adaptiveMaxPool} over three axes. */
export const adaptiveMaxPool3d = (
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): Tensor => largest('adaptiveMaxPool3d', 3, x, outputSize, options)

/**
 * {@link adaptiveMaxPool} together with the row-major index of each largest cell within its plane.
 *
 * @throws StriateError as `adaptiveMaxPool` does.
 * @example
 * ```ts
 * import { adaptiveMaxPoolWithIndices, tensor } from 'striate'
 * const { indices } = adaptiveMaxPoolWithIndices(tensor([[[1, 9, 3, 4, 5]]]), 2)
 * await indices.array() // => [[[1, 4]]]
 * ```
 */
export function adaptiveMaxPoolWithIndices(
  x: Tensor,
  outputSize: AdaptiveSize,
  options: AdaptivePoolOptions = {},
): PooledWithIndices {
  const { maps, first } = plan('adaptiveMaxPoolWithIndices', null, x, outputSize, options)
  return {
    values: apply(windowMax, [x], { maps, first }),
    indices: apply(windowArgmax, [x], { maps, first }),
  }
}
