/** The card of a primitive operator: shape rule, plain reference loop, kernels, and count of work. */
import type { LoweringContext } from '../engine/wasm/lower/host.ts'
import type { Pooling } from '../engine/wasm/lower/pooling.ts'
import type { Builder } from '../engine/wasm/plan.ts'
import type { Pools } from '../engine/wasm/pools.ts'
import type { CellContext } from '../engine/wasm/proof/cells.ts'
import type { Planning, Scalars } from '../engine/wasm/scalars.ts'
import type { Structure } from '../engine/wasm/structure.ts'
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

/** Gradients with respect to each input, in differentiable operations; null where there is none. */
export type Gradient<Attributes> = (
  context: GradientContext<Attributes>,
) => readonly (Tensor | null)[]

/** One cell of the output by definition, from cells of the inputs. */
export type CellRule<Attributes> = (context: CellContext<Attributes>, index: number) => number

/**
 * A primitive: everything that an engine needs to know of it. Whoever applies it brings its kernels into
 * a bundle, and nobody else's. Gradients come with `gradients` (`ops/gradients/table.ts`).
 * Attributes are plain data (numbers, strings, arrays, axes, axis maps): they are compared value by value,
 * and functions among them do not count.
 */
export interface Operator<Attributes> {
  readonly name: string
  /** Type and shape of the output; the arguments were checked by the public function. */
  infer(inputs: readonly TensorType[], attributes: Attributes): TensorType
  /** The definition, as plain loops. */
  reference(context: LoopContext<Attributes>): void
  /** Adds the steps of the WASM engine; false where it has no kernel for these types, and the loop runs on the host. */
  lower(context: LoweringContext<Attributes>): boolean
  /** How operations of this name are computed together with others; plans ask any of a graph's operators. */
  scalars?(planning: Planning): Scalars
  /** The same for poolings, which follow sums and the scalar functions after them. */
  poolings?(planning: Planning, scalars: Scalars | undefined): Pools
  /** Whether the lowering of an operation writes a pooling of its results instead of them, if it is given it. */
  pools?(attributes: Attributes, pooling: Pooling, build: Builder): boolean
  /** Inputs of an operation that can be made as parts of its result, by number, with the bytes before them. */
  parts?(
    structure: Structure,
    operation: number,
    isTaken: (position: number) => boolean,
  ): ReadonlyMap<number, number>
  /** What kernels are held against; null for results that are known as a whole only. */
  readonly cell: CellRule<Attributes> | null
  work(inputs: readonly TensorType[], output: TensorType, attributes: Attributes): Work
}
