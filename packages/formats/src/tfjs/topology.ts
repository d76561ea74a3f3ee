/** Layers in the words of TensorFlow.js, which are those of Keras 2. */
import { describe, fail } from 'striate'
import { isObject, type Json, type JsonObject } from '../keras/config.ts'
import { activationNames, checkSettings } from './settings.ts'

const ofRanks = (name: string, ...ranks: readonly number[]): string[] =>
  ranks.map((rank) => name.replace('#', String(rank)))

/** Classes of @tensorflow/tfjs-layers 4. */
const known: ReadonlySet<string> = new Set([
  ...'InputLayer Sequential Functional Model Activation ReLU LeakyReLU ELU PReLU Softmax ThresholdedReLU'.split(
    ' ',
  ),
  ...ofRanks('Conv#D', 1, 2, 3),
  ...ofRanks('Conv#DTranspose', 2, 3),
  ...ofRanks('MaxPooling#D', 1, 2, 3),
  ...ofRanks('AveragePooling#D', 1, 2, 3),
  ...ofRanks('GlobalMaxPooling#D', 1, 2),
  ...ofRanks('GlobalAveragePooling#D', 1, 2),
  ...'SeparableConv2D DepthwiseConv2D Cropping2D UpSampling2D ZeroPadding2D'.split(' '),
  ...'Dense Dropout SpatialDropout1D Flatten Permute RepeatVector Reshape Embedding'.split(' '),
  ...'Add Average Concatenate Maximum Minimum Multiply BatchNormalization LayerNormalization'.split(
    ' ',
  ),
  ...'GaussianNoise GaussianDropout AlphaDropout Rescaling'.split(' '),
])

/**
 * Settings of a model as TensorFlow.js reads them. Throws for layers that it has not, and, where they
 * are Keras 3's, for those that mean something else there.
 */
export function tfjsTopology(op: string, model: JsonObject, isLegacy: boolean): JsonObject {
  const { class_name: className, config } = model
  const settings: JsonObject = Array.isArray(config)
    ? { layers: config as Json[] }
    : isObject(config)
      ? config
      : {}
  const layers = Array.isArray(settings.layers) ? settings.layers.filter(isObject) : []
  const isChain = className === 'Sequential'
  const plain: { [key: string]: Json } = {
    name: settings.name ?? 'model',
    layers: layers.map((layer) => plainLayer(op, layer, isChain, isLegacy)),
  }
  for (const name of ['input_layers', 'output_layers'])
    if (settings[name] !== undefined) plain[name] = references(settings[name])
  return { class_name: isChain ? 'Sequential' : 'Model', config: plain }
}

function plainLayer(
  op: string,
  layer: JsonObject,
  isChain: boolean,
  isLegacy: boolean,
): JsonObject {
  const className = String(layer.class_name)
  const config = isObject(layer.config) ? layer.config : {}
  const name = String(layer.name ?? config.name ?? '')
  if (!known.has(className)) {
    const needs = 'must be of a class that TensorFlow.js has'
    fail({ op, argument: `layer ${describe(name)}`, needs, got: className })
  }
  checkSettings(op, name, className, config, isLegacy)
  const inner = ['Sequential', 'Functional', 'Model'].includes(className)
    ? tfjsTopology(op, layer, isLegacy)
    : { class_name: className, config: plainConfig(className, config) }
  if (isChain) return inner
  const nodes = Array.isArray(layer.inbound_nodes) ? layer.inbound_nodes : []
  return { ...inner, name, inbound_nodes: nodes.map(plainNode) }
}

/** What is written as an object with a module becomes a class with settings, or its name. */
function plainValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(plainValue)
  if (!isObject(value)) return value
  const { class_name: className, config } = value
  if (className === 'DTypePolicy' && isObject(config)) return config.name ?? 'float32'
  if (className === 'function') return config ?? null
  if (typeof value.module === 'string' && className !== undefined)
    return { class_name: className, config: plainValue(config ?? {}) }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainValue(each)]))
}

const without = [
  'quantization_config',
  'lora_rank',
  'optional',
  'synchronized',
  'renorm',
  'renorm_clipping',
  'renorm_momentum',
  'rms_scaling',
]

function plainConfig(className: string, config: JsonObject): JsonObject {
  const entries = Object.entries(config)
    .filter(([name]) => !without.includes(name))
    .map(
      ([name, value]) =>
        [name === 'batch_shape' ? 'batch_input_shape' : name, plainValue(value)] as const,
    )
  const plain: { [key: string]: Json } = Object.fromEntries(entries)
  const { activation, negative_slope: slope } = plain
  if (typeof activation === 'string') plain.activation = activationNames[activation] ?? activation
  if (className === 'LeakyReLU' && slope !== undefined) plain.alpha = slope
  return plain
}

/** `[[name, call, output], …]`, also where there is one. */
function references(value: Json): Json {
  if (isObject(value)) return Object.values(value).map((each) => each)
  return Array.isArray(value) && typeof value[0] === 'string' ? [value] : value
}

/** A call as a list of `[name, call, output, {}]`. */
function plainNode(node: Json): Json {
  if (!isObject(node)) return node
  const found: Json[] = []
  const visit = (value: Json): void => {
    if (isObject(value) && isObject(value.config) && Array.isArray(value.config.keras_history))
      found.push([...value.config.keras_history, {}])
    else if (Array.isArray(value)) for (const each of value) visit(each)
  }
  visit(node.args ?? [])
  return found
}
