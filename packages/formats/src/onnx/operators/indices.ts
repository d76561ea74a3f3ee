/** Indices of ONNX, which count from the end where they are negative. */
import { add, cast, less, mul, reshape, sum, type Tensor, tensor, where } from 'striate'
import { showShape } from '../complain.ts'
import { sizeOf, stridesOf } from '../known/arrays.ts'
import type { NodeContext } from '../operator.ts'

/** Indices as int32, those before 0 counted from the end of an axis of `size`. */
export function indicesOf(node: NodeContext, i: number, size: number): Tensor {
  const value = node.value(i)
  const { numbers } = value
  if (numbers) {
    const whole = Int32Array.from(numbers, (index) => (index < 0 ? index + size : index))
    return tensor(whole, value.shape)
  }
  const indices = cast(value.tensor, 'int32')
  return cast(where(less(indices, 0), add(indices, size), indices), 'int32')
}

/** Cells of `x` at places along its first axes, as rows of a matrix. */
export interface Rows {
  /** The row of each place. */
  readonly rows: Tensor
  readonly matrix: Tensor
  /** The shape of what stands in a row. */
  readonly rest: readonly number[]
}

/** The last axis of input 1 is a place along the first axes of `x`. */
export function rowsOf(node: NodeContext, x: Tensor): Rows {
  const indices = cast(node.input(1), 'int32')
  const depth = indices.shape.at(-1) ?? 0
  if (depth < 1 || depth > x.rank)
    node.fail(`needs places of 1 to ${x.rank} axes`, showShape(indices.shape))
  const sizes = x.shape.slice(0, depth)
  const wide = tensor(Int32Array.from(sizes), [depth])
  const counted = where(less(indices, 0), add(indices, wide), indices)
  const strides = tensor(Int32Array.from(stridesOf(sizes)), [depth])
  const rows = cast(sum(mul(counted, strides), { axes: -1 }), 'int32')
  const rest = x.shape.slice(depth)
  return { rows, matrix: reshape(x, [sizeOf(sizes), ...rest]), rest }
}
