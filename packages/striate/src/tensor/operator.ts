/** The card of a primitive operator: shape rule, plain reference loop, gradient, and count of work. */
import type { DType, TypedArray } from './dtype.ts'
import type { Tensor } from './tensor.ts'

export interface TensorType {
  readonly shape: readonly number[]
  readonly dtype: DType
}

export interface Work {
  /** Multiplications that count: multiply-adds of sums of products, or one per element elsewhere. */
  readonly multiplyAdds: number
}

export interface GradientContext<Attributes> {
  readonly inputs: readonly Tensor[]
  readonly output: Tensor
  readonly upstream: Tensor
  readonly attributes: Attributes
  /** Which inputs need a gradient; the others may be left null. */
  readonly wanted: readonly boolean[]
}

export interface LoopContext<Attributes> {
  readonly inputs: readonly TypedArray[]
  readonly inputTypes: readonly TensorType[]
  /** Holds zeros at first. In float64, so that sums do not round on the way. */
  readonly output: Float64Array
  readonly outputType: TensorType
  readonly attributes: Attributes
}

/**
 * A primitive: everything that an engine or automatic differentiation needs to know of it.
 * Attributes are plain data (numbers, strings, arrays, axes, axis maps): they are compared as JSON.
 */
export interface Operator<Attributes> {
  readonly name: string
  /** Type and shape of the output; the arguments were checked by the public function. */
  infer(inputs: readonly TensorType[], attributes: Attributes): TensorType
  /** The definition, as plain loops. */
  reference(context: LoopContext<Attributes>): void
  /** Gradients with respect to each input, in differentiable operations; null where there is none. */
  gradient(context: GradientContext<Attributes>): readonly (Tensor | null)[]
  work(inputs: readonly TensorType[], output: TensorType, attributes: Attributes): Work
}
