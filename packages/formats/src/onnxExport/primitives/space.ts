/** Lends ONNX's window operators, which want `[batch, channels, ...space]`, any axes as their space. */
import { range, sizeOf } from '../vertex.ts'
import type { Writer } from '../writer.ts'

export interface Laid {
  readonly name: string
  /** `[batch, channels, ...space]`. */
  readonly shape: readonly number[]
}

/**
 * Writes `run` on `x` with `axes` as its space, in their order; the other axes are batch and channels, joined if they
 * are more. The result has the same axes again, those of space with the sizes that `run` gives.
 */
export function onSpace(
  w: Writer,
  x: Laid,
  axes: readonly number[],
  sizes: readonly number[],
  run: (laid: Laid) => string,
): string {
  const rank = x.shape.length
  const others = range(rank).filter((axis) => !axes.includes(axis))
  const order = [...others, ...axes]
  const moved = w.transpose(x.name, order)
  const lead = others.map((axis) => x.shape[axis]!)
  const space = axes.map((axis) => x.shape[axis]!)
  const back = order.map((_, axis) => order.indexOf(axis))
  if (lead.length === 2) return w.transpose(run({ name: moved, shape: [...lead, ...space] }), back)
  const joined = [1, sizeOf(lead), ...space]
  const y = run({ name: w.reshape(moved, joined), shape: joined })
  return w.transpose(w.reshape(y, [...lead, ...sizes]), back)
}
