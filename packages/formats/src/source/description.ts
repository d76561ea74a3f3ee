/** The layers of a network and what its forward does with them: what every target reads. */
import { nn } from 'striate'
import { type Body, bodyOf, type CallPair, type Size, typeOf, type ValueType } from './body.ts'
import { callOf, type Node } from './calls.ts'
import { className } from './text.ts'

/** A parameter or buffer that a layer itself owns. */
export interface StateFacts {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: Node['dtype']
  readonly isParameter: boolean
}

/** A layer, at its place in the network. */
export interface Module {
  /** The dotted name, the first of them where it stands at several places. */
  readonly path: string
  readonly layer: nn.Layer
  /** A name for a class of such layers. */
  readonly kind: string
  readonly recipe: nn.LayerRecipe | null
  /** Whether its forward runs its children one after the other. */
  readonly isSequence: boolean
  readonly children: readonly (readonly [name: string, module: Module])[]
  readonly states: readonly StateFacts[]
  /** Every call of it, in the order of the network's forward. */
  readonly calls: LayerCall[]
}

/** A call of a layer: its types, and what happens in it. */
export interface LayerCall {
  readonly module: Module
  readonly inputs: readonly ValueType[]
  readonly output: ValueType
  readonly body: () => Body<LayerCall>
}

export interface Description {
  readonly root: Module
  readonly call: LayerCall
  readonly input: ValueType
}

export interface InputFacts {
  /** The shape of one input, without the batch. */
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
}

const isPlainSequence = (layer: nn.Layer): boolean =>
  Object.getPrototypeOf(layer) === nn.Sequential.prototype

function moduleOf(layer: nn.Layer, path: string, known: Map<nn.Layer, Module>): Module {
  const before = known.get(layer)
  if (before !== undefined) return before
  const own = ([name]: readonly [string, unknown]): boolean => !name.includes('.')
  const facts =
    (isParameter: boolean) =>
    ([name, { shape, dtype }]: readonly [string, nn.State]): StateFacts => ({
      name,
      shape,
      dtype,
      isParameter,
    })
  const children: [string, Module][] = []
  const module: Module = {
    path,
    layer,
    kind: className(layer.kind),
    recipe: layer.recipe,
    isSequence: isPlainSequence(layer),
    children,
    states: [
      ...layer.namedParameters().filter(own).map(facts(true)),
      ...layer.namedBuffers().filter(own).map(facts(false)),
    ],
    calls: [],
  }
  known.set(layer, module)
  for (const [name, child] of layer.children())
    children.push([name, moduleOf(child, path === '' ? name : `${path}.${name}`, known)])
  return module
}

/**
 * Describes a network for inputs of one shape. Nothing is computed: the forward runs on shapes, once
 * for each of two sizes of the batch, which shows where the batch counts.
 */
export function describeNetwork(network: nn.Layer, { shape, dtype }: InputFacts): Description {
  const modules = new Map<nn.Layer, Module>()
  const root = moduleOf(network, '', modules)
  const states = new Map<Node, string>()
  for (const [name, { node }] of [...network.namedParameters(), ...network.namedBuffers()])
    states.set(node, name)
  const callee = (pair: CallPair): LayerCall => {
    const { two, three } = pair
    const module = modules.get(two.layer)!
    const where = module.path === '' ? '' : `layer '${module.path}' (${two.layer.kind})`
    let body: Body<LayerCall> | undefined
    return {
      module,
      inputs: two.inputs.map((node, index) => typeOf(where, node, three.inputs[index]!)),
      output: typeOf(where, two.output, three.output),
      body: () => {
        body ??= bodyOf(where, pair, states, callee)
        return body
      },
    }
  }
  const call = callee({
    two: callOf(network, [2, ...shape], dtype),
    three: callOf(network, [3, ...shape], dtype),
  })
  noteCalls(call)
  return { root, call, input: { shape: [{ batch: 1 }, ...shape], dtype } }
}

/** Fills in the calls of every module. Layers with a recipe are whole: nobody looks into them here. */
function noteCalls(call: LayerCall): void {
  call.module.calls.push(call)
  if (call.module.recipe !== null) return
  for (const step of call.body().steps) if (step.kind === 'call') noteCalls(step.callee)
}

/** Sizes without the batch, where they are plain. */
export const plainSizes = (shape: readonly Size[]): number[] =>
  shape.map((size) => (typeof size === 'number' ? size : Number.NaN))
