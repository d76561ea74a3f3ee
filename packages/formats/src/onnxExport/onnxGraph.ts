/** An ONNX graph in memory, before it is bytes: nodes, tensors, and the values that go in and out. */
import type { DType, GraphNode } from 'striate'

export type ElementType = DType | 'int64' | 'bool'

/** ONNX's numbers of element types (TensorProto.DataType). */
export const elementTypes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
}

/** A number alone would be an INT: `{ float }` is a FLOAT. */
export type Attribute = number | string | readonly number[] | { readonly float: number }
export type Attributes = Readonly<Record<string, Attribute>>

export interface OnnxNode {
  readonly opType: string
  readonly name: string
  /** Names of values; empty where an optional input is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Attributes
}

export type OnnxData = Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array

/** A tensor that the file holds. */
export interface OnnxTensor {
  readonly name: string
  /** Whether it stands in the state dict; others never change. */
  readonly isWeight: boolean
  readonly type: ElementType
  readonly shape: readonly number[]
  /** Read when it is written, so that weights that were never drawn are drawn only then. */
  readonly data: () => OnnxData
  /** The node whose value it is; null for what the export made. */
  readonly source: GraphNode | null
}

export interface OnnxValue {
  readonly name: string
  readonly type: ElementType
  /** A name stands for a size that is known only when the graph runs. */
  readonly shape: readonly (number | string)[]
}

export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}

/** The graph without nodes and initializers that no output needs. */
export function pruned(graph: OnnxGraph): OnnxGraph {
  const needed = new Set(graph.outputs.map(({ name }) => name))
  const nodes: OnnxNode[] = []
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue
    nodes.push(node)
    for (const name of node.inputs) needed.add(name)
  }
  const initializers = graph.initializers.filter(({ name }) => needed.has(name))
  return { ...graph, nodes: nodes.reverse(), initializers }
}
