/** One scalar function applied at every position, with broadcasting: the primitive behind `add`, `exp`, `where`, … */
import type { DomainName, Formula, ScalarOperator } from '../../engine/wasm/kernels/index.ts'
import { elementwiseCell } from '../../engine/wasm/proof/rules.ts'
import { scalars } from '../../engine/wasm/scalars.ts'
import type { DType } from '../../tensor/dtype.ts'
import type { Operator } from '../../tensor/operator.ts'
import { broadcastShapes, broadcastStrides, sameShape, walk } from '../../tensor/shape.ts'

interface Scalar {
  /** Element type of the result, of those of the arguments. */
  result(types: readonly DType[]): DType
  evaluate(a: number, b: number, c: number): number
}

/** Kernels have the operators that are a few instructions long, and are given formulas for the others. */
interface Short extends Scalar {
  readonly function: ScalarOperator | 'copy'
  readonly formulas?: undefined
}

interface Long extends Scalar {
  readonly function:
    | 'exp'
    | 'expm1'
    | 'log'
    | 'log1p'
    | 'sin'
    | 'cos'
    | 'tan'
    | 'asin'
    | 'acos'
    | 'atan'
    | 'sinh'
    | 'cosh'
    | 'tanh'
    | 'asinh'
    | 'acosh'
    | 'atanh'
    | 'sigmoid'
    | 'softplus'
    | 'erf'
    | 'pow'
    | 'mod'
    | 'atan2'
  /** The formula of each element type of kernels that can compute it. */
  formulas(): Readonly<Partial<Record<DomainName, Formula>>>
}

/** All there is to know of a scalar function but its gradient. */
export type ScalarCard = Short | Long

export type ScalarFunction = ScalarCard['function']

export type ElementwiseAttributes = ScalarCard & {
  /** Element type of the result when the caller asks for one (a cast). */
  readonly dtype?: DType
}

export const elementwise: Operator<ElementwiseAttributes> = {
  name: 'elementwise',

  infer: (inputs, { function: name, result, dtype }) => ({
    shape: broadcastShapes(
      name,
      inputs.map((input) => input.shape),
    ),
    dtype: dtype ?? result(inputs.map((input) => input.dtype)),
  }),

  reference({ inputs, inputTypes, output, outputType, attributes: { evaluate } }) {
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

  // Groups of functions are lowered before; here arrive those of whole numbers without a kernel.
  lower: () => false,
  scalars,
  cell: elementwiseCell,

  work: (_, output) => ({ multiplyAdds: output.shape.reduce((size, length) => size * length, 1) }),
}
