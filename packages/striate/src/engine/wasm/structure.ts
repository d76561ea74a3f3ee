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
  /** For each leaf the number that it is, where that is part of the structure. */
  readonly literals: readonly (number | null)[]
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
  const types: ValueType[] = []
  const literals: (number | null)[] = []
  // One long string: this runs before every run of a plan.
  let key = ''
  for (const leaf of leaves) {
    const { shape, dtype } = leaf
    const literal = leaf.isLiteral ? leaf.data![0]! : null
    types.push({ shape, dtype })
    literals.push(literal)
    key += literal === null ? `${dtype}[${shape}];` : `${dtype}=${literal};`
  }
  const operations: Operation[] = []
  for (const node of order) {
    const { operator, attributes, shape, dtype } = node
    position.set(node, types.length)
    types.push({ shape, dtype })
    const inputs: number[] = []
    for (const input of node.inputs) inputs.push(position.get(input)!)
    operations.push({ operator: operator!, attributes, inputs })
    key += `${operator!.name}(${inputs})${attributesKey(attributes)}${dtype}[${shape}];`
  }
  const asked = wanted.filter((node) => position.has(node))
  const results = asked.map((node) => position.get(node)!)
  return { key: `${key}${results}`, leaves, literals, wanted: asked, operations, types, results }
}

/** Attributes as text; those that many operations share are written down once. */
const written = new WeakMap<object, string>()

function attributesKey(attributes: unknown): string {
  if (typeof attributes !== 'object' || attributes === null) return String(attributes)
  const known = written.get(attributes)
  if (known !== undefined) return known
  const text = JSON.stringify(attributes)
  written.set(attributes, text)
  return text
}
