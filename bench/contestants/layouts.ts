/** Moves axes in memory, for contestants that keep channels last. */
import { product } from '../harness/shape.ts'

/** The array with axis `order[i]` of `shape` as its axis `i`, like a transpose. */
export function permute(
  data: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)))
  const sizes = order.map((axis) => shape[axis]!)
  const steps = order.map((axis) => strides[axis]!)
  const result = new Float32Array(data.length)
  const index = sizes.map(() => 0)
  let from = 0
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!
      index[axis] = index[axis]! + 1
      if (index[axis]! < sizes[axis]!) break
      from -= steps[axis]! * sizes[axis]!
      index[axis] = 0
    }
  }
  return result
}

/** `[batch, channels, ...space]` as `[batch, ...space, channels]`. */
export const channelsLast = (data: Float32Array, shape: readonly number[]): Float32Array =>
  permute(data, shape, [0, ...shape.slice(2).map((_, axis) => axis + 2), 1])

/** `[batch, ...space, channels]` as `[batch, channels, ...space]`; `shape` is the latter. */
export function channelsFirst(data: Float32Array, shape: readonly number[]): Float32Array {
  const [batch, channels, ...space] = shape as [number, number, ...number[]]
  const last = space.length + 1
  return permute(data, [batch, ...space, channels], [0, last, ...space.map((_, axis) => axis + 1)])
}
