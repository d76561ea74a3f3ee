/** The inverse of max pooling in part: values go back to where they were the largest, zeros elsewhere. */
import { describe, fail } from '../../errors.ts'
import { type Layout, layShape } from '../../geometry/layout.ts'
import { perAxis, type SizeArgument } from '../../geometry/padding.ts'
import { rejectUnknown } from '../../options.ts'
import { apply } from '../../tensor/build.ts'
import { sameShape, sizeOf } from '../../tensor/shape.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import { broadcastTo } from '../broadcastTo.ts'
import { div, maximum } from '../elementwise/arithmetic.ts'
import { requireIndices, scatterElements } from '../gather.ts'
import { reshape } from '../reshape.ts'
import { checkKernelSize, checkSpatial } from '../spatialArguments.ts'

export interface MaxUnpoolOptions {
  /** The stride of the pooling. The kernel size by default. */
  readonly stride?: SizeArgument
  /** The padding of the pooling, per axis. None by default. */
  readonly padding?: SizeArgument
  /** The space of the result, where pooling dropped cells; else it follows from the sizes above. */
  readonly outputSize?: readonly number[]
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/**
 * Puts each of `values` at its index (as `maxPoolWithIndices` gives it: row-major within the plane)
 * in a plane of zeros. The size of the plane per axis is `outputSize`, or
 *
 *     (pooled − 1)·stride − 2·padding + kernelSize
 *
 * Where overlapping windows name a cell several times it gets the mean of their values, which after
 * max pooling is that one value.
 *
 * @param values `[batch, channels, ...space]` (or channels last), real numbers
 * @param indices int32, of the same shape
 * @throws StriateError for shapes, sizes or options that do not fit, an `outputSize` that such a
 * pooling cannot have had, and, when the value is read, for indices outside the plane.
 * @example
 * ```ts
 * import { maxPoolWithIndices, maxUnpool, tensor } from 'striate'
 * const { values, indices } = maxPoolWithIndices(tensor([[[1, 5, 7, 2, 3]]]), 2)
 * await maxUnpool(values, indices, 2).array() // => [[[0, 5, 7, 0]]]
 * await maxUnpool(values, indices, 2, { outputSize: [5] }).array() // => [[[0, 5, 7, 0, 0]]]
 * ```
 * @see PyTorch, `torch.nn.functional.max_unpool2d`; Zeiler, Fergus (2013).
 */
export function maxUnpool(
  values: Tensor,
  indices: Tensor,
  kernelSize: SizeArgument,
  options: MaxUnpoolOptions = {},
): Tensor {
  const op = 'maxUnpool'
  rejectUnknown(op, options, ['stride', 'padding', 'outputSize', 'layout'])
  const facts = checkSpatial(op, null, values, options.layout, 'values')
  const { layout, rank, batch, channels, space, channelAxis } = facts
  requireIndices(op, 'indices', indices)
  if (!sameShape(values.shape, indices.shape)) {
    fail({
      op,
      argument: 'indices',
      got: `[${indices.shape.join(', ')}]`,
      needs: `must have the shape of values, [${values.shape.join(', ')}]`,
    })
  }
  const kernel = checkKernelSize(op, kernelSize, rank)
  const stride = perAxis(op, 'stride', options.stride ?? kernel, rank, 1)
  const padding = perAxis(op, 'padding', options.padding, rank, 0, 0)
  const natural = space.map((size, a) => (size - 1) * stride[a]! - 2 * padding[a]! + kernel[a]!)
  const plane = options.outputSize ?? natural
  checkOutputSize(op, plane, natural, stride)
  const cells = sizeOf(space)
  const [flat, axis] =
    channelAxis === 1 ? [[batch, channels, cells], 2] : [[batch, cells, channels], 1]
  const attributes = { axis, size: sizeOf(plane) }
  const where = reshape(indices, flat)
  const place = (x: Tensor): Tensor => apply(scatterElements, [x, where], attributes)
  const ones = broadcastTo(tensor(1, [], { dtype: values.dtype }), flat)
  const mean = div(place(reshape(values, flat)), maximum(place(ones), 1))
  return reshape(mean, layShape(layout, batch, channels, plane))
}

function checkOutputSize(
  op: string,
  plane: readonly number[],
  natural: readonly number[],
  stride: readonly number[],
): void {
  const fits =
    Array.isArray(plane) &&
    plane.length === natural.length &&
    plane.every((size, a) => {
      const distance = Math.abs(size - natural[a]!)
      return Number.isSafeInteger(size) && size >= 1 && distance < stride[a]!
    })
  if (fits) return
  const ranges = natural.map(
    (size, a) => `${Math.max(1, size - stride[a]! + 1)} to ${size + stride[a]! - 1}`,
  )
  fail({
    op,
    argument: 'outputSize',
    got: describe(plane),
    needs: `must be ${natural.length} whole numbers, one per axis, within ${ranges.join(' and ')}`,
  })
}
