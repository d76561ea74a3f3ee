/** Sum, product or extreme over some axes: the primitive behind `sum`, `mean`, `max`, … */
import type { Operator } from '../../tensor/operator.ts'
import { sizeOf, walk } from '../../tensor/shape.ts'
import { broadcastTo } from '../broadcastTo.ts'
import { div, mul } from '../elementwise/arithmetic.ts'
import { equal, where } from '../elementwise/comparison.ts'
import { productOfOthers, sum } from '../reductions.ts'

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

  gradient({ inputs: [x], output, upstream, attributes }) {
    switch (attributes.function) {
      case 'sum':
        return [broadcastTo(upstream, x!.shape)]
      case 'prod':
        return [mul(upstream, productOfOthers(x!, attributes.axes))]
      case 'max':
      case 'min': {
        const isExtreme = equal(x!, output)
        const share = div(upstream, sum(isExtreme, { axes: attributes.axes, keepDims: true }))
        return [where(isExtreme, share, 0)]
      }
    }
  },

  work: ([x]) => ({ multiplyAdds: sizeOf(x!.shape) }),
}
