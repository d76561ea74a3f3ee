/** A model as it was read: plain records of graphs, nodes and attributes. */
import type { StoredTensor } from './storedTensor.ts'

/** One attribute; the field that its type names is set. */
export type Attribute =
  | { readonly kind: 'float' | 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'floats' | 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: StoredTensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  /** Of a type that no operator here takes. */
  | { readonly kind: 'other'; readonly value: string }

export interface GraphNode {
  /** The node's name, or one made of its operator and place: what messages say. */
  readonly label: string
  readonly operator: string
  /** `''` for ONNX's own. */
  readonly domain: string
  /** Names of values; `''` for an optional one that is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, Attribute>
  /** The byte of the file at which it begins. */
  readonly at: number
}

/** A named input or output of a graph. */
export interface Port {
  readonly name: string
  /** ONNX's name of the element type, `''` where the file does not say. */
  readonly type: string
  /** Sizes, or names of sizes, or null for a size without either; null for a rank that is not known. */
  readonly shape: readonly (number | string | null)[] | null
}

export interface Graph {
  readonly name: string
  readonly nodes: readonly GraphNode[]
  /** Inputs that have no initializer. */
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly initializers: ReadonlyMap<string, StoredTensor>
}

export interface Model {
  readonly graph: Graph
  /** The version of ONNX's own operators. */
  readonly opset: number
  readonly irVersion: number
  readonly producer: string
  readonly metadata: Readonly<Record<string, string>>
}
