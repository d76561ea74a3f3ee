/** A Keras model as its settings say it: layers, and who reads whom. Both ways of writing it, of Keras 2 and 3, give the same. */
import { describe, fail } from 'striate'
import { Config, isObject, type Json, type JsonObject } from './config.ts'
import { type Reference, readCalls, readReferences } from './references.ts'
import type { Shape } from './shapes.ts'

export interface KerasLayer {
  readonly name: string
  readonly className: string
  readonly config: Config
  /** What each call of the layer reads. */
  readonly calls: readonly (readonly Reference[])[]
  /** The model that the layer is. */
  readonly model: KerasModel | undefined
  /** The shape that an input layer gives; undefined for other layers, and where it is not said. */
  readonly inputShape: Shape | undefined
  readonly isTrained: boolean
}

export interface KerasModel {
  readonly name: string
  readonly className: 'Sequential' | 'Functional'
  readonly layers: readonly KerasLayer[]
  readonly inputs: readonly Reference[]
  readonly outputs: readonly Reference[]
}

const modelClasses = ['Sequential', 'Functional', 'Model']
/** Models in models beyond this depth are an attack. */
const depthAtMost = 16

/** Reads a serialised model: `{ class_name, config }`. */
export function readModel(
  op: string,
  what: string,
  value: Json | undefined,
  depth = 0,
): KerasModel {
  const outer = new Config(op, what, value)
  const className = outer.text('class_name')
  if (!modelClasses.includes(className)) {
    const needs = 'must be a Sequential or Functional model'
    const hint = 'the code of a class of its own is not in the file'
    fail({ op, argument: what, needs, got: className, hint })
  }
  if (depth > depthAtMost)
    outer.refuse('class_name', `must not lie more than ${depthAtMost} models deep`)
  const settings = outer.get('config')
  // The oldest files give the layers of a Sequential model alone.
  const config = new Config(op, what, Array.isArray(settings) ? { layers: settings } : settings)
  const name = config.text('name', 'model')
  const entries = config
    .list('layers')
    .map((entry, at) => new Config(op, `layer ${at} of ${what}`, entry))
  if (entries.length === 0) config.refuse('layers', 'must be layers')
  const isChain = className === 'Sequential'
  const layers = isChain
    ? readChain(config, outer, entries, depth)
    : entries.map((entry) => readLayer(entry, depth))
  const names = new Set<string>()
  for (const layer of layers) {
    if (names.has(layer.name))
      fail({
        op,
        argument: what,
        needs: 'must have layers of different names',
        got: describe(layer.name),
      })
    names.add(layer.name)
  }
  if (isChain) {
    const at = (layer: KerasLayer): Reference => ({ layer: layer.name, call: 0, output: 0 })
    return { name, className, layers, inputs: [at(layers[0]!)], outputs: [at(layers.at(-1)!)] }
  }
  const inputs = readReferences(config, 'input_layers', config.get('input_layers') ?? [])
  const outputs = readReferences(config, 'output_layers', config.get('output_layers') ?? [])
  if (inputs.length === 0) config.refuse('input_layers', 'must name layers')
  if (outputs.length === 0) config.refuse('output_layers', 'must name layers')
  return { name, className: 'Functional', layers, inputs, outputs }
}

function readLayer(entry: Config, depth: number, name?: string): KerasLayer {
  const { op } = entry
  const className = entry.text('class_name')
  const settings = new Config(op, entry.where, entry.get('config'))
  const own = name ?? entry.get('name') ?? settings.text('name')
  if (typeof own !== 'string' || own === '') entry.refuse('name', 'must be text')
  const where = `layer ${describe(own)} (${className})`
  const config = new Config(op, where, settings.values)
  const isInput = className === 'InputLayer'
  const given = isInput ? inputShapeOf(config) : undefined
  return {
    name: own as string,
    className,
    config,
    calls: readCalls(config, entry.get('inbound_nodes') ?? []),
    model: modelClasses.includes(className)
      ? readModel(op, where, entry.values, depth + 1)
      : undefined,
    inputShape: given,
    isTrained: config.flag('trainable', true),
  }
}

/** A shape with its batch, of numbers and nulls. */
function shapeOf(config: Config, name: string): Shape | undefined {
  const value = config.get(name)
  if (value === undefined) return undefined
  const isSize = (size: Json): boolean =>
    size === null ||
    (Number.isSafeInteger(size) && (size as number) >= 0 && (size as number) < 2 ** 31)
  if (Array.isArray(value) && value.length > 0 && value.every(isSize)) return value as Shape
  return config.refuse(name, 'must be a shape')
}

const inputShapeOf = (config: Config): Shape | undefined =>
  shapeOf(config, 'batch_shape') ?? shapeOf(config, 'batch_input_shape')

/** Layers one after the other, with an input layer before them where they have none. */
function readChain(
  config: Config,
  outer: Config,
  entries: readonly Config[],
  depth: number,
): KerasLayer[] {
  const layers = entries.map((entry, at) => {
    const settings = entry.get('config')
    const name =
      isObject(settings) && typeof settings.name === 'string' ? settings.name : `layer_${at}`
    return readLayer(entry, depth, name)
  })
  const first = layers[0]!
  const chain =
    first.className === 'InputLayer' ? layers : [inputLayer(config, outer, first), ...layers]
  return chain.map((layer, at) => ({
    ...layer,
    calls: at === 0 ? [[]] : [[{ layer: chain[at - 1]!.name, call: 0, output: 0 }]],
  }))
}

function inputLayer(config: Config, outer: Config, first: KerasLayer): KerasLayer {
  const built = outer.get('build_config')
  const inputShape =
    inputShapeOf(first.config) ??
    shapeOf(config, 'build_input_shape') ??
    (isObject(built)
      ? shapeOf(new Config(config.op, config.where, built), 'input_shape')
      : undefined) ??
    first.model?.layers.find(({ className }) => className === 'InputLayer')?.inputShape
  const values: JsonObject = { name: `${first.name}_input` }
  return {
    name: `${first.name}_input`,
    className: 'InputLayer',
    config: new Config(config.op, `the input of ${config.where}`, values),
    calls: [[]],
    model: undefined,
    inputShape,
    isTrained: true,
  }
}
