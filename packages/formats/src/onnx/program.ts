/** A graph made ready to be built again and again: its constants, its nodes in order, what depends on what. */

import { isConstant } from './check.ts'
import { fail, quote } from './complain.ts'
import { asDType } from './elements.ts'
import { type Fusion, fusions } from './fuse.ts'
import type { Graph, GraphNode, Port } from './graph.ts'
import { operators } from './operators/table.ts'
import type { StoredTensor } from './storedTensor.ts'
import { constant, mostKnown, Value } from './value.ts'

export interface Program {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly nodes: readonly GraphNode[]
  /** Values that never change, by name. */
  readonly constants: ReadonlyMap<string, Value>
  /** For nodes whose values no input of the graph reaches: the states that do. */
  readonly fixed: ReadonlyMap<GraphNode, readonly string[]>
  /** Normalisations that melt into the convolution before them, by either node. */
  readonly fusions: ReadonlyMap<GraphNode, Fusion>
}

/** A tensor of the file that does not change. */
export function storedValue(tensor: StoredTensor): Value {
  const { name, at, element, shape, size } = tensor
  const refuse = (): never =>
    fail({
      argument: `tensor ${quote(name)} (byte ${at})`,
      needs: 'must hold whole numbers of 32 bits to be computed with',
      got: `a larger ${element.name}`,
    })
  const held = constant({ shape, dtype: element.dtype }, () => {
    return asDType(tensor.read(), element.dtype) ?? refuse()
  })
  if (size > mostKnown) return Value.of(held)
  return Value.readable(held, () => Array.from(tensor.read(), Number))
}

/** `states` are the names of initializers that the network keeps as parameters and buffers. */
export function makeProgram(graph: Graph, states: ReadonlySet<string>): Program {
  const constants = new Map<string, Value>()
  for (const [name, tensor] of graph.initializers)
    if (!states.has(name)) constants.set(name, storedValue(tensor))
  const nodes: GraphNode[] = []
  for (const node of graph.nodes) {
    if (isConstant(node)) constants.set(node.outputs[0]!, constantValue(node))
    else nodes.push(node)
  }
  const fixed = fixedNodes(nodes, constants, states)
  const { inputs, outputs } = graph
  return {
    inputs,
    outputs,
    nodes,
    constants,
    fixed,
    fusions: fusions(graph, nodes, states, fixed, constants),
  }
}

function constantValue(node: GraphNode): Value {
  const [[name, attribute] = ['', undefined]] = node.attributes
  const refuse = (): never =>
    fail({ argument: node.label, needs: 'must hold whole numbers of 32 bits', got: 'a larger one' })
  switch (attribute?.kind) {
    case 'tensor':
      return storedValue(attribute.value)
    case 'float':
    case 'int': {
      const dtype = attribute.kind === 'float' ? 'float32' : 'int32'
      return Value.known({ shape: [], dtype, numbers: [attribute.value] }, refuse)
    }
    case 'floats':
    case 'ints': {
      const dtype = attribute.kind === 'floats' ? 'float32' : 'int32'
      const numbers = attribute.value
      return Value.known({ shape: [numbers.length], dtype, numbers }, refuse)
    }
    default:
      return fail({
        argument: node.label,
        needs: 'must hold a tensor or numbers',
        got: attribute ? `${name}, ${attribute.kind}` : 'nothing',
      })
  }
}

/** A node is fixed if all its inputs are; branches see values around them and never count as fixed. */
function fixedNodes(
  nodes: readonly GraphNode[],
  constants: ReadonlyMap<string, Value>,
  states: ReadonlySet<string>,
): Map<GraphNode, readonly string[]> {
  const sources = new Map<string, readonly string[]>([['', []]])
  for (const name of constants.keys()) sources.set(name, [])
  for (const name of states) sources.set(name, [name])
  const fixed = new Map<GraphNode, readonly string[]>()
  for (const node of nodes) {
    const found = node.inputs.map((name) => sources.get(name))
    const isBranch = [...node.attributes.values()].some(({ kind }) => kind === 'graph')
    if (isBranch || found.includes(undefined)) continue
    const all = [...new Set(found.flatMap((each) => each!))]
    // Only with states can an operator behave by the mode; without, it is dropout of a constant.
    if (all.length === 0 && operators[node.operator]!.byMode) continue
    fixed.set(node, all)
    for (const name of node.outputs) sources.set(name, all)
  }
  return fixed
}
