/** Batch normalisation melted into the convolution before it, for use: one operation instead of two. */
import { add, mul, reshape, rsqrt, sub, type Tensor } from 'striate'
import type { Graph, GraphNode } from './graph.ts'
import type { Value } from './value.ts'

export interface Fusion {
  readonly convolution: GraphNode
  readonly normalisation: GraphNode
  /** The states that both read. */
  readonly states: readonly string[]
}

/**
 * Pairs of a convolution and the normalisation that alone reads its result, all weights of both fixed.
 * Each pair stands under both its nodes.
 */
export function fusions(
  graph: Graph,
  nodes: readonly GraphNode[],
  states: ReadonlySet<string>,
  fixed: ReadonlyMap<GraphNode, readonly string[]>,
  constants: ReadonlyMap<string, Value>,
): Map<GraphNode, Fusion> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const readers = new Map<string, number>()
  for (const { name } of graph.outputs) readers.set(name, 1)
  for (const name of readNames(graph)) readers.set(name, (readers.get(name) ?? 0) + 1)
  const sourcesOf = (name: string): readonly string[] | undefined => {
    if (name === '' || constants.has(name)) return []
    if (states.has(name)) return [name]
    const maker = makers.get(name)
    return maker && fixed.get(maker)
  }
  const found = new Map<GraphNode, Fusion>()
  for (const normalisation of nodes) {
    const { operator, inputs, outputs, attributes } = normalisation
    if (operator !== 'BatchNormalization' || attributes.has('training_mode')) continue
    if (outputs.filter((name) => name !== '').length !== 1 || fixed.has(normalisation)) continue
    const [x = '', ...own] = inputs
    const convolution = makers.get(x)
    const isConvolution = ['Conv', 'ConvTranspose'].includes(convolution?.operator ?? '')
    if (!convolution || !isConvolution || fixed.has(convolution) || readers.get(x) !== 1) continue
    const sources = [...convolution.inputs.slice(1), ...own].map(sourcesOf)
    if (sources.includes(undefined)) continue
    const fusion: Fusion = {
      convolution,
      normalisation,
      states: [...new Set(sources.flatMap((each) => each!))],
    }
    found.set(convolution, fusion)
    found.set(normalisation, fusion)
  }
  return found
}

/** Every name that a node reads, those in branches included. */
function* readNames(graph: Graph): Generator<string> {
  for (const node of graph.nodes) {
    yield* node.inputs
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'graph') {
        yield* readNames(attribute.value)
        for (const { name } of attribute.value.outputs) yield name
      }
  }
}

export interface FusedWeights {
  readonly weight: Tensor
  readonly bias: Tensor
}

/**
 * With `s = γ / √(σ² + ε)`, one for each channel that comes out: `weight · s` and `(bias − μ) · s + β`.
 * The channels that come out lie on axis 0 of a convolution's weight, on axis 1 of a transposed one's,
 * there for each group apart.
 */
export function fuseWeights(
  { convolution, normalisation }: Fusion,
  weight: Tensor,
  bias: Tensor | undefined,
  [gamma, beta, mean, variance]: readonly [Tensor, Tensor, Tensor, Tensor],
): FusedWeights {
  const attribute = normalisation.attributes.get('epsilon')
  const eps = attribute?.kind === 'float' ? attribute.value : 1e-5
  const scale = mul(gamma, rsqrt(add(variance, eps)))
  const shift = bias ? sub(bias, mean) : mul(mean, -1)
  return { weight: scaled(convolution, weight, scale), bias: add(mul(shift, scale), beta) }
}

function scaled(convolution: GraphNode, weight: Tensor, scale: Tensor): Tensor {
  const [first, second, ...kernel] = weight.shape as [number, number, ...number[]]
  const ones = kernel.map(() => 1)
  if (convolution.operator === 'Conv') return mul(weight, reshape(scale, [first, 1, ...ones]))
  const attribute = convolution.attributes.get('group')
  const groups = attribute?.kind === 'int' ? attribute.value : 1
  const apart = reshape(weight, [groups, first / groups, second, ...kernel])
  return reshape(mul(apart, reshape(scale, [groups, 1, second, ...ones])), weight.shape)
}
