/** A network as a Keras program: a functional model, and what gives it the network's weights. */
import { placeOf } from '../blocks.ts'
import type { Operand } from '../body.ts'
import type { Description, LayerCall, Module } from '../description.ts'
import { nameValues } from '../names.ts'
import { nested, pythonName, quoted, tuple } from '../python/literals.ts'
import { refuse } from '../refuse.ts'
import { after, bracket, broken, flat, type Text } from '../text.ts'
import { channelOrder, Flow, type Held, identityOrder, known } from './flow.ts'
import { helperCode, helperNames } from './helpers.ts'
import { layerCall } from './layers.ts'
import { type Given, operate } from './operations.ts'
import type { WeightRule } from './write.ts'

const layout = { indent: '    ', width: 100 }

const reserved = ['keras', 'np', 'layers', 'ops', 'inputs', 'load', 'set_weights', ...helperNames]

/** Training does something else than use, which operations would not know. */
const trains = /^(batchNorm|dropout)/

class Writer {
  readonly #name: string
  readonly #description: Description
  readonly #flow: Flow
  readonly #helpers = new Set<string>()
  /** Layers with weights, by their names in Keras. */
  readonly #weights = new Map<string, readonly WeightRule[]>()
  /** Words for layers that are called more than once. */
  readonly #made = new Map<Module, string>()
  readonly #lines: string[] = []
  /** States that operations read, by path. */
  readonly #states = new Map<string, Held>()
  #input!: Held

  constructor(name: string, description: Description, channelsLast: boolean) {
    this.#name = name
    this.#description = description
    this.#flow = new Flow(channelsLast, (helper) => {
      this.#helpers.add(helper)
      return helper
    })
  }

  program(): string {
    const { call, input } = this.#description
    const rank = input.shape.length
    const isSpatial = rank > 2 && input.dtype === 'float32'
    const order = isSpatial ? channelOrder(rank, 1, this.#flow.channelsLast) : identityOrder(rank)
    this.#input = this.#flow.given(input, order)
    const found = this.#run(call, [this.#input])
    const result = found.order.length > 2 ? this.#flow.layered(found, 1) : this.#flow.plain(found)
    const { statements } = this.#flow
    const operand = (value: number): Operand => ({ kind: 'value', value, type: input })
    const { names } = nameValues({
      inputs: [input],
      steps: statements.map(({ inputs, result: value }) => ({
        inputs: inputs.map(operand),
        result: value,
      })),
      result: operand(result.id),
    })
    const body = statements.map(({ inputs, result: value, text }) => {
      const words = text(inputs.map((each) => names.get(each)!))
      return `    ${broken(after(`${names.get(value)} = `, words), layout, 4)}`
    })
    const sizes = this.#flow
      .sizesOf(this.#input)
      .slice(1)
      .map((size) => known('', size))
    const maker = pythonName(this.#name, reserved)
    const dtype = input.dtype === 'int32' ? ', dtype="int32"' : ''
    const model = [
      `def ${maker}():`,
      `    """The network, for inputs [batch, ${sizes.join(', ')}]."""`,
      `    inputs = x = keras.Input(${tuple(sizes)}${dtype})`,
      ...this.#lines,
      ...body,
      `    return keras.Model(inputs, ${names.get(result.id)}, name=${quoted(maker)})`,
    ].join('\n')
    const code = [this.#table(), ...helperCode(this.#helpers), model, this.#loading(maker)]
    const uses = (word: string): boolean => code.some((part) => part.includes(word))
    const functions = ['layers', 'ops'].filter((word) => uses(`${word}.`))
    const imports = [
      'import keras',
      'import numpy as np',
      ...(functions.length > 0 ? [`from keras import ${functions.join(', ')}`] : []),
    ]
    const about = `"""${this.#name} for Keras 3: the layers of a Striate network, and how its weights become Keras's."""`
    return `${[`${about}\n\n${imports.join('\n')}`, ...code].join('\n\n\n')}\n`
  }

  /** What a call makes of its inputs: a layer of Keras, or the steps of its body. */
  #run(call: LayerCall, inputs: readonly Held[]): Held {
    const { module } = call
    const where = placeOf(module)
    if (module.recipe !== null) {
      const layer = (own: Module, text: string, weights: readonly WeightRule[]): string =>
        this.#layer(own, text, weights)
      const found = layerCall(call, inputs[0]!, { flow: this.#flow, where, layer })
      if (found !== null) return found
      if (trains.test(module.recipe.builder))
        refuse(where, `${module.recipe.builder} with settings that Keras has not`)
    }
    const body = call.body()
    const values = new Map<number, Held>(inputs.map((each, index) => [index, each]))
    const read = (operand: Operand, asNumber = false): Given => {
      if (operand.kind === 'value') return values.get(operand.value)!
      if (operand.kind === 'state') return this.#state(operand)
      const isNumber = asNumber && operand.values.length === 1
      return isNumber ? operand.values[0]! : this.#constant(operand, where)
    }
    const place = {
      flow: this.#flow,
      where,
      use: (helper: string): string => this.#flow.use(helper),
    }
    const value = (given: Given): Held =>
      typeof given === 'object' ? given : refuse(where, 'a layer that reads a number')
    for (const step of body.steps) {
      const takesNumbers = step.kind === 'operation' && step.name === 'elementwise'
      const given = step.inputs.map((operand) => read(operand, takesNumbers))
      const result =
        step.kind === 'call'
          ? this.#run(step.callee, given.map(value))
          : operate(step, given, place)
      values.set(step.result, result)
    }
    return value(read(body.result))
  }

  #nameFor(path: string): string {
    const joined = path.replaceAll('.', '_')
    const plain = /^[A-Za-z]/.test(joined) ? joined : `layer${joined === '' ? '' : '_'}${joined}`
    let name = plain
    for (let count = 2; this.#weights.has(name); count++) name = `${plain}_${count}`
    return name
  }

  /** `text` is the beginning of a call without its bracket at the end. */
  #layer(module: Module, text: string, rules: readonly WeightRule[]): string {
    const before = this.#made.get(module)
    if (before !== undefined) return before
    if (rules.length === 0) return `${text})`
    const name = this.#nameFor(module.path)
    const prefix = module.path === '' ? '' : `${module.path}.`
    const full = rules.map((rule) => ({ ...rule, state: `${prefix}${rule.state}` }))
    this.#weights.set(name, full)
    const comma = text.endsWith('(') ? '' : ', '
    const words = `${text}${comma}name=${quoted(name)})`
    if (module.calls.length < 2) return words
    const variable = `layer_${this.#made.size + 1}`
    this.#lines.push(`    ${variable} = ${words}`)
    this.#made.set(module, variable)
    return variable
  }

  /** A weight that an operation reads: a layer of its own. */
  #state({ path, type }: Extract<Operand, { readonly kind: 'state' }>): Held {
    const before = this.#states.get(path)
    if (before !== undefined) return before
    const name = this.#nameFor(path)
    this.#weights.set(name, [{ state: path }])
    const shape = type.shape.map((size) => known(path, size))
    const text = `${this.#flow.use('Weight')}(${tuple(shape)}, name=${quoted(name)})(inputs)`
    const held = this.#flow.state([], type, identityOrder(shape.length), () => text)
    this.#states.set(path, held)
    return held
  }

  #constant(
    { values, type }: Extract<Operand, { readonly kind: 'constant' }>,
    where: string,
  ): Held {
    if (values.length > 4096) refuse(where, `a constant of ${values.length} values`)
    const shape = type.shape.map((size) => known(where, size))
    const text = `np.array(${flat(nested(values, shape))}, "${type.dtype}")`
    return this.#flow.state([], type, identityOrder(shape.length), () => text)
  }

  #table(): string {
    const rows = [...this.#weights].map(([name, rules]): Text => {
      const list = rules.map(({ state, shape, axes }) =>
        bracket(
          '(',
          [quoted(state), shape ? tuple(shape) : 'None', axes ? tuple(axes) : 'None'],
          ')',
        ),
      )
      return after(`${quoted(name)}: `, bracket('[', list, ']'))
    })
    return [
      "# Layers of Keras, and for each of their weights the network's: its name, the shape under which its",
      '# axes are exchanged where that is another one, and the order of the axes.',
      broken(bracket('WEIGHTS = {', rows, '}'), layout),
    ].join('\n')
  }

  #loading(maker: string): string {
    return `def set_weights(network, values):
    """Gives the network weights by the names that they have in Striate and PyTorch."""
    for layer, entries in WEIGHTS.items():
        arrays = []
        for name, shape, axes in entries:
            array = np.asarray(values[name])
            array = array if shape is None else array.reshape(shape)
            arrays.append(array if axes is None else array.transpose(axes))
        network.get_layer(layer).set_weights(arrays)
    return network


def load(path):
    """The network, with weights that Striate saved as safetensors."""
    from safetensors.numpy import load_file

    return set_weights(${maker}(), load_file(path))`
  }
}

/** The program of a network: a table of weights, a function that builds the model, and two that load weights. */
export const kerasSource = (
  name: string,
  description: Description,
  channelsLast: boolean,
): string => new Writer(name, description, channelsLast).program()
