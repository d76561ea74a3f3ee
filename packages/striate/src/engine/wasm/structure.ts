/** What a graph looks like, apart from its values: graphs of one structure share a plan. */
import type { DType } from '../../tensor/dtype.ts'
import { type Node, newWalk } from '../../tensor/node.ts'
import type { Operator } from '../../tensor/operator.ts'
import { sameShape } from '../../tensor/shape.ts'
import { sameAttributes } from './attributes.ts'

/** An operation of the graph by numbers: it keeps no node alive. */
export interface Operation {
  readonly operator: Operator<unknown>
  readonly attributes: unknown
  /** Positions in `types`: leaves first, then operations. */
  readonly inputs: readonly number[]
}

export interface ValueType {
  readonly shape: readonly number[]
  readonly dtype: DType
}

/** All that plans depend on. */
export interface GraphForm {
  /** For each leaf the number that it is, where that is part of the structure. */
  readonly literals: readonly (number | null)[]
  readonly operations: readonly Operation[]
  /** Type of each leaf, then of each operation. */
  readonly types: readonly ValueType[]
  /** Position of each wanted node. */
  readonly results: readonly number[]
}

export interface Structure extends GraphForm {
  readonly leaves: readonly Node[]
  readonly wanted: readonly Node[]
}

/** A graph whose nodes have their positions, until the next walk. */
export interface NumberedGraph {
  readonly order: readonly Node[]
  readonly leaves: readonly Node[]
  readonly wanted: readonly Node[]
  readonly results: readonly number[]
  /** Graphs of one form have one hash. */
  readonly hash: number
}

/** Spreads numbers over 32 bits, one after the other (the step of FNV-1a). */
const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193)

export function numberGraph(order: readonly Node[], wanted: readonly Node[]): NumberedGraph {
  const walk = newWalk()
  const leaves: Node[] = []
  let hash = 0x811c9dc5
  for (const node of order) {
    for (const input of node.inputs) {
      if (input.walk === walk || !input.isKnown) continue
      input.walk = walk
      input.position = leaves.length
      leaves.push(input)
      for (const size of input.shape) hash = mix(hash, size)
    }
  }
  let position = leaves.length
  hash = mix(hash, position)
  for (const node of order) {
    node.walk = walk
    node.position = position++
    for (const input of node.inputs) hash = mix(hash, input.position)
  }
  const asked = wanted.filter((node) => node.walk === walk)
  const results = asked.map((node) => node.position)
  for (const result of results) hash = mix(hash, result)
  return { order, leaves, wanted: asked, results, hash }
}

const literalOf = (leaf: Node): number | null => (leaf.isLiteral ? leaf.data![0]! : null)

/** The form of a graph whose positions are fresh. */
export const formOf = ({ order, leaves, results }: NumberedGraph): GraphForm => ({
  literals: leaves.map(literalOf),
  operations: order.map(({ operator, attributes, inputs }) => ({
    operator: operator!,
    attributes,
    inputs: inputs.map((input) => input.position),
  })),
  types: [...leaves, ...order].map(({ shape, dtype }) => ({ shape, dtype })),
  results,
})

/** Whether a graph, whose positions are fresh, has this form: then all of it is compared. */
export function hasForm(graph: NumberedGraph, form: GraphForm): boolean {
  const { order, leaves } = graph
  const { literals, operations, types } = form
  if (leaves.length !== literals.length || order.length !== operations.length) return false
  if (!sameShape(graph.results, form.results)) return false
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i]!
    if (!hasType(leaf, types[i]!) || literalOf(leaf) !== literals[i]) return false
  }
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!
    const { operator, attributes, inputs } = operations[i]!
    if (node.operator !== operator || node.inputs.length !== inputs.length) return false
    for (let k = 0; k < inputs.length; k++) if (node.inputs[k]!.position !== inputs[k]) return false
    if (!hasType(node, types[leaves.length + i]!)) return false
    if (!sameAttributes(node.attributes, attributes)) return false
  }
  return true
}

const hasType = (node: Node, type: ValueType): boolean =>
  node.dtype === type.dtype && sameShape(node.shape, type.shape)

export function structureOf(order: readonly Node[], wanted: readonly Node[]): Structure {
  const graph = numberGraph(order, wanted)
  return { ...formOf(graph), leaves: graph.leaves, wanted: graph.wanted }
}
