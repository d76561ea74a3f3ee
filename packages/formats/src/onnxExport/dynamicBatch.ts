/**
 * Frees the batch: a network is read with two batches, and where the two graphs differ, the batch was meant.
 *
 * Sizes that grow with the batch become `−1` in a `Reshape`, or are computed from the shape of the input;
 * any other difference is something that the batch decides, and no one graph says both.
 */
import { fail } from 'striate'
import type { Attributes, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './onnxGraph.ts'
import { pruned } from './onnxGraph.ts'

/** The batches that are compared: any two differ in what depends on them. */
export const sampleBatches: readonly [number, number] = [2, 3]

/** The name of the free size. */
const batchName = 'batch'

/** Which input of an operator is a shape. */
const shapeInputs: Readonly<Record<string, number>> = { Reshape: 1, Expand: 1, Resize: 3 }

function refuse(what: string): never {
  fail({
    op: 'encodeOnnx',
    argument: 'dynamicBatch',
    needs: 'needs a graph whose operations do not depend on the size of the batch',
    got: what,
    hint: 'without dynamicBatch the batch of the input shape is kept',
  })
}

/** How often the batch goes into a size; 0 where the size is fixed. */
function multiple(what: string, a: number, b: number): number {
  if (a === b) return 0
  const [first, second] = sampleBatches
  const times = a / first
  if (Number.isInteger(times) && times === b / second) return times
  return refuse(
    `${what}, whose sizes ${a} and ${b} for batches of ${first} and ${second} are no multiples of them`,
  )
}

/** One graph for any batch, of the graphs for the two sample batches. */
export function freeBatch(first: OnnxGraph, second: OnnxGraph): OnnxGraph {
  if (first.nodes.length !== second.nodes.length) refuse('a graph of another structure')
  const differing = changedTensors(first, second)
  const nodes: OnnxNode[] = []
  const initializers = first.initializers.filter(({ name }) => !differing.has(name))
  const sizes = new BatchSizes(first, nodes, initializers)
  for (const [i, node] of first.nodes.entries()) {
    checkSame(node, second.nodes[i]!)
    const at = shapeInputs[node.opType]
    for (const [j, name] of node.inputs.entries())
      if (differing.has(name) && j !== at)
        refuse(`${node.opType} '${node.name}', whose '${name}' depends on it`)
    const pair = at === undefined ? undefined : differing.get(node.inputs[at]!)
    nodes.push(pair ? { ...node, inputs: node.inputs.with(at!, sizes.shapeFor(node, pair)) } : node)
  }
  return pruned({
    ...first,
    nodes,
    initializers,
    inputs: freed(first.inputs, second.inputs),
    outputs: freed(first.outputs, second.outputs),
  })
}

type Pair = readonly [OnnxTensor, OnnxTensor]

/** Initializers that are not the same in both. */
function changedTensors(first: OnnxGraph, second: OnnxGraph): Map<string, Pair> {
  const others = new Map(second.initializers.map((tensor) => [tensor.name, tensor]))
  const changed = new Map<string, Pair>()
  for (const tensor of first.initializers) {
    const other = others.get(tensor.name)
    if (!other) refuse('a graph of another structure')
    if (!isSame(tensor, other)) changed.set(tensor.name, [tensor, other])
  }
  return changed
}

function isSame(a: OnnxTensor, b: OnnxTensor): boolean {
  if (a.source !== null && a.source === b.source) return true
  if (a.type !== b.type || a.shape.join() !== b.shape.join()) return false
  const [x, y] = [a.data(), b.data()]
  return x.every((value: number | bigint, i: number) => Object.is(value, y[i]))
}

function checkSame(a: OnnxNode, b: OnnxNode): void {
  const key = ({ opType, inputs, outputs, attributes }: OnnxNode): string =>
    JSON.stringify([opType, inputs, outputs, attributes])
  if (key(a) !== key(b)) refuse(`${a.opType} '${a.name}', which depends on it`)
}

const freed = (first: readonly OnnxValue[], second: readonly OnnxValue[]): OnnxValue[] =>
  first.map((value, i) => ({
    ...value,
    shape: value.shape.map((size, axis) => {
      const other = second[i]!.shape[axis]!
      const times = multiple(`'${value.name}'`, Number(size), Number(other))
      if (times === 0) return size
      return times === 1 ? batchName : `${batchName}*${times}`
    }),
  }))

/** Writes shapes in which the batch is free. */
class BatchSizes {
  readonly #graph: OnnxGraph
  readonly #nodes: OnnxNode[]
  readonly #initializers: OnnxTensor[]
  readonly #taken: Set<string>
  /** The computed sizes by how often the batch goes into them. */
  readonly #sizes = new Map<number, string>()

  constructor(graph: OnnxGraph, nodes: OnnxNode[], initializers: OnnxTensor[]) {
    this.#graph = graph
    this.#nodes = nodes
    this.#initializers = initializers
    const values = graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs])
    const given = [...graph.initializers, ...graph.inputs].map(({ name }) => name)
    this.#taken = new Set([...values, ...given])
  }

  #free(wanted: string): string {
    let name = wanted
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}_${i}`
    this.#taken.add(name)
    return name
  }

  shapeFor(node: OnnxNode, [a, b]: Pair): string {
    const [x, y] = [a, b].map((tensor) => [...tensor.data()].map(Number)) as [number[], number[]]
    if (x.length !== y.length) refuse(`${node.opType} '${node.name}', whose rank depends on it`)
    const what = `${node.opType} '${node.name}'`
    const times = x.map((size, axis) => multiple(what, size, y[axis]!))
    const free = times.filter((count) => count > 0).length
    if (node.opType === 'Reshape' && free === 1 && !x.includes(0))
      return this.#constant(
        a.name,
        x.map((size, axis) => (times[axis] === 0 ? size : -1)),
      )
    const parts = times.map((count, axis) =>
      count === 0 ? this.#constant(this.#free(`${a.name}_${axis}`), [x[axis]!]) : this.#size(count),
    )
    const name = this.#free(`${a.name}_sizes`)
    this.#add('Concat', name, parts, { axis: 0 })
    return name
  }

  #add(opType: string, name: string, inputs: readonly string[], attributes: Attributes): void {
    this.#nodes.push({ opType, name, inputs, outputs: [name], attributes })
  }

  #constant(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt)
    const shape = [values.length]
    this.#initializers.push({
      name,
      isWeight: false,
      type: 'int64',
      shape,
      data: () => data,
      source: null,
    })
    return name
  }

  /** So many times the batch, as a vector of one element. */
  #size(times: number): string {
    const known = this.#sizes.get(times)
    if (known !== undefined) return known
    const name = this.#free(times === 1 ? 'batch_size' : `batch_size_times_${times}`)
    this.#sizes.set(times, name)
    if (times === 1) {
      this.#add('Shape', name, [this.#graph.inputs[0]!.name], { start: 0, end: 1 })
    } else {
      const factor = this.#constant(this.#free(`${name}_factor`), [times])
      this.#add('Mul', name, [this.#size(1), factor], {})
    }
    return name
  }
}
