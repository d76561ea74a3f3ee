/** The words that describe a strided copy, with axes merged and ordered for the kernel. */
import { fail } from '../../../../errors.ts'

/** Axes of a descriptor: sizes, then source strides, then destination strides, outermost first. */
export const copyAxes = 8

type Axis = { readonly size: number; readonly from: number; readonly to: number }

/**
 * Sizes and strides (in elements, any sign, 0 repeats) of a copy, as 24 int32. The order of the axes
 * does not matter to a copy: they are sorted by the destination's strides, neighbours that continue
 * each other are merged, and an axis of neighbours in the source comes next to last, where the kernel
 * looks for a transpose.
 */
export function copyDescriptor(
  shape: readonly number[],
  sourceStrides: readonly number[],
  destinationStrides: readonly number[],
): Int32Array<ArrayBuffer> {
  const all = shape.map((size, axis) => ({
    size,
    from: sourceStrides[axis]!,
    to: destinationStrides[axis]!,
  }))
  const isEmpty = all.some(({ size }) => size === 0)
  const axes = isEmpty ? [{ size: 0, from: 0, to: 0 }] : transposable(merged(all))
  if (axes.length > copyAxes) {
    fail({
      op: 'copyDescriptor',
      argument: 'shape',
      got: `[${shape.join(', ')}] with ${axes.length} axes that do not merge`,
      needs: `has ${copyAxes} axes at most`,
    })
  }
  const words = new Int32Array(3 * copyAxes).fill(1, 0, copyAxes)
  const first = copyAxes - axes.length
  axes.forEach(({ size, from, to }, index) => {
    words[first + index] = size
    words[copyAxes + first + index] = from
    words[2 * copyAxes + first + index] = to
  })
  return words
}

function merged(axes: readonly Axis[]): Axis[] {
  const longest = axes.filter(({ size }) => size > 1)
  longest.sort((a, b) => Math.abs(b.to) - Math.abs(a.to))
  const result: Axis[] = []
  for (const axis of longest) {
    const outer = result.at(-1)
    const continues = outer?.from === axis.from * axis.size && outer.to === axis.to * axis.size
    if (continues) result[result.length - 1] = { ...axis, size: outer.size * axis.size }
    else result.push(axis)
  }
  return result
}

function transposable(axes: Axis[]): Axis[] {
  const inner = axes.at(-1)
  if (inner === undefined || inner.from === 1) return axes
  const neighbours = axes.findIndex(({ from }) => from === 1)
  if (neighbours < 0) return axes
  const [rows] = axes.splice(neighbours, 1)
  return rows === undefined ? axes : [...axes.slice(0, -1), rows, inner]
}
