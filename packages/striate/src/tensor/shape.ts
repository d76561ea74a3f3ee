/** Arithmetic of shapes: sizes, strides, broadcasting. */
import { describe, fail } from '../errors.ts'

export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (const length of shape) size *= length
  return size
}

/** Row-major element strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false
  return true
}

/** Whether repeating axes of size 1 makes `target` of every shape. */
function allRepeatTo(shapes: readonly (readonly number[])[], target: readonly number[]): boolean {
  for (const shape of shapes) {
    if (shape === target) continue
    const lead = target.length - shape.length
    if (lead < 0) return false
    for (let a = 0; a < shape.length; a++)
      if (shape[a] !== target[lead + a] && shape[a] !== 1) return false
  }
  return true
}

/** The shape that both broadcast to (NumPy's rule: aligned at the end, size 1 repeats). */
export function broadcastShapes(
  op: string,
  shapes: readonly (readonly number[])[],
): readonly number[] {
  // Mostly one of the shapes is that of the result.
  const known = shapes.find((shape) => allRepeatTo(shapes, shape))
  if (known) return known
  const rank = Math.max(0, ...shapes.map((shape) => shape.length))
  const out = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    for (let a = 0; a < shape.length; a++) {
      const axis = rank - shape.length + a
      if (shape[a] === 1 || shape[a] === out[axis]) continue
      if (out[axis] !== 1) {
        fail({
          op,
          got: shapes.map((each) => `[${each.join(', ')}]`).join(' and '),
          needs: 'needs shapes that broadcast: equal sizes, or 1, aligned at the last axis',
        })
      }
      out[axis] = shape[a]!
    }
  }
  return out
}

/** Strides with which `shape` is read as `target`: 0 along repeated axes. */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = stridesOf(shape)
  const lead = target.length - shape.length
  return target.map((_, axis) => {
    const a = axis - lead
    return a < 0 || shape[a] === 1 ? 0 : own[a]!
  })
}

/** A whole axis number in `[0, rank)`; negative ones count from the end. */
export function checkAxis(op: string, axis: number, rank: number, argument = 'axis'): number {
  if (!Number.isSafeInteger(axis) || axis < -rank || axis >= rank) {
    fail({
      op,
      argument,
      got: describe(axis),
      needs:
        rank === 0
          ? 'needs a tensor with axes'
          : `must be a whole number from ${-rank} to ${rank - 1}`,
    })
  }
  return axis < 0 ? axis + rank : axis
}

/** Axes as a sorted list without repeats; all of them when undefined. */
export function checkAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis)
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) =>
    checkAxis(op, axis, rank, 'axes'),
  )
  if (new Set(list).size !== list.length)
    fail({ op, argument: 'axes', got: describe(axes), needs: 'must name each axis once' })
  return list.sort((a, b) => a - b)
}

/**
 * Walks all index tuples of `shape` in row-major order, keeping one running offset per stride list.
 */
export function walk(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (offsets: readonly number[], linear: number) => void,
): void {
  const total = sizeOf(shape)
  const index = new Array<number>(shape.length).fill(0)
  const offsets = new Array<number>(strides.length).fill(0)
  for (let linear = 0; linear < total; linear++) {
    visit(offsets, linear)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++
      for (let s = 0; s < strides.length; s++) offsets[s]! += strides[s]![axis]!
      if (index[axis]! < shape[axis]!) break
      for (let s = 0; s < strides.length; s++) offsets[s]! -= strides[s]![axis]! * shape[axis]!
      index[axis] = 0
    }
  }
}
