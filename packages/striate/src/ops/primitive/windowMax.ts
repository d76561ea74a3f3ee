/** The largest element of each window of a plane, or where it lies: the primitives behind max pooling. */
import { lowerWindowArgmax, lowerWindowMax } from '../../engine/wasm/lower/windowMax.ts'
import { pools } from '../../engine/wasm/pools.ts'
import { windowMaxCell } from '../../engine/wasm/proof/rules.ts'
import type { AxisMap } from '../../geometry/axisMap.ts'
import type { LoopContext, Operator, TensorType } from '../../tensor/operator.ts'
import { sizeOf, stridesOf, walk } from '../../tensor/shape.ts'

export interface WindowMaxAttributes {
  /** The plane is axes `first` to `first + maps.length − 1`. */
  readonly first: number
  /** The cells of each window along each axis of the plane; the coefficients are not read. */
  readonly maps: readonly AxisMap[]
}

const pooled = (shape: readonly number[], { first, maps }: WindowMaxAttributes): number[] =>
  maps.reduce<number[]>((sizes, map, a) => sizes.with(first + a, map.outputSize), [...shape])

/** `[outer, plane, inner]` around the plane. */
export const aroundPlane = (
  { shape }: TensorType,
  { first, maps }: WindowMaxAttributes,
): { outer: number; inner: number } => ({
  outer: sizeOf(shape.slice(0, first)),
  inner: sizeOf(shape.slice(first + maps.length)),
})

/** Finds each window's first largest element in row-major order; NaN is larger than anything. */
function forEachWindow(
  context: LoopContext<WindowMaxAttributes>,
  visit: (cell: number, value: number, index: number) => void,
): void {
  const {
    inputs: [x],
    inputTypes: [type],
    attributes,
  } = context
  const { outer, inner } = aroundPlane(type!, attributes)
  const { maps } = attributes
  const strides = stridesOf(maps.map((map) => map.inputSize))
  const outputs = maps.map((map) => map.outputSize)
  const outputStrides = stridesOf(outputs)
  const cells = sizeOf(outputs)
  const plane = sizeOf(maps.map((map) => map.inputSize))
  for (let cell = 0; cell < cells; cell++) {
    const rows = maps.map((map, a) => {
      const o = Math.floor(cell / outputStrides[a]!) % outputs[a]!
      return map.index.subarray(map.starts[o], map.starts[o + 1])
    })
    const counts = rows.map((row) => row.length)
    const countStrides = stridesOf(counts)
    const members: number[] = []
    walk(counts, [], (_, m) => {
      let index = 0
      for (let a = 0; a < rows.length; a++)
        index += rows[a]![Math.floor(m / countStrides[a]!) % counts[a]!]! * strides[a]!
      members.push(index)
    })
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let best = Number.NEGATIVE_INFINITY
        let at = -1
        for (const index of members) {
          const value = x![(o * plane + index) * inner + i]!
          if (at < 0 || value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
            best = value
            at = index
          }
        }
        visit((o * cells + cell) * inner + i, best, at)
      }
    }
  }
}

export const windowMax: Operator<WindowMaxAttributes> = {
  name: 'windowMax',
  infer: ([x], attributes) => ({ shape: pooled(x!.shape, attributes), dtype: x!.dtype }),
  reference(context) {
    forEachWindow(context, (cell, value) => {
      context.output[cell] = value
    })
  },
  lower: lowerWindowMax,
  poolings: pools,
  cell: windowMaxCell,
  work: ([x], _, attributes) => windowWork(x!, attributes),
}

/** Index of the largest element within its plane (row-major), int32; −1 for a window without cells. */
export const windowArgmax: Operator<WindowMaxAttributes> = {
  name: 'windowArgmax',
  infer: ([x], attributes) => ({ shape: pooled(x!.shape, attributes), dtype: 'int32' }),
  reference(context) {
    forEachWindow(context, (cell, _, index) => {
      context.output[cell] = index
    })
  },
  lower: lowerWindowArgmax,
  cell: null,
  work: ([x], _, attributes) => windowWork(x!, attributes),
}

function windowWork(x: TensorType, attributes: WindowMaxAttributes): { multiplyAdds: number } {
  const { outer, inner } = aroundPlane(x, attributes)
  const pairs = attributes.maps.reduce((count, map) => count * map.index.length, 1)
  return { multiplyAdds: outer * inner * pairs }
}
