/** The settings of a model that was charted: a chain where each layer reads the one before it, else a graph. */
import type { Json, JsonObject } from '../config.ts'
import type { Chart, ChartLayer, Held } from './chart.ts'

const tensorOf = ({ shape, dtype, from }: Held): Json => ({
  class_name: '__keras_tensor__',
  config: { shape: [...shape], dtype, keras_history: [from.layer, from.call, from.output] },
})

/** Layers of several inputs take them as one list. */
const nodeOf = (inputs: readonly Held[], isMerge: boolean): Json => ({
  args: isMerge ? [inputs.map(tensorOf)] : inputs.map(tensorOf),
  kwargs: {},
})

const merges = /^(Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate)$/

function settingsOf({ name, entry }: ChartLayer): JsonObject {
  const trained = entry.source?.parameters() ?? []
  const isFrozen = trained.length > 0 && trained.every(({ requiresGrad }) => !requiresGrad)
  return {
    name,
    dtype: 'float32',
    ...(isFrozen ? { trainable: false } : {}),
    ...entry.config,
  }
}

const layerOf = (className: string, config: JsonObject): JsonObject => ({
  module: 'keras.layers',
  class_name: className,
  config,
  registered_name: null,
})

export function modelConfig(
  { input }: Chart,
  layers: readonly ChartLayer[],
  output: Held,
): JsonObject {
  const shape = [...input.shape]
  const inputConfig = { batch_shape: shape, dtype: input.dtype, name: input.from.layer }
  const first = layerOf('InputLayer', inputConfig)
  const isChain = layers.every(
    ({ calls, entry }, at) =>
      calls.length === 1 &&
      !merges.test(entry.className) &&
      calls[0]![0]!.from.layer === (at === 0 ? input.from.layer : layers[at - 1]!.name),
  )
  if (isChain)
    return {
      module: 'keras',
      class_name: 'Sequential',
      config: {
        name: 'sequential',
        trainable: true,
        dtype: 'float32',
        layers: [first, ...layers.map((each) => layerOf(each.entry.className, settingsOf(each)))],
        build_input_shape: shape,
      },
      registered_name: null,
      build_config: { input_shape: shape },
    }
  const { from } = output
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: 'functional',
      trainable: true,
      layers: [
        { ...first, name: input.from.layer, inbound_nodes: [] },
        ...layers.map((each) => ({
          ...layerOf(each.entry.className, settingsOf(each)),
          name: each.name,
          inbound_nodes: each.calls.map((inputs) =>
            nodeOf(inputs, merges.test(each.entry.className)),
          ),
        })),
      ],
      input_layers: [input.from.layer, 0, 0],
      output_layers: [from.layer, from.call, from.output],
    },
    registered_name: 'Functional',
    build_config: { input_shape: shape },
  }
}
