/** One scalar function applied at every position, with broadcasting: the primitive behind `add`, `exp`, `where`, … */
import { asFloat, type DType, promote } from '../../tensor/dtype.ts'
import type { Operator, TensorType } from '../../tensor/operator.ts'
import { broadcastShapes, broadcastStrides, sameShape, walk } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { type ScalarFunction, scalarCard } from '../elementwise/cards.ts'
import { sumTo } from '../sumTo.ts'

/** All there is to know of a scalar function. */
export interface ScalarCard {
  readonly arity: 1 | 2 | 3
  evaluate(a: number, b: number, c: number): number
  /** Element type of the result: as the promoted arguments, real, true or false, or the promotion of the last two (`where`). */
  readonly result: 'same' | 'float' | 'boolean' | 'branches'
  /** Derivatives times `upstream`, before summing over broadcast axes; null where it is zero everywhere. */
  gradient(context: ScalarGradient): readonly (Tensor | null)[]
}

export interface ScalarGradient {
  readonly inputs: readonly Tensor[]
  readonly output: Tensor
  readonly upstream: Tensor
  readonly wanted: readonly boolean[]
}

export interface ElementwiseAttributes {
  readonly function: ScalarFunction
  /** Element type of the result when the caller asks for one (a cast). */
  readonly dtype?: DType
}

export function resultType(types: readonly TensorType[], attributes: ElementwiseAttributes): DType {
  if (attributes.dtype) return attributes.dtype
  const dtypes = types.map((type) => type.dtype)
  switch (scalarCard(attributes.function).result) {
    case 'same':
      return dtypes.reduce(promote)
    case 'float':
      return asFloat(dtypes.reduce(promote))
    case 'boolean':
      return 'uint8'
    case 'branches':
      return promote(dtypes[1]!, dtypes[2]!)
  }
}

export const elementwise: Operator<ElementwiseAttributes> = {
  name: 'elementwise',

  infer: (inputs, attributes) => ({
    shape: broadcastShapes(
      attributes.function,
      inputs.map((input) => input.shape),
    ),
    dtype: resultType(inputs, attributes),
  }),

  reference({ inputs, inputTypes, output, outputType, attributes }) {
    const { evaluate } = scalarCard(attributes.function)
    const [a, b = a, c = a] = inputs as [Float64Array, Float64Array?, Float64Array?]
    if (inputTypes.every((type) => sameShape(type.shape, outputType.shape))) {
      for (let i = 0; i < output.length; i++) output[i] = evaluate(a[i]!, b[i]!, c[i]!)
      return
    }
    const strides = inputTypes.map((type) => broadcastStrides(type.shape, outputType.shape))
    walk(outputType.shape, strides, ([ia = 0, ib = ia, ic = ia], i) => {
      output[i] = evaluate(a[ia]!, b[ib]!, c[ic]!)
    })
  },

  gradient({ inputs, output, upstream, attributes, wanted }) {
    const card = scalarCard(attributes.function)
    return card
      .gradient({ inputs, output, upstream, wanted })
      .map((gradient, i) => (gradient && wanted[i] ? sumTo(gradient, inputs[i]!.shape) : null))
  },

  work: (_, output) => ({ multiplyAdds: output.shape.reduce((size, length) => size * length, 1) }),
}
