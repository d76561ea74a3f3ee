/** Linear maps along axes, one after the other: the primitive behind padding modes, resizing, unfolding and average pooling. */
import { lowerAxisMap } from '../../engine/wasm/lower/axisMap.ts'
import { axisMapCell } from '../../engine/wasm/proof/rules.ts'
import type { AxisMap } from '../../geometry/axisMap.ts'
import type { Operator } from '../../tensor/operator.ts'
import { sizeOf } from '../../tensor/shape.ts'

export interface AxisMapAttributes {
  /** Maps in the order in which they are applied, each with its axis. */
  readonly maps: readonly (readonly [axis: number, map: AxisMap])[]
}

/** `[outer, axis, inner]` sizes around one axis of a shape. */
export const aroundAxis = (
  shape: readonly number[],
  axis: number,
): { outer: number; inner: number } => ({
  outer: sizeOf(shape.slice(0, axis)),
  inner: sizeOf(shape.slice(axis + 1)),
})

export const axisMapOperator: Operator<AxisMapAttributes> = {
  name: 'axisMap',

  infer: ([x], { maps }) => ({
    shape: maps.reduce<readonly number[]>(
      (shape, [axis, map]) => shape.with(axis, map.outputSize),
      x!.shape,
    ),
    dtype: x!.dtype,
  }),

  reference({ inputs: [x], inputTypes: [type], output, attributes: { maps } }) {
    let values: ArrayLike<number> = x!
    let shape = type!.shape
    for (const [axis, map] of maps) {
      const { outer, inner } = aroundAxis(shape, axis)
      const next = new Float64Array(outer * map.outputSize * inner)
      for (let o = 0; o < outer; o++) {
        for (let j = 0; j < map.outputSize; j++) {
          const to = (o * map.outputSize + j) * inner
          for (let t = map.starts[j]!; t < map.starts[j + 1]!; t++) {
            const from = (o * map.inputSize + map.index[t]!) * inner
            const coefficient = map.coefficient[t]!
            for (let i = 0; i < inner; i++) next[to + i]! += coefficient * values[from + i]!
          }
        }
      }
      values = next
      shape = shape.with(axis, map.outputSize)
    }
    output.set(values)
  },

  lower: lowerAxisMap,
  cell: axisMapCell,

  work([x], _, { maps }) {
    let { shape } = x!
    let multiplyAdds = 0
    for (const [axis, map] of maps) {
      const { outer, inner } = aroundAxis(shape, axis)
      multiplyAdds += outer * inner * map.index.length
      shape = shape.with(axis, map.outputSize)
    }
    return { multiplyAdds }
  },
}
