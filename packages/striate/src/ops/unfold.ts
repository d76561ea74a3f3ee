/** Lays the windows of a batch out as columns, and adds columns back up. */
import { describe, fail } from '../errors.ts'
import { type Axis, windowAxis } from '../geometry/axis.ts'
import { transposeMap, unfoldMap } from '../geometry/axisMap.ts'
import { checkLayout, type Layout, layShape } from '../geometry/layout.ts'
import { type Padding, perAxis, resolvePadding, type SizeArgument } from '../geometry/padding.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { mapAxes } from './mapAxes.ts'
import { reshape } from './reshape.ts'
import { alongSpace, checkKernelSize, checkSpatial } from './spatialArguments.ts'
import { permute } from './transpose.ts'

export interface UnfoldOptions {
  /** Cells from window to window, per axis. 1 by default. */
  readonly stride?: SizeArgument
  /** Cells of zeros added around the input. None by default. */
  readonly padding?: Padding
  /** Cells from tap to tap, per axis. 1 by default. */
  readonly dilation?: SizeArgument
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

const optionNames = ['stride', 'padding', 'dilation', 'layout']

/** The axes of windows over `input`; shared with the locally connected convolution. */
export function unfoldAxes(
  op: string,
  input: readonly number[],
  kernel: readonly number[],
  options: UnfoldOptions,
): Axis[] {
  const rank = input.length
  const stride = perAxis(op, 'stride', options.stride, rank, 1)
  const dilation = perAxis(op, 'dilation', options.dilation, rank, 1)
  const pairs = resolvePadding(op, options.padding, { input, kernel, stride, dilation })
  return input.map((size, a) =>
    windowAxis(op, {
      input: size,
      kernel: kernel[a]!,
      stride: stride[a]!,
      dilation: dilation[a]!,
      padding: pairs[a]!,
    }),
  )
}

/** Splits each axis `taps · outputs` of space into `taps` and `outputs`. */
const splitShape = (
  layout: Layout,
  batch: number,
  channels: number,
  axes: readonly Axis[],
): number[] =>
  layShape(
    layout,
    batch,
    channels,
    axes.flatMap((axis) => [axis.kernel, axis.output]),
  )

/** From the split shape to `[batch, channels, ...taps, ...outputs]` or `[batch, ...outputs, channels, ...taps]`. */
function columnOrder(layout: Layout, rank: number): number[] {
  const first = layout === 'channels-first' ? 2 : 1
  const taps = Array.from({ length: rank }, (_, a) => first + 2 * a)
  const outputs = taps.map((axis) => axis + 1)
  return layout === 'channels-first'
    ? [0, 1, ...taps, ...outputs]
    : [0, ...outputs, 2 * rank + 1, ...taps]
}

/** `unfold` of axes that are already known: `[batch, C·Πk, L]`, or `[batch, L, C·Πk]`. */
export function unfoldSpace(x: Tensor, axes: readonly Axis[], layout: Layout): Tensor {
  const { first, batch, channels } = checkSpatial('unfold', axes.length, x, layout)
  const laid = mapAxes(x, alongSpace(first, axes.map(unfoldMap)))
  const split = reshape(laid, splitShape(layout, batch, channels, axes))
  const rows = channels * sizeOf(axes.map((axis) => axis.kernel))
  const columns = sizeOf(axes.map((axis) => axis.output))
  return reshape(
    permute(split, columnOrder(layout, axes.length)),
    layout === 'channels-first' ? [batch, rows, columns] : [batch, columns, rows],
  )
}

/**
 * Every window of `x` as a column: `[batch, C, ...space]` → `[batch, C·Πkernel, L]`, where `L` counts
 * the windows in row-major order and a column holds channel by channel the window's cells,
 * `out[n, c·Πk + k, o] = x[n, c, o·stride + k·dilation − padding]` (0 in the padding). With
 * `layout: 'channels-last'`, `[batch, ...space, C]` → `[batch, L, C·Πkernel]`, cells in the same order.
 *
 * @throws StriateError for ranks, sizes or options that do not fit.
 * @example
 * ```ts
 * import { tensor, unfold } from 'striate'
 * await unfold(tensor([[[1, 2, 3, 4]]]), 2).array() // => [[[1, 2, 3], [2, 3, 4]]]
 * ```
 * @see PyTorch, `torch.nn.functional.unfold`.
 */
export function unfold(x: Tensor, kernelSize: SizeArgument, options: UnfoldOptions = {}): Tensor {
  const op = 'unfold'
  rejectUnknown(op, options, optionNames)
  const { rank, space, layout } = checkSpatial(op, null, x, options.layout)
  const kernel = checkKernelSize(op, kernelSize, rank)
  return unfoldSpace(x, unfoldAxes(op, space, kernel, options), layout)
}

/**
 * The adjoint of {@link unfold}: adds each column's cells up where they came from,
 * `[batch, C·Πkernel, L]` → `[batch, C, ...outputSize]` (or channels last). What was padding is dropped.
 *
 * @param outputSize the space of the result, one size per axis
 * @throws StriateError if rows or columns are not those that `unfold` of such a space has.
 * @example
 * ```ts
 * import { fold, tensor } from 'striate'
 * await fold(tensor([[[1, 2, 3], [2, 3, 4]]]), [4], 2).array() // => [[[1, 4, 6, 4]]]
 * ```
 * @see PyTorch, `torch.nn.functional.fold`.
 */
export function fold(
  x: Tensor,
  outputSize: readonly number[],
  kernelSize: SizeArgument,
  options: UnfoldOptions = {},
): Tensor {
  const op = 'fold'
  rejectUnknown(op, options, optionNames)
  requireTensor(op, 'x', x)
  const layout = checkLayout(op, options.layout)
  if (!Array.isArray(outputSize) || outputSize.length === 0) {
    fail({
      op,
      argument: 'outputSize',
      got: describe(outputSize),
      needs: 'must be a list of whole numbers of at least 1, one per axis',
    })
  }
  const rank = outputSize.length
  const space = perAxis(op, 'outputSize', outputSize, rank, 1)
  const kernel = checkKernelSize(op, kernelSize, rank)
  const axes = unfoldAxes(op, space, kernel, options)
  const taps = sizeOf(kernel)
  const columns = sizeOf(axes.map((axis) => axis.output))
  const [batch, rows, found] =
    layout === 'channels-first' ? x.shape : [x.shape[0], x.shape[2], x.shape[1]]
  if (x.rank !== 3 || rows! % taps !== 0 || found !== columns || x.size === 0) {
    const wanted = `C·${taps}`
    fail({
      op,
      argument: 'x',
      got: `[${x.shape.join(', ')}]`,
      needs: `expects ${layout === 'channels-first' ? `[batch, ${wanted}, ${columns}]` : `[batch, ${columns}, ${wanted}]`}`,
      hint: `space [${space.join(', ')}] has ${columns} windows of ${taps} cells`,
    })
  }
  const channels = rows! / taps
  const split = splitShape(layout, batch!, channels, axes)
  const order = columnOrder(layout, rank)
  const parts = permute(
    reshape(
      x,
      order.map((axis) => split[axis]!),
    ),
    order.map((_, axis) => order.indexOf(axis)),
  )
  const laid = reshape(
    parts,
    layShape(
      layout,
      batch!,
      channels,
      axes.map((a) => a.kernel * a.output),
    ),
  )
  const first = layout === 'channels-first' ? 2 : 1
  return mapAxes(
    laid,
    alongSpace(
      first,
      axes.map((axis) => transposeMap(unfoldMap(axis))),
    ),
  )
}
