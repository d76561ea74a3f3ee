/** Settings of `.h5` files and of TensorFlow.js as `.keras` files have them: with modules, and an input layer first. */
import { describe, fail } from 'striate'
import { isObject, type Json, type JsonObject } from './config.ts'

const modelClasses: Readonly<Record<string, string>> = {
  Sequential: 'Sequential',
  Functional: 'Functional',
  Model: 'Functional',
}

/**
 * A model for Keras 3; what has modules already stays as it is. Throws for a layer of an older model
 * that would mean something else there.
 */
export function modernModel(op: string, model: JsonObject, isLegacy: boolean): JsonObject {
  const name = modelClasses[String(model.class_name)]
  const config: Json | undefined = Array.isArray(model.config)
    ? { layers: model.config as Json[] }
    : model.config
  if (name === undefined || !isObject(config)) return modernLayer(op, model, isLegacy)
  const given = Array.isArray(config.layers) ? config.layers.filter(isObject) : []
  const before = name === 'Sequential' && given[0] ? inputOf(given[0]) : []
  const layers = [...before, ...given].map((layer) => modernModel(op, layer, isLegacy))
  return {
    module: name === 'Sequential' ? 'keras' : 'keras.src.models.functional',
    registered_name: name === 'Sequential' ? null : name,
    ...model,
    class_name: name,
    config: { ...config, layers },
  }
}

/** The input layer of a chain whose first layer says the shape of the input. */
function inputOf({ class_name: className, config }: JsonObject): JsonObject[] {
  if (className === 'InputLayer' || !isObject(config)) return []
  const shape = config.batch_input_shape ?? config.batch_shape
  if (!Array.isArray(shape)) return []
  const dtype = className === 'Embedding' ? 'int32' : 'float32'
  const name = `${String(config.name ?? 'layer')}_input`
  return [{ class_name: 'InputLayer', config: { name, dtype, batch_shape: shape } }]
}

/** Settings that Keras 3 no longer takes. */
const gone = ['ragged', 'sparse', 'batch_input_shape', 'input_dtype']

function modernLayer(op: string, layer: JsonObject, isLegacy: boolean): JsonObject {
  if (!isObject(layer.config) || typeof layer.module === 'string') return layer
  const { class_name: className, config: old } = layer
  if (isLegacy && old.activation === 'hard_sigmoid') {
    const needs = 'must mean the same in Keras 3'
    const hint = 'its slope is 0.2 in Keras 2 and TensorFlow.js, and 1/6 in Keras 3'
    fail({ op, argument: `layer ${describe(old.name)}`, needs, got: 'hard_sigmoid', hint })
  }
  const kept = Object.entries(old).filter(([name]) => !gone.includes(name))
  const config: { [key: string]: Json } = Object.fromEntries(kept)
  if (className === 'InputLayer' && old.batch_input_shape !== undefined)
    config.batch_shape = old.batch_input_shape
  if (className === 'LeakyReLU' && old.alpha !== undefined) {
    delete config.alpha
    config.negative_slope = old.alpha
  }
  return { module: 'keras.layers', registered_name: null, ...layer, config }
}
