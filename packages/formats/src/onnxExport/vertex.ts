/** The graph of a forward pass as the export reads it: equal computations are one vertex, layers' tensors have names. */
import type { AttributesOf, DType, GraphNode, OperatorName } from 'striate'

interface Facts {
  /** Rises from inputs to what reads them. */
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: DType
}

/** A value that is there before the graph runs: given by the caller, owned by a layer, or written in the code. */
export interface Leaf extends Facts {
  readonly kind: 'input' | 'weight' | 'constant'
  /** Empty for constants. */
  readonly name: string
  readonly source: GraphNode
}

type OperationOf<Name extends OperatorName> = Facts & {
  readonly kind: Name
  readonly attributes: AttributesOf<Name>
  readonly inputs: readonly Vertex[]
  /** The dotted name of the layer that built it. */
  readonly scope: string
}

/** A primitive applied to vertices; `kind` tells its attributes apart. */
export type Operation = { readonly [Name in OperatorName]: OperationOf<Name> }[OperatorName]

export type Vertex = Leaf | Operation

/** The operation of one primitive. */
export type Applied<Name extends OperatorName> = Extract<Operation, { kind: Name }>

export const isLeaf = (vertex: Vertex): vertex is Leaf =>
  vertex.kind === 'input' || vertex.kind === 'weight' || vertex.kind === 'constant'

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((size, length) => size * length, 1)

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis])

/** `count` whole numbers from `start`. */
export const range = (count: number, start = 0): number[] =>
  Array.from({ length: count }, (_, i) => start + i)
