/** Makes the ledger: the shapes, work and receptive field of every layer. */
import { describe, fail, StriateError } from '../../errors.ts'
import { channelAxis } from '../../geometry/layout.ts'
import { receptiveFields } from '../../ops/receptiveField.ts'
import { workOf } from '../../ops/work.ts'
import { rejectUnknown } from '../../options.ts'
import { bytesOf, type DType } from '../../tensor/dtype.ts'
import type { Node } from '../../tensor/node.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { Layer } from '../layer.ts'
import { type Parameter, State } from '../state.ts'
import { Summary, type SummaryOptions, type SummaryRow, type SummaryTotals } from './summary.ts'
import { type Call, type Trace, trace, valueNode } from './trace.ts'

/** A tensor of a shape, of which nobody may ask the values. */
function placeholder(shape: readonly number[], dtype: DType): Tensor {
  const make = (): never =>
    fail({
      op: 'summary',
      needs: 'needs a network whose forward does not read values',
      got: 'a read of a placeholder',
    })
  return new State({ shape, dtype, make })
}

function checkInput(inputShape: readonly number[]): void {
  const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) >= 1
  if (Array.isArray(inputShape) && inputShape.every(isSize)) return
  const needs = 'must be a list of whole numbers of at least 1'
  fail({ op: 'summary', argument: 'inputShape', needs, got: describe(inputShape) })
}

interface Run extends Trace {
  readonly x: Tensor
  readonly y: Tensor
  readonly hasBatch: boolean
}

/** Without a batch if that works, else with it; the error is that of the first attempt. */
function attempt(network: Layer, inputShape: readonly number[], options: SummaryOptions): Run {
  const run = (hasBatch: boolean): Run => {
    const shape = hasBatch ? inputShape : [1, ...inputShape]
    const x = placeholder(shape, options.dtype ?? 'float32')
    const found = trace(network, x)
    return { ...found, x, y: found.ended.at(-1)!.output!, hasBatch }
  }
  if (options.batched !== undefined) return run(options.batched)
  try {
    return run(false)
  } catch (error) {
    if (!(error instanceof StriateError)) throw error
    try {
      return run(true)
    } catch {
      throw error
    }
  }
}

interface OwnWork {
  multiplyAdds: number
  usefulMultiplyAdds: number
  otherOperations: number
  activationBytes: number
}

/** The work between input and output of each call that no call inside it has done already. */
function workByCall({ ended, x }: Run): Map<Call, OwnWork> {
  const counted = new Set<Node>()
  const kept = new Set<Node>([valueNode(x)])
  const found = new Map<Call, OwnWork>()
  for (const call of ended) {
    const output = call.output!
    const own: OwnWork = {
      multiplyAdds: 0,
      usefulMultiplyAdds: 0,
      otherOperations: 0,
      activationBytes: 0,
    }
    const seen = new Set<Node>(call.inputs.map(({ node }) => node))
    const open = [output.node]
    while (open.length > 0) {
      const node = open.pop()!
      if (seen.has(node)) continue
      seen.add(node)
      open.push(...node.inputs)
      if (counted.has(node)) continue
      counted.add(node)
      const work = workOf(
        new Tensor(node),
        node.inputs.map((input) => new Tensor(input)),
      )
      own.multiplyAdds += work.multiplyAdds
      own.usefulMultiplyAdds += work.usefulMultiplyAdds
      own.otherOperations += work.otherOperations
    }
    const value = valueNode(output)
    if (!kept.has(value)) own.activationBytes = output.size * bytesOf[output.dtype]
    kept.add(value)
    found.set(call, own)
  }
  return found
}

type Field = Pick<SummaryRow, 'receptiveField' | 'jump'>

/** The fields of what every call gave, each value once, along the network's axes of space. */
function fieldFinder({ x, calls }: Run): (y: Tensor) => Field {
  const layout = calls.find(({ layer }) => layer.facts.layout)?.layer.facts.layout
  const channel = channelAxis(layout ?? 'channels-first', x.rank)
  const space = x.shape.flatMap((_, axis) => (axis === 0 || axis === channel ? [] : [axis]))
  if (space.length === 0) return () => ({ receptiveField: null, jump: null })
  const values = new Map(calls.map(({ output }) => [output!.node, output!]))
  const fields = receptiveFields([...values.values()], x)
  const known = new Map<Node, Field>()
  for (const [index, node] of [...values.keys()].entries()) {
    const chosen = space.map((axis) => fields[index]![axis]!)
    known.set(node, {
      receptiveField: chosen.map(({ size }) => size),
      jump: chosen.map(({ jump }) => jump),
    })
  }
  return (y) => known.get(y.node)!
}

const sizes = (states: readonly State[]): number =>
  states.reduce((total, { size }) => total + size, 0)

const trainable = (parameters: readonly Parameter[]): Parameter[] =>
  parameters.filter(({ requiresGrad }) => requiresGrad)

/** Parameters of the layer's own that no earlier row has counted. */
function parameterCounter(): (
  layer: Layer,
) => Pick<SummaryRow, 'parameters' | 'trainableParameters'> {
  const counted = new Set<Parameter>()
  return (layer) => {
    const own = layer
      .namedParameters()
      .flatMap(([name, each]) => (name.includes('.') || counted.has(each) ? [] : [each]))
    for (const each of own) counted.add(each)
    return { parameters: sizes(own), trainableParameters: sizes(trainable(own)) }
  }
}

const nothing: OwnWork = {
  multiplyAdds: 0,
  usefulMultiplyAdds: 0,
  otherOperations: 0,
  activationBytes: 0,
}

export function summarise(
  network: Layer,
  inputShape: readonly number[],
  options: SummaryOptions,
): Summary {
  rejectUnknown('summary', options, ['batched', 'dtype'])
  checkInput(inputShape)
  const run = attempt(network, inputShape, options)
  const { x, y, calls, hasBatch } = run
  const shown = (shape: readonly number[]): readonly number[] => (hasBatch ? shape : shape.slice(1))
  const parametersOf = parameterCounter()
  const works = workByCall(run)
  const fieldOf = fieldFinder(run)
  const used = calls.map(
    (call): SummaryRow => ({
      name: call.name,
      kind: call.layer.kind,
      depth: call.depth,
      inputShape: call.inputs[0] ? shown(call.inputs[0].shape) : null,
      outputShape: shown(call.output!.shape),
      facts: call.layer.facts,
      ...parametersOf(call.layer),
      ...works.get(call)!,
      ...fieldOf(call.output!),
    }),
  )
  const called = new Set(calls.map(({ layer }) => layer))
  const unused = network.namedLayers().flatMap(([name, layer]): SummaryRow[] => {
    const own = parametersOf(layer)
    if (called.has(layer) || own.parameters === 0) return []
    const { kind, facts } = layer
    const blank = { inputShape: null, outputShape: null, receptiveField: null, jump: null }
    return [{ name, kind, depth: 1, facts, ...own, ...nothing, ...blank }]
  })
  const rows = [...used, ...unused]
  const add = (value: (row: SummaryRow) => number): number =>
    rows.reduce((total, row) => total + value(row), 0)
  const parameters = network.parameters()
  const totals: SummaryTotals = {
    inputShape: shown(x.shape),
    outputShape: shown(y.shape),
    parameters: sizes(parameters),
    trainableParameters: sizes(trainable(parameters)),
    parameterBytes: parameters.reduce((all, { size, dtype }) => all + size * bytesOf[dtype], 0),
    bufferValues: sizes(network.buffers()),
    multiplyAdds: add((row) => row.multiplyAdds),
    usefulMultiplyAdds: add((row) => row.usefulMultiplyAdds),
    otherOperations: add((row) => row.otherOperations),
    activationBytes: add((row) => row.activationBytes),
    receptiveField: fieldOf(y).receptiveField,
  }
  return new Summary(network.kind, withoutEmptyRoot(rows, network), totals)
}

/** A network that does nothing itself has no row; what it holds then moves to the left. */
function withoutEmptyRoot(rows: readonly SummaryRow[], network: Layer): SummaryRow[] {
  const [root, ...inside] = rows
  if (!root || network.children().length === 0) return [...rows]
  const { parameters, multiplyAdds, otherOperations, activationBytes } = root
  if (parameters + multiplyAdds + otherOperations + activationBytes > 0) return [...rows]
  return inside.map((row) => ({ ...row, depth: row.depth - 1 }))
}
