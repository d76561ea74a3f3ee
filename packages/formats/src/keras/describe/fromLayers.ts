/** Any network as a Keras model with its weights, layer by layer as its forward runs. */
import { describe, fail, type Layout, type nn, StriateError, Tensor } from 'striate'
import { placeOf } from '../../source/blocks.ts'
import type { Operand } from '../../source/body.ts'
import { type Description, describeNetwork, type LayerCall } from '../../source/description.ts'
import { type AxisOrder, channelOrder, identityOrder } from '../../source/keras/flow.ts'
import { buildNetwork } from '../build.ts'
import { noteSource } from '../load.ts'
import { readModel } from '../model.ts'
import { KerasNetwork } from '../network.ts'
import { Chart, type ChartLayer, checkShape } from './chart.ts'
import { inKerasOrder } from './layerOrder.ts'
import { layerValue } from './layerValue.ts'
import { modelConfig } from './modelConfig.ts'
import { lower } from './operations.ts'
import { type Charting, type Given, held, type Value } from './values.ts'

export interface FromLayersOptions {
  /** The shape of an input without its batch. */
  readonly inputShape?: readonly number[]
  /** Where the layers of the model have their channels; where those of the network do unless told. */
  readonly layout?: Layout
}

/** The network itself where it was read from a file, else one of the same layers that Keras can say. */
export function kerasNetwork(
  op: string,
  network: nn.Layer,
  options: FromLayersOptions,
): KerasNetwork {
  if (!(network instanceof KerasNetwork)) return fromLayers(op, network, options)
  const { layout } = options
  if (layout === undefined) return network
  const needs = 'must be left out for a network that came from a file, which keeps its layout'
  return fail({ op, argument: 'layout', needs, got: describe(layout) })
}

/** Weights are those of the moment. */
function fromLayers(
  op: string,
  network: nn.Layer,
  { inputShape, layout }: FromLayersOptions,
): KerasNetwork {
  const isShape =
    Array.isArray(inputShape) &&
    inputShape.length > 0 &&
    inputShape.every((size) => Number.isSafeInteger(size) && size >= 1)
  if (!isShape) {
    const needs = 'must be the shape of an input without its batch'
    fail({ op, argument: 'inputShape', needs, got: describe(inputShape) })
  }
  if (layout !== undefined && layout !== 'channels-last' && layout !== 'channels-first') {
    const needs = "must be 'channels-last' or 'channels-first'"
    fail({ op, argument: 'layout', needs, got: describe(layout) })
  }
  const { layers, config } = new Walk(op, network, inputShape as readonly number[], layout).model()
  const known = buildNetwork(op, readModel(op, 'the network', config), { isLegacy: false })
  copyWeights(known, layers)
  noteSource(known, { config, version: undefined })
  return known
}

/** Layers with a kind of their own, in the order of the network. */
const builtLayers = (network: nn.Layer): nn.LayerRecipe[] =>
  network.namedLayers().flatMap(([, layer]) => layer.recipe ?? [])

const saysLast = ({ arguments: given }: nn.LayerRecipe): boolean =>
  given.some((each) => (each as { layout?: unknown } | null)?.layout === 'channels-last')

class Walk {
  readonly #op: string
  readonly #description: Description
  readonly #chart: Chart
  /** Whether the network has the channels at the end. */
  readonly #isLast: boolean
  /** The layers of Keras that each layer with weights became. */
  readonly #made = new Map<nn.Layer, ChartLayer>()

  constructor(op: string, network: nn.Layer, shape: readonly number[], layout: Layout | undefined) {
    const recipes = builtLayers(network)
    const dtype = recipes[0]?.builder === 'embedding' ? 'int32' : 'float32'
    this.#op = op
    this.#isLast = recipes.some(saysLast)
    const rank = shape.length + 1
    const order = this.#orderOf(rank, dtype === 'float32' ? layout : undefined)
    this.#description = described(op, network, shape, dtype)
    this.#chart = new Chart(op, layout, { shape, dtype, order })
  }

  /** The settings of the model, and its layers. */
  model(): {
    readonly layers: readonly ChartLayer[]
    readonly config: ReturnType<typeof modelConfig>
  } {
    const chart = this.#chart
    const place = { chart, op: this.#op, where: 'the network', path: '' }
    const found = held(this.#run(this.#description.call, [chart.input]), place)
    const ready = chart.ordered(found, this.#orderOf(found.order.length, chart.layout), place)
    const identity = { className: 'Identity', config: {} }
    const output =
      ready.from.layer === chart.input.from.layer
        ? chart.add(identity, [ready], { path: 'identity', order: ready.order })
        : ready
    // What was only made on the way to a layer is left out.
    const layers = inKerasOrder(chart.layers, output)
    return { layers, config: modelConfig(chart, layers, output) }
  }

  #orderOf(rank: number, layout: Layout | undefined): AxisOrder {
    if (layout === undefined || rank < 3) return identityOrder(rank)
    return channelOrder(rank, this.#isLast ? rank - 1 : 1, layout === 'channels-last')
  }

  /** What a call makes of its inputs: layers of Keras for a layer, or the steps of its body. */
  #run(call: LayerCall, inputs: readonly Value[]): Value {
    const { path, recipe } = call.module
    const where = placeOf(call.module)
    const charting: Charting = { chart: this.#chart, op: this.#op, where, path }
    if (recipe !== null) {
      const found = layerValue(call, held(inputs[0], charting), charting, this.#made)
      if (found !== null) return checkShape(charting, found, call.output.shape)
    }
    const body = refusing(charting, () => call.body())
    const values = new Map<number, Value>(inputs.map((each, index) => [index, each]))
    const read = (operand: Operand): Given => {
      if (operand.kind === 'value') return values.get(operand.value)!
      if (operand.kind === 'state') return { kind: 'known', tensor: new Tensor(operand.node) }
      if (operand.values.length === 1) return operand.values[0]!
      return { kind: 'known', tensor: new Tensor(operand.node), values: operand.values }
    }
    for (const step of body.steps) {
      const given = step.inputs.map(read)
      const result =
        step.kind === 'call'
          ? this.#run(
              step.callee,
              given.map((each) => (typeof each === 'number' ? held(each, charting) : each)),
            )
          : refusing(charting, () => lower(step, given, charting))
      const isShaped = result.kind === 'held'
      values.set(step.result, isShaped ? checkShape(charting, result, step.type.shape) : result)
    }
    const result = read(body.result)
    return typeof result === 'number' ? held(result, charting) : result
  }
}

/** What cannot be described at all is refused in the words of the writer. */
function refusing<Result>(
  { op, where }: Pick<Charting, 'op' | 'where'>,
  run: () => Result,
): Result {
  try {
    return run()
  } catch (cause) {
    if (!(cause instanceof StriateError) || cause.op !== 'exportSource') throw cause
    return fail({ op, argument: where, needs: 'must be sayable in Keras', got: cause.got, cause })
  }
}

const described = (
  op: string,
  network: nn.Layer,
  shape: readonly number[],
  dtype: 'float32' | 'int32',
): Description =>
  refusing({ op, where: 'the network' }, () => {
    try {
      return describeNetwork(network, { shape, dtype })
    } catch (cause) {
      if (!(cause instanceof StriateError) || cause.op === 'exportSource') throw cause
      const needs = 'must be the shape of an input that the network takes'
      return fail({ op, argument: 'inputShape', needs, got: cause.message, cause })
    }
  })

/** The layers are of the same kinds, so that state dicts fit. */
function copyWeights(network: KerasNetwork, layers: readonly ChartLayer[]): void {
  const entries = new Map(layers.map(({ name, entry }) => [name, entry]))
  for (const { name, children } of network.plan.parts) {
    const { source, states } = entries.get(name) ?? {}
    const target = children.find(([, layer]) => Object.keys(layer.stateDict()).length > 0)
    const found = states ?? source?.stateDict()
    if (found && target) target[1].loadStateDict(found)
  }
}
