/** Layers of Striate, one after the other, as a Keras model with their weights. */
import { describe, fail, nn } from 'striate'
import { buildNetwork } from '../build.ts'
import type { Json, JsonObject } from '../config.ts'
import { noteSource } from '../load.ts'
import { readModel } from '../model.ts'
import type { KerasNetwork } from '../network.ts'
import { type Entry, refuse } from './entry.ts'
import { describers } from './table.ts'

interface NamedEntry extends Entry {
  readonly name: string
}

/** A network of the same layers that Keras can say. Weights are those of the moment. */
export function fromLayers(
  op: string,
  network: nn.Layer,
  inputShape: readonly number[] | undefined,
): KerasNetwork {
  const isShape =
    Array.isArray(inputShape) &&
    inputShape.length > 0 &&
    inputShape.every((size) => Number.isSafeInteger(size) && size >= 1)
  if (!isShape) {
    const needs = 'must be the shape of an input without its batch'
    fail({ op, argument: 'inputShape', needs, got: describe(inputShape) })
  }
  const entries = describeLayer(op, '', network)
  if (entries.length === 0)
    fail({ op, argument: 'network', needs: 'must have layers', got: 'none' })
  const reads = entries[0]!.className === 'Embedding' ? 'int32' : 'float32'
  const config: JsonObject = modelConfig(entries, inputShape as readonly number[], reads)
  const known = buildNetwork(op, readModel(op, 'the network', config), { isLegacy: false })
  copyWeights(known, entries)
  noteSource(known, { config, version: undefined })
  return known
}

/** Containers whose forward runs their children in turn. */
const isChain = (layer: nn.Layer): boolean =>
  Object.getPrototypeOf(layer) === nn.Sequential.prototype ||
  layer instanceof nn.SeparableConvolution

function describeLayer(op: string, path: string, layer: nn.Layer): NamedEntry[] {
  const inner = (name: string): string => (path === '' ? name : `${path}_${name}`)
  if (isChain(layer))
    return layer.children().flatMap(([name, child]) => describeLayer(op, inner(name), child))
  const where = `layer ${describe(path)} (${layer.kind})`
  const { recipe } = layer
  const describer =
    recipe && Object.hasOwn(describers, recipe.builder) ? describers[recipe.builder] : undefined
  if (!recipe || !describer) {
    const hint = 'layers one after the other can be written, each of which Keras has'
    return refuse({ op, where }, layer.kind, hint)
  }
  const entries = describer({ op, where, layer, arguments: recipe.arguments })
  const name = /^[A-Za-z]/.test(path) ? path : `layer_${path}`
  return entries.map((entry) => ({
    ...entry,
    name: entry.source || entries.length === 1 ? name : `${name}_${entry.className.toLowerCase()}`,
  }))
}

function modelConfig(
  entries: readonly NamedEntry[],
  inputShape: readonly number[],
  dtype: string,
): JsonObject {
  const layerOf = (className: string, config: { readonly [key: string]: Json }): Json => ({
    module: 'keras.layers',
    class_name: className,
    config,
    registered_name: null,
  })
  const shape = [null, ...inputShape]
  const layers = [
    layerOf('InputLayer', { batch_shape: shape, dtype, name: 'input_layer' }),
    ...entries.map(({ className, config, name, source }) => {
      const trained = source?.parameters() ?? []
      const isFrozen = trained.length > 0 && trained.every(({ requiresGrad }) => !requiresGrad)
      return layerOf(className, {
        name,
        dtype: 'float32',
        ...(isFrozen ? { trainable: false } : {}),
        ...config,
      })
    }),
  ]
  return {
    module: 'keras',
    class_name: 'Sequential',
    config: {
      name: 'sequential',
      trainable: true,
      dtype: 'float32',
      layers,
      build_input_shape: shape,
    },
    registered_name: null,
    build_config: { input_shape: shape },
  }
}

/** The layers are of the same kinds, so that state dicts fit. */
function copyWeights(network: KerasNetwork, entries: readonly NamedEntry[]): void {
  const sources = new Map(entries.map(({ name, source }) => [name, source]))
  for (const { name, children } of network.plan.parts) {
    const source = sources.get(name)
    const target = children.find(([, layer]) => Object.keys(layer.stateDict()).length > 0)
    if (source && target) target[1].loadStateDict(source.stateDict())
  }
}
