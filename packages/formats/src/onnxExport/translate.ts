/** From the graph of a forward pass to an ONNX graph. */
import type { OnnxGraph, OnnxNode } from './onnxGraph.ts'
import { pruned } from './onnxGraph.ts'
import { translatePrimitive } from './primitives/table.ts'
import { translateByRule } from './rules/table.ts'
import type { Traced } from './trace.ts'
import { isLeaf, type Operation, type Vertex } from './vertex.ts'
import { type Translation, Writer } from './writer.ts'

export function translate(name: string, traced: Traced, weightNames: Iterable<string>): OnnxGraph {
  const { inputs, outputs } = traced
  const reserved = [...inputs, ...outputs].map((each) => each.name)
  const writer = new Writer([...reserved, ...weightNames])
  for (const input of inputs) writer.set(input, input.name)
  const planned = plan(outputs.map(({ vertex }) => vertex))
  for (const [operation, translation] of planned) {
    writer.enter(operation.scope)
    writer.set(operation, translation.write(writer))
  }
  writer.enter('')
  const results = outputs.map(({ name: output, vertex }) => [output, writer.value(vertex)] as const)
  return pruned({
    name,
    nodes: withOutputs(writer.nodes, results),
    initializers: writer.initializers,
    inputs: inputs.map(({ name: input, dtype, shape }) => ({ name: input, type: dtype, shape })),
    outputs: outputs.map(({ name: output, vertex: { dtype, shape } }) => ({
      name: output,
      type: dtype,
      shape,
    })),
  })
}

/** A translation for every operation that the outputs need, inputs before what reads them. */
function plan(outputs: readonly Vertex[]): readonly (readonly [Operation, Translation])[] {
  const found = new Map<Operation, Translation>()
  const wanted = new Set(outputs)
  for (const vertex of wanted) {
    if (isLeaf(vertex)) continue
    const translation = translateByRule(vertex) ?? translatePrimitive(vertex)
    found.set(vertex, translation)
    for (const read of translation.reads) wanted.add(read)
  }
  return [...found].sort(([a], [b]) => a.id - b.id)
}

/** The values that go out under the names of the outputs: by renaming, or by `Identity` where a value has a name to keep. */
function withOutputs(
  nodes: readonly OnnxNode[],
  results: readonly (readonly [output: string, value: string])[],
): OnnxNode[] {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs))
  const renamed = new Map<string, string>()
  const copies: OnnxNode[] = []
  for (const [output, value] of results) {
    if (made.has(value) && !renamed.has(value)) renamed.set(value, output)
    else {
      const from = renamed.get(value) ?? value
      const node = { opType: 'Identity', name: `${output}/Identity`, attributes: {} }
      copies.push({ ...node, inputs: [from], outputs: [output] })
    }
  }
  const rename = (name: string): string => renamed.get(name) ?? name
  return [
    ...nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    ...copies,
  ]
}
