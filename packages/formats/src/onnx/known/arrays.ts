/** Arithmetic of known arrays: the few numbers that speak of shapes, on plain loops. */
import type { DType } from 'striate'
import { type Known, mostKnown } from '../value.ts'

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((size, length) => size * length, 1)

export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1)
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!
  return strides
}

/** An array whose element at `index` is `element(index)`, or null where it would be too long for one that is known. */
export function build(
  shape: readonly number[],
  dtype: DType,
  element: (index: readonly number[]) => number,
): Known | null {
  const size = sizeOf(shape)
  if (!(size <= mostKnown)) return null
  const index = shape.map(() => 0)
  const numbers: number[] = []
  for (let i = 0; i < size; i++) {
    numbers.push(element(index))
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++
      if (index[axis]! < shape[axis]!) break
      index[axis] = 0
    }
  }
  return { shape, dtype, numbers }
}

/** The shape that all broadcast to, or null. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] | null {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  const out = Array.from({ length: rank }, () => 1)
  for (const shape of shapes) {
    for (const [a, size] of shape.entries()) {
      const axis = rank - shape.length + a
      if (size === 1) continue
      if (out[axis] !== 1 && out[axis] !== size) return null
      out[axis] = size
    }
  }
  return out
}

/** Reads an array as if it were broadcast to more axes. */
export function reader({ shape, numbers }: Known): (index: readonly number[]) => number {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride))
  return (index) => {
    const lead = index.length - shape.length
    let at = 0
    for (let axis = 0; axis < shape.length; axis++) at += index[lead + axis]! * strides[axis]!
    return numbers[at]!
  }
}
