/** Average pooling of any rank. */
import { describe, fail } from '../../errors.ts'
import type { Axis } from '../../geometry/axis.ts'
import type { AxisMap } from '../../geometry/axisMap.ts'
import type { SizeArgument } from '../../geometry/padding.ts'
import { derived } from '../../geometry/recall.ts'
import { asFloat } from '../../tensor/dtype.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { cast, div } from '../elementwise/arithmetic.ts'
import { mapAxes } from '../mapAxes.ts'
import { alongSpace, checkFlag } from '../spatialArguments.ts'
import { divideByCounts } from './average.ts'
import { type PoolOptions, poolOptionNames, poolWindows, refuseEmptyWindows } from './windows.ts'

export interface AvgPoolOptions extends PoolOptions {
  /** Whether cells of the padding count in the divisor (as zeros). True by default. */
  readonly countIncludePad?: boolean
  /** Divides every window by this number instead of its count of cells. */
  readonly divisorOverride?: number
}

const optionNames = [...poolOptionNames, 'countIncludePad', 'divisorOverride']

/** Taps of each window before the end of the padded input: what ceil mode adds beyond does not count. */
const paddedCounts = derived((axes: readonly Axis[]) =>
  axes.map(({ input, output, kernel, stride, dilation, low, high }) =>
    Array.from({ length: output }, (_, o) => {
      const left = input + low + high - o * stride
      return Math.min(kernel, Math.ceil(left / dilation))
    }),
  ),
)

const insideCounts = derived((maps: readonly AxisMap[]) =>
  maps.map(({ starts, outputSize }) =>
    Array.from({ length: outputSize }, (_, o) => starts[o + 1]! - starts[o]!),
  ),
)

function build(
  op: string,
  rank: number | null,
  x: Tensor,
  kernelSize: SizeArgument,
  options: AvgPoolOptions,
): Tensor {
  const { axes, maps, first, layout } = poolWindows(op, rank, x, kernelSize, options, optionNames)
  checkFlag(op, 'countIncludePad', options.countIncludePad)
  const { divisorOverride, countIncludePad = true } = options
  if (
    divisorOverride !== undefined &&
    !(Number.isFinite(divisorOverride) && divisorOverride !== 0)
  ) {
    fail({
      op,
      argument: 'divisorOverride',
      got: describe(divisorOverride),
      needs: 'must be a finite number other than 0',
    })
  }
  if (!countIncludePad && divisorOverride === undefined) refuseEmptyWindows(op, axes, maps)
  const totals = mapAxes(cast(x, asFloat(x.dtype)), alongSpace(first, maps))
  if (divisorOverride !== undefined) return div(totals, divisorOverride)
  const counts = countIncludePad ? paddedCounts(axes) : insideCounts(maps)
  return divideByCounts(totals, counts, layout)
}

/**
 * The mean of each window:
 *
 *     y[n, c, o] = (1 / count) · Σ_k x[n, c, o·stride + k·dilation − padding]
 *
 * `x` is `[batch, channels, ...space]` (or `[batch, ...space, channels]` with
 * `layout: 'channels-last'`). `count` includes cells of the padding unless `countIncludePad` is
 * false, but never what a window of ceil mode covers beyond the padded input. Whole numbers are
 * averaged as float32.
 *
 * @throws StriateError for ranks, sizes or options that do not fit, and, without
 * `countIncludePad`, for padding that leaves a window without a cell of the input.
 * @example
 * ```ts
 * import { avgPool, tensor } from 'striate'
 * const x = tensor([[[1, 5, 2, 4, 3]]])
 * await avgPool(x, 2).array() // => [[[3, 3]]]
 * await avgPool(x, 2, { ceilMode: true }).array() // => [[[3, 3, 3]]]
 * await avgPool(x, 3, { stride: 2, padding: 1 }).array() // => [[[2, 11 / 3, 7 / 3]]]
 * await avgPool(x, 3, { stride: 2, padding: 1, countIncludePad: false }).array() // => [[[3, 11 / 3, 3.5]]]
 * ```
 * @see PyTorch, `torch.nn.functional.avg_pool2d`.
 */
export const avgPool = (
  x: Tensor,
  kernelSize: SizeArgument,
  options: AvgPoolOptions = {},
): Tensor => build('avgPool', null, x, kernelSize, options)

/** {@link avgPool} over one axis: `x` `[batch, channels, length]`. */
export const avgPool1d = (
  x: Tensor,
  kernelSize: SizeArgument,
  options: AvgPoolOptions = {},
): Tensor => build('avgPool1d', 1, x, kernelSize, options)

/** {@link avgPool} over two axes: `x` `[batch, channels, height, width]`. */
export const avgPool2d = (
  x: Tensor,
  kernelSize: SizeArgument,
  options: AvgPoolOptions = {},
): Tensor => build('avgPool2d', 2, x, kernelSize, options)

/** {@link avgPool} over three axes: `x` `[batch, channels, depth, height, width]`. */
export const avgPool3d = (
  x: Tensor,
  kernelSize: SizeArgument,
  options: AvgPoolOptions = {},
): Tensor => build('avgPool3d', 3, x, kernelSize, options)
