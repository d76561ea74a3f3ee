/** Sum, product or extreme over some axes: the primitive behind `sum`, `mean`, `max`, … */
import { lowerReduce } from '../../engine/wasm/lower/reduce.ts'
import { reduceCell } from '../../engine/wasm/proof/rules.ts'
import type { Operator } from '../../tensor/operator.ts'
import { sizeOf, walk } from '../../tensor/shape.ts'

export type ReduceFunction = 'sum' | 'prod' | 'max' | 'min'

export interface ReduceAttributes {
  readonly function: ReduceFunction
  /** Sorted, each axis once. */
  readonly axes: readonly number[]
}

/** The shape with the given axes set to 1. */
export const keptShape = (shape: readonly number[], axes: readonly number[]): number[] =>
  shape.map((size, axis) => (axes.includes(axis) ? 1 : size))

export const identities: Readonly<Record<ReduceFunction, number>> = {
  sum: 0,
  prod: 1,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
}

export const combine: Readonly<Record<ReduceFunction, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  prod: (a, b) => a * b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
}

/** Keeps the reduced axes with size 1; the public functions drop them. */
export const reduce: Operator<ReduceAttributes> = {
  name: 'reduce',

  infer: ([x], { axes }) => ({
    shape: keptShape(x!.shape, axes),
    // Sums of bytes would overflow a byte.
    dtype: x!.dtype === 'uint8' ? 'int32' : x!.dtype,
  }),

  reference({ inputs: [x], inputTypes: [type], output, outputType, attributes }) {
    const join = combine[attributes.function]
    output.fill(identities[attributes.function])
    const strides: number[] = []
    let stride = 1
    for (let axis = type!.shape.length - 1; axis >= 0; axis--) {
      strides[axis] = attributes.axes.includes(axis) ? 0 : stride
      stride *= outputType.shape[axis]!
    }
    walk(type!.shape, [strides], ([o], i) => {
      output[o!] = join(output[o!]!, x![i]!)
    })
  },

  lower: lowerReduce,
  cell: reduceCell,

  work: ([x]) => ({ multiplyAdds: sizeOf(x!.shape) }),
}
