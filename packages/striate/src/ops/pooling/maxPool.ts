/** Max pooling of any rank, with or without the places of the largest cells. */
import type { SizeArgument } from '../../geometry/padding.ts'
import { apply } from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { type WindowMaxAttributes, windowArgmax, windowMax } from '../primitive/windowMax.ts'
import { type PoolOptions, poolWindows, refuseEmptyWindows } from './windows.ts'

function plan(
  op: string,
  rank: number | null,
  x: Tensor,
  kernelSize: SizeArgument,
  options: PoolOptions,
): WindowMaxAttributes {
  const { axes, maps, first } = poolWindows(op, rank, x, kernelSize, options)
  refuseEmptyWindows(op, axes, maps)
  return { first, maps }
}

const build = (
  op: string,
  rank: number | null,
  x: Tensor,
  kernelSize: SizeArgument,
  options: PoolOptions,
): Tensor => apply(windowMax, [x], plan(op, rank, x, kernelSize, options))

/**
 * The largest cell of each window:
 *
 *     y[n, c, o] = max_k x[n, c, o·stride + k·dilation − padding]
 *
 * `x` is `[batch, channels, ...space]` (or `[batch, ...space, channels]` with
 * `layout: 'channels-last'`). Padding never wins. NaN wins over every number; the gradient goes to
 * the first largest cell of a window (row-major).
 *
 * @throws StriateError for ranks, sizes or options that do not fit, and for padding that leaves a
 * window without a cell of the input.
 * @example
 * ```ts
 * import { maxPool, tensor } from 'striate'
 * const x = tensor([[[1, 5, 2, 4, 3]]])
 * await maxPool(x, 2).array() // => [[[5, 4]]]
 * await maxPool(x, 3, { stride: 1, padding: 'same' }).array() // => [[[5, 5, 5, 4, 4]]]
 * await maxPool(x, 2, { ceilMode: true }).array() // => [[[5, 4, 3]]]
 * ```
 * @see PyTorch, `torch.nn.functional.max_pool2d`.
 */
export const maxPool = (x: Tensor, kernelSize: SizeArgument, options: PoolOptions = {}): Tensor =>
  build('maxPool', null, x, kernelSize, options)

/** {@link maxPool} over one axis: `x` `[batch, channels, length]`. */
export const maxPool1d = (x: Tensor, kernelSize: SizeArgument, options: PoolOptions = {}): Tensor =>
  build('maxPool1d', 1, x, kernelSize, options)

/** {@link maxPool} over two axes: `x` `[batch, channels, height, width]`. */
export const maxPool2d = (x: Tensor, kernelSize: SizeArgument, options: PoolOptions = {}): Tensor =>
  build('maxPool2d', 2, x, kernelSize, options)

/** {@link maxPool} over three axes: `x` `[batch, channels, depth, height, width]`. */
export const maxPool3d = (x: Tensor, kernelSize: SizeArgument, options: PoolOptions = {}): Tensor =>
  build('maxPool3d', 3, x, kernelSize, options)

export interface PooledWithIndices {
  readonly values: Tensor
  /** int32, of the shape of `values`: row-major position of each largest cell within its plane. */
  readonly indices: Tensor
}

/**
 * {@link maxPool} together with where each largest cell lies: its row-major index within the plane
 * (the space of one channel), whatever the layout. {@link maxUnpool} puts values back there.
 *
 * @throws StriateError as `maxPool` does.
 * @example
 * ```ts
 * import { maxPoolWithIndices, tensor } from 'striate'
 * const { values, indices } = maxPoolWithIndices(tensor([[[[1, 5], [7, 2]]]]), [1, 2])
 * await values.array() // => [[[[5], [7]]]]
 * await indices.array() // => [[[[1], [2]]]]
 * ```
 */
export function maxPoolWithIndices(
  x: Tensor,
  kernelSize: SizeArgument,
  options: PoolOptions = {},
): PooledWithIndices {
  const attributes = plan('maxPoolWithIndices', null, x, kernelSize, options)
  return {
    values: apply(windowMax, [x], attributes),
    indices: apply(windowArgmax, [x], attributes),
  }
}
