/** Runs a network on shapes alone and reads the graph that it built. */
import {
  broadcastTo,
  type DType,
  describe,
  fail,
  type GraphNode,
  neg,
  nn,
  type OperatorName,
  Tensor,
  zeros,
} from 'striate'
import type { Leaf, Operation, Vertex } from './vertex.ts'
import { sizeOf } from './vertex.ts'

/** What a function that is exported may return: one tensor, several, or several by name. */
export type OnnxOutputs = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>

/** A function of tensors. */
export type OnnxFunction = (...inputs: Tensor[]) => OnnxOutputs

/** An input, checked. */
export interface InputSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: DType
}

export interface Traced {
  readonly inputs: readonly Leaf[]
  readonly outputs: readonly { readonly name: string; readonly vertex: Vertex }[]
}

/** Names of the nodes whose values belong to layers. */
export type WeightNames = ReadonlyMap<GraphNode, string>

/** The graph of `network` (layers in evaluation mode; they are left as they were) for inputs of these shapes. */
export function traceGraph(
  network: nn.Layer | OnnxFunction,
  owner: nn.Layer | null,
  specs: readonly InputSpec[],
  weights: WeightNames,
  outputNames: readonly string[] | undefined,
): Traced {
  const tensors = specs.map(unknown)
  const forward: OnnxFunction =
    network instanceof nn.Layer
      ? (network.forward as OnnxFunction).bind(network)
      : (network as OnnxFunction)
  const results = named(
    inUse(owner, () => forward(...tensors)),
    outputNames,
  )
  const given = new Map(tensors.map(({ node }, i) => [node, specs[i]!.name]))
  const vertices = read(
    results.map(([, { node }]) => node),
    given,
    weights,
  )
  const inputs = tensors.map(({ node }, i): Leaf => {
    const found = vertices.get(node)
    if (found?.kind === 'input') return found
    const { shape, dtype, name } = specs[i]!
    return { kind: 'input', id: node.id, shape, dtype, name, source: node }
  })
  const outputs = results.map(([name, { node }]) => ({ name, vertex: vertices.get(node)! }))
  return { inputs, outputs }
}

/** A tensor that is not computed: a value that is known would leave the graph where it is detached. */
const unknown = ({ shape, dtype }: InputSpec): Tensor =>
  neg(broadcastTo(zeros([], { dtype }), shape))

/** Runs `build` with all layers of `owner` in evaluation mode. */
function inUse<Result>(owner: nn.Layer | null, build: () => Result): Result {
  const layers = owner?.namedLayers().map(([, layer]) => layer) ?? []
  const modes = layers.map((layer) => layer.training)
  owner?.eval()
  try {
    return build()
  } finally {
    // A layer sets all inside it too, so the inner ones come last.
    for (const [i, layer] of layers.entries()) layer.train(modes[i]!)
  }
}

function named(outputs: OnnxOutputs, names: readonly string[] | undefined): [string, Tensor][] {
  const isList = Array.isArray(outputs)
  const pairs: [string, Tensor][] =
    outputs instanceof Tensor
      ? [['output', outputs]]
      : Object.entries(outputs as Record<string, Tensor>).map(([key, value]) => [
          isList ? `output_${key}` : key,
          value,
        ])
  const op = 'encodeOnnx'
  for (const [key, value] of pairs) {
    if (!(value instanceof Tensor))
      fail({ op, argument: `output '${key}'`, needs: 'must be a tensor', got: describe(value) })
  }
  if (pairs.length === 0)
    fail({ op, argument: 'network', needs: 'must return a tensor', got: describe(outputs) })
  if (names === undefined) return pairs
  if (names.length !== pairs.length) {
    const needs = `must be ${pairs.length} names, one per output`
    fail({ op, argument: 'outputNames', needs, got: describe(names) })
  }
  return pairs.map(([, value], i) => [names[i]!, value])
}

/** What an operation is, apart from where: two of one key have one value. */
function keyOf(kind: string, attributes: unknown, inputs: readonly Vertex[]): string {
  return `${kind} ${JSON.stringify(attributes)} ${inputs.map(({ id }) => id).join()}`
}

/** Every node behind `results`, as vertices. */
function read(
  results: readonly GraphNode[],
  given: ReadonlyMap<GraphNode, string>,
  weights: WeightNames,
): Map<GraphNode, Vertex> {
  const vertices = new Map<GraphNode, Vertex>()
  const byKey = new Map<string, Vertex>()
  const canonical = (key: string, vertex: Vertex): Vertex => {
    const known = byKey.get(key)
    if (known) return known
    byKey.set(key, vertex)
    return vertex
  }
  for (const node of behind(results, (node) => given.has(node) || weights.has(node))) {
    const leaf = leafOf(node, given, weights)
    if (leaf) {
      vertices.set(node, leaf.kind === 'constant' ? canonical(constantKey(leaf), leaf) : leaf)
      continue
    }
    const inputs = node.inputs.map((input) => vertices.get(input)!)
    const kind = node.operator!.name
    if (kind === 'identity') {
      vertices.set(node, inputs[0]!)
      continue
    }
    const { id, shape, dtype, attributes, scope } = node
    const operation = { kind: kind as OperatorName, id, shape, dtype, attributes, inputs, scope }
    vertices.set(node, canonical(keyOf(kind, attributes, inputs), operation as Operation))
  }
  return vertices
}

/** The nodes that `results` are made of, inputs before what reads them; what is behind a leaf is left out. */
function behind(results: readonly GraphNode[], isLeaf: (node: GraphNode) => boolean): GraphNode[] {
  const found = new Set<GraphNode>(results)
  for (const node of found) if (!isLeaf(node)) for (const input of node.inputs) found.add(input)
  return [...found].sort((a, b) => a.id - b.id)
}

function leafOf(
  node: GraphNode,
  given: ReadonlyMap<GraphNode, string>,
  weights: WeightNames,
): Leaf | null {
  const { id, shape, dtype } = node
  const facts = { id, shape, dtype, source: node }
  const input = given.get(node)
  if (input !== undefined) return { kind: 'input', name: input, ...facts }
  const weight = weights.get(node)
  if (weight !== undefined) return { kind: 'weight', name: weight, ...facts }
  return node.operator === null ? { kind: 'constant', name: '', ...facts } : null
}

/** Equal single numbers are one constant; larger ones are told apart by where they stand. */
function constantKey({ id, dtype, shape, source }: Leaf): string {
  if (sizeOf(shape) !== 1) return `constant ${id}`
  const value = source.data![0]!
  return `constant ${dtype} [${shape.join()}] ${Object.is(value, -0) ? '-0' : value}`
}
