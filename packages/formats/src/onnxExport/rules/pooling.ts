/** Averages and norms of windows. */
import { beneath, binary, choice, numberOf, square, withNumber } from '../match.ts'
import { windowsOf, writeAverages } from '../primitives/axisMap.ts'
import { onSpace } from '../primitives/space.ts'
import { type AxisMap, windowAttributes } from '../primitives/windows.ts'
import { sizeOf, type Vertex } from '../vertex.ts'
import type { Translation } from '../writer.ts'

/** Window sums divided by the cells of a window, or by those of them inside the input. */
export function averagePool(vertex: Vertex): Translation | null {
  const quotient = binary(vertex, 'div')
  const sums = beneath(quotient?.[0], 'axisMap')
  const windows = sums && windowsOf(sums.attributes.maps)
  if (!quotient || !sums || !windows) return null
  const [x] = sums.inputs as [Vertex]
  if (x.dtype !== vertex.dtype) return null
  const cells = sizeOf(windows.axes.map(({ kernel }) => kernel))
  const countsPadding = numberOf(quotient[1]) === cells
  const maps = sums.attributes.maps.toSorted(([a], [b]) => a - b)
  if (!countsPadding && !isInside(quotient[1], maps, vertex)) return null
  if (!countsPadding && windows.axes.some(({ dilation }) => dilation !== 1)) return null
  return {
    reads: [x],
    write: (w) =>
      writeAverages(w, { name: w.value(x), shape: x.shape }, windows, x.dtype, countsPadding)!,
  }
}

/** Whether a constant holds the number of input cells in every window. */
function isInside(
  counts: Vertex,
  maps: readonly (readonly [axis: number, map: AxisMap])[],
  { shape }: Vertex,
): boolean {
  if (counts.kind !== 'constant') return false
  const lead = shape.length - counts.shape.length
  const values = counts.source.data!
  return (
    values.every((value, cell) => {
      let rest = cell
      let expected = 1
      for (let a = counts.shape.length - 1; a >= 0; a--) {
        const o = rest % counts.shape[a]!
        rest = Math.floor(rest / counts.shape[a]!)
        const map = maps.find(([axis]) => axis === lead + a)?.[1]
        if (map) expected *= map.starts[o + 1]! - map.starts[o]!
      }
      return value === expected
    }) && maps.every(([axis]) => axis >= lead && counts.shape[axis - lead] === shape[axis])
  )
}

/** `√Σx²` over windows, which the library keeps away from 0: `where(s = 0, 0, where(s = 0, 1, s)^½)`. */
export function euclideanPool(vertex: Vertex): Translation | null {
  const outer = choice(vertex)
  const power = outer && withNumber(outer.no, 'pow')
  const inner = power?.value === 0.5 ? choice(power.x) : null
  if (!outer || !inner || inner.condition !== outer.condition) return null
  const test = withNumber(outer.condition, 'equal')
  const isZero = test?.value === 0 && numberOf(outer.yes) === 0 && numberOf(inner.yes) === 1
  const sums = isZero && inner.no === test.x ? beneath(test.x, 'axisMap') : null
  const windows = sums && windowsOf(sums.attributes.maps)
  const x = sums && square(sums.inputs[0]!)
  if (!windows || !x || x.dtype !== 'float32') return null
  if (windows.axes.some(({ dilation }) => dilation !== 1)) return null
  const sizes = windows.axes.map(({ output }) => output)
  return {
    reads: [x],
    write: (w) =>
      onSpace(w, { name: w.value(x), shape: x.shape }, windows.space, sizes, (inside) => {
        const { name, attributes } = windowAttributes(w, inside, windows.axes, undefined)
        return w.node('LpPool', [name], { ...attributes, p: 2 })
      }),
  }
}
