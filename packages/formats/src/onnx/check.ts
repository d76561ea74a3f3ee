/** Refuses what cannot be imported, naming every node, before anything is built or run. */
import { nearest } from 'striate'
import { fail, list, quote } from './complain.ts'
import type { Graph, GraphNode, Model } from './graph.ts'
import { operators } from './operators/table.ts'

/** Opsets 7 to 21 are what this import is for; beside them lie versions that changed none of its operators. */
export const oldestOpset = 6
export const newestOpset = 28

/** Constants are no operation: their values are read with the file. */
export const isConstant = ({ operator, domain }: GraphNode): boolean =>
  operator === 'Constant' && domain === ''

export function checkModel({ graph, opset }: Model): void {
  checkOperators(graph)
  if (opset < oldestOpset || opset > newestOpset) {
    fail({
      argument: 'opset',
      needs: `must be ${oldestOpset} to ${newestOpset}`,
      got: `${opset}`,
      hint: 'the converters of the onnx package change the opset of a model',
    })
  }
  for (const node of allNodes(graph)) checkNode(node, opset)
  checkNames(graph, new Set())
  if (graph.outputs.length === 0)
    fail({ argument: 'the graph', needs: 'must have an output', got: 'none' })
}

function* allNodes(graph: Graph): Generator<GraphNode> {
  for (const node of graph.nodes) {
    yield node
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'graph') yield* allNodes(attribute.value)
  }
}

function checkOperators(graph: Graph): void {
  const missing = [...allNodes(graph)].filter(
    (node) => !isConstant(node) && (node.domain !== '' || !Object.hasOwn(operators, node.operator)),
  )
  const [first] = missing
  if (!first) return
  const title = ({ domain, operator }: GraphNode): string =>
    domain === '' ? operator : `${domain}.${operator}`
  const kinds = [...new Set(missing.map(title))]
  const others = list(
    missing.slice(1).map(({ label }) => label),
    4,
  )
  const near = first.domain === '' ? nearest(first.operator, Object.keys(operators)) : undefined
  fail({
    argument: first.label,
    needs: 'must be of an operator that can be imported',
    got: list(kinds),
    ...(others === '' ? {} : { hint: `also ${others}` }),
    ...(others === '' && near ? { hint: `the nearest is ${near}` } : {}),
  })
}

function checkNode(node: GraphNode, opset: number): void {
  if (isConstant(node)) return
  const { since = 1, attributes = [] } = operators[node.operator]!
  if (opset < since)
    fail({ argument: node.label, needs: `needs opset ${since} or later`, got: `${opset}` })
  for (const name of node.attributes.keys()) {
    if (attributes.includes(name)) continue
    fail({
      argument: node.label,
      needs: `must have no attribute but ${attributes.length > 0 ? attributes.join(', ') : 'none'}`,
      got: quote(name),
    })
  }
}

/** Every value is made once, before it is used. */
function checkNames(graph: Graph, around: ReadonlySet<string>): void {
  const made = new Set(around)
  for (const { name } of graph.inputs) made.add(name)
  for (const name of graph.initializers.keys()) made.add(name)
  for (const node of graph.nodes) {
    const missing = node.inputs.find((name) => name !== '' && !made.has(name))
    if (missing !== undefined) {
      fail({
        argument: node.label,
        needs: 'must come after whatever makes its inputs',
        got: `${quote(missing)}, which nothing before it makes`,
      })
    }
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'graph') checkNames(attribute.value, made)
    for (const name of node.outputs) {
      if (name === '') continue
      if (made.has(name))
        fail({
          argument: node.label,
          needs: 'must make values that have no maker yet',
          got: quote(name),
        })
      made.add(name)
    }
  }
  const lost = graph.outputs.find(({ name }) => !made.has(name))
  if (lost)
    fail({
      argument: `output ${quote(lost.name)}`,
      needs: 'must be made by a node',
      got: 'none that makes it',
    })
}
