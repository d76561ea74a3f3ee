/** What a graph looks like, apart from its values: graphs of one structure share a plan. */
import type { DType } from '../../tensor/dtype.ts'
import type { Node } from '../../tensor/node.ts'
import type { Operator } from '../../tensor/operator.ts'

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

export interface Structure {
  readonly key: string
  readonly leaves: readonly Node[]
  readonly wanted: readonly Node[]
  readonly operations: readonly Operation[]
  /** Type of each leaf, then of each operation. */
  readonly types: readonly ValueType[]
  /** Position of each wanted node. */
  readonly results: readonly number[]
}

export function structureOf(order: readonly Node[], wanted: readonly Node[]): Structure {
  const leaves: Node[] = []
  const position = new Map<Node, number>()
  for (const node of order) {
    for (const input of node.inputs) {
      if (input.isKnown && !position.has(input)) {
        position.set(input, leaves.length)
        leaves.push(input)
      }
    }
  }
  for (const [i, node] of order.entries()) position.set(node, leaves.length + i)
  const asked = wanted.filter((node) => position.has(node))
  const operations = order.map((node) => ({
    operator: node.operator!,
    attributes: node.attributes,
    inputs: node.inputs.map((input) => position.get(input)!),
  }))
  const types = [...leaves, ...order].map(({ shape, dtype }) => ({ shape, dtype }))
  const results = asked.map((node) => position.get(node)!)
  const parts = types.map(({ shape, dtype }) => `${dtype}[${shape.join()}]`)
  for (const { operator, attributes, inputs } of operations)
    parts.push(`${operator.name}(${inputs.join()})${JSON.stringify(attributes)}`)
  parts.push(results.join())
  return { key: parts.join(';'), leaves, wanted: asked, operations, types, results }
}
