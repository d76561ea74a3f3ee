/** From the settings of a Keras model to a network: every layer is checked and made before anything runs. */
import { describe, fail, type nn, StriateError } from 'striate'
import type { Config } from './config.ts'
import type { BuiltLayer, WeightSlot } from './layer.ts'
import { builderOf } from './layers/table.ts'
import type { KerasLayer, KerasModel } from './model.ts'
import { KerasNetwork, type NetworkPart, type Step } from './network.ts'
import type { Reference } from './references.ts'
import type { Shape } from './shapes.ts'

export interface BuildOptions {
  /** Whether names mean what they did before Keras 3. */
  readonly isLegacy: boolean
}

/** A layer that was called at least once. */
interface Made {
  readonly part: NetworkPart
  readonly run: readonly string[]
}

interface Call {
  readonly layer: KerasLayer
  readonly number: number
}

/**
 * The network of a model. Shapes of the inputs are the model's, or `given` where the model stands in
 * another one.
 *
 * @throws StriateError naming each layer that Striate has not, or the layer whose settings do not fit.
 */
export function buildNetwork(
  op: string,
  model: KerasModel,
  options: BuildOptions,
  given?: readonly Shape[],
): KerasNetwork {
  refuseUnknown(op, model)
  return new Builder(op, model, options, given).build()
}

/** Names all layers at once that there is nothing for. */
function refuseUnknown(op: string, model: KerasModel): void {
  const complaints: string[] = []
  let first: unknown
  for (const { name, className, model: inner } of model.layers) {
    if (inner || className === 'InputLayer') continue
    try {
      builderOf(op, className, `layer ${describe(name)}`)
    } catch (cause) {
      first ??= cause
      complaints.push(`${describe(name)} (${className})`)
    }
  }
  if (complaints.length === 1) throw first
  if (complaints.length === 0) return
  const needs = 'must be of classes that Striate has layers for'
  fail({
    op,
    argument: `layers of ${describe(model.name)}`,
    needs,
    got: complaints.join(', '),
    cause: first,
  })
}

class Builder {
  readonly #op: string
  readonly #model: KerasModel
  readonly #options: BuildOptions
  readonly #given: readonly Shape[] | undefined
  readonly #layers: ReadonlyMap<string, KerasLayer>
  readonly #made = new Map<string, Made>()
  /** Names that children of the network have. */
  readonly #names = new Set<string>()
  /** Places of values, by layer, call and output. */
  readonly #places = new Map<string, number>()
  readonly #shapes: Shape[] = []
  readonly #steps: Step[] = []

  constructor(op: string, model: KerasModel, options: BuildOptions, given?: readonly Shape[]) {
    this.#op = op
    this.#model = model
    this.#options = options
    this.#given = given
    this.#layers = new Map(model.layers.map((layer) => [layer.name, layer]))
  }

  build(): KerasNetwork {
    const model = this.#model
    const given = this.#given
    if (given && given.length !== model.inputs.length) {
      const needs = `expects ${model.inputs.length} inputs`
      fail({
        op: this.#op,
        argument: `model ${describe(model.name)}`,
        needs,
        got: `${given.length}`,
      })
    }
    const inputs = model.inputs.map((reference, at) => this.#input(reference, given?.[at]))
    for (const call of this.#order()) this.#call(call)
    const outputs = model.outputs.map((reference) => this.#placeOf(reference, 'the outputs'))
    const valueAt = (references: readonly Reference[], places: readonly number[]) =>
      places.map((place, at) => ({ name: references[at]!.layer, shape: this.#shapes[place]! }))
    const parts = model.layers.flatMap(({ name }) => this.#made.get(name)?.part ?? [])
    const network = new KerasNetwork({
      model,
      parts,
      steps: this.#steps,
      inputs,
      outputs,
      inputValues: valueAt(model.inputs, inputs),
      outputValues: valueAt(model.outputs, outputs),
    })
    for (const { name, isTrained } of model.layers) if (!isTrained) this.#freeze(name)
    return network
  }

  /** What is not trained in Keras keeps its statistics too. */
  #freeze(name: string): void {
    for (const [, layer] of this.#made.get(name)?.part.children ?? [])
      layer.freeze(undefined, { keepStatistics: true })
  }

  #key({ layer, call, output }: Reference): string {
    return `${call}:${output}:${layer}`
  }

  #place(reference: Reference, shape: Shape): number {
    const place = this.#shapes.push(shape) - 1
    this.#places.set(this.#key(reference), place)
    return place
  }

  #placeOf(reference: Reference, who: string): number {
    const place = this.#places.get(this.#key(reference))
    if (place !== undefined) return place
    const got = `output ${reference.output} of call ${reference.call} of ${describe(reference.layer)}`
    return fail({ op: this.#op, argument: who, needs: 'must read what a layer gives', got })
  }

  #input(reference: Reference, given: Shape | undefined): number {
    const layer = this.#layers.get(reference.layer)
    if (layer?.className !== 'InputLayer') {
      const needs = 'must name input layers'
      fail({ op: this.#op, argument: 'input_layers', needs, got: describe(reference.layer) })
    }
    const shape = given ?? layer.inputShape
    if (shape) return this.#place(reference, shape)
    const needs = 'must say the shape of its input'
    const hint = 'a model that was built has it'
    return fail({ op: this.#op, argument: layer.config.where, needs, got: 'none', hint })
  }

  /** Calls that the outputs need, each after what it reads. */
  #order(): Call[] {
    const order: Call[] = []
    const state = new Map<string, 'open' | 'done'>()
    const keyOf = ({ layer, number }: Call): string => `${number}:${layer.name}`
    const find = (reference: Reference, who: string): Call | undefined => {
      const layer = this.#layers.get(reference.layer)
      if (!layer || (layer.className !== 'InputLayer' && !layer.calls[reference.call])) {
        const got = `call ${reference.call} of ${describe(reference.layer)}`
        return fail({
          op: this.#op,
          argument: who,
          needs: 'must read from layers of the model',
          got,
        })
      }
      return layer.className === 'InputLayer' ? undefined : { layer, number: reference.call }
    }
    // A stack instead of recursion: models are deeper than calls may be.
    const stack = this.#model.outputs
      .flatMap((reference) => find(reference, 'the outputs') ?? [])
      .reverse()
    while (stack.length > 0) {
      const call = stack.at(-1)!
      const key = keyOf(call)
      const before = state.get(key)
      if (before !== undefined) {
        stack.pop()
        if (before === 'open') order.push(call)
        state.set(key, 'done')
        continue
      }
      state.set(key, 'open')
      const { layer, number } = call
      for (const reference of layer.calls[number]!) {
        const source = find(reference, layer.config.where)
        if (!source) continue
        const found = state.get(keyOf(source))
        if (found === 'open') {
          const got = `a circle through ${describe(source.layer.name)}`
          fail({
            op: this.#op,
            argument: layer.config.where,
            needs: 'must not read its own output',
            got,
          })
        }
        if (found === undefined) stack.push(source)
      }
    }
    return order
  }

  #call({ layer, number }: Call): void {
    const references = layer.calls[number]!
    const inputs = references.map((reference) => this.#placeOf(reference, layer.config.where))
    const shapes = inputs.map((place) => this.#shapes[place]!)
    const { made, outputs } = layer.model
      ? this.#makeModel(layer, layer.model, shapes)
      : this.#makeLayer(layer, shapes)
    const places = outputs.map((shape, output) =>
      this.#place({ layer: layer.name, call: number, output }, shape),
    )
    this.#steps.push({ run: made.run, inputs, outputs: places })
  }

  #makeModel(
    layer: KerasLayer,
    model: KerasModel,
    shapes: readonly Shape[],
  ): { made: Made; outputs: Shape[] } {
    const network = buildNetwork(this.#op, model, this.#options, shapes)
    const outputs = network.outputs.map(({ shape }) => shape)
    const before = this.#made.get(layer.name)
    if (before) return { made: before, outputs }
    return { made: this.#keep(layer, [network], [], network), outputs }
  }

  #makeLayer(layer: KerasLayer, inputs: readonly Shape[]): { made: Made; outputs: Shape[] } {
    const { config, className } = layer
    const build = builderOf(this.#op, className, config.where)
    const built = explained(config, () =>
      build({ config, inputs, isLegacy: this.#options.isLegacy }),
    )
    const before = this.#made.get(layer.name)
    if (!before) {
      const made = this.#keep(layer, built.layers, built.weights, undefined)
      return { made, outputs: [built.output] }
    }
    // Called again: the weights are those of the first call, and must fit this one as well.
    const shapesOf = (weights: readonly WeightSlot[]): string =>
      weights.map(({ shape }) => shape.join()).join(';')
    if (shapesOf(before.part.weights) !== shapesOf(built.weights)) {
      const needs = 'must be called on inputs that its weights fit'
      fail({ op: this.#op, argument: config.where, needs, got: 'another shape' })
    }
    return { made: before, outputs: [built.output] }
  }

  #keep(
    { name, className }: KerasLayer,
    layers: readonly nn.Layer[],
    weights: readonly WeightSlot[],
    network: KerasNetwork | undefined,
  ): Made {
    // The layer with the weights has the name, whatever stands around it.
    const owner = Math.max(
      layers.findIndex((each) => Object.keys(each.stateDict()).length > 0),
      0,
    )
    const children = layers.map(
      (each, at) =>
        [this.#freeName(at === owner ? name : `${name}_${each.kind.toLowerCase()}`), each] as const,
    )
    const part = { name, className, weights, network, children }
    const made = { part, run: children.map(([child]) => child) }
    this.#made.set(name, made)
    return made
  }

  /** Names of children have no dots. */
  #freeName(name: string): string {
    const plain = name.replaceAll('.', '_') || 'layer'
    let free = plain
    for (let count = 1; this.#names.has(free); count++) free = `${plain}_${count}`
    this.#names.add(free)
    return free
  }
}

/** Whatever a layer of Striate complains about, with the name of Keras's layer before it. */
function explained(config: Config, build: () => BuiltLayer): BuiltLayer {
  try {
    return build()
  } catch (cause) {
    if (!(cause instanceof StriateError) || cause.op === config.op) throw cause
    const needs = 'must be settings that fit'
    return fail({ op: config.op, argument: config.where, needs, got: cause.message, cause })
  }
}
