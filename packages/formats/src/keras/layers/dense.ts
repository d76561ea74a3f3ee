/** Dense layers and embeddings. */
import { cast, nn } from 'striate'
import { type LayerBuilder, onlyInput, slot, withBias } from '../layer.ts'
import { knownSize } from '../shapes.ts'
import { activationAfter } from './activations.ts'

const dense: LayerBuilder = (context) => {
  const { config, isLegacy } = context
  const input = onlyInput(context)
  config.mustBeEmpty('lora_rank', 'quantization_config')
  const units = config.whole('units', undefined, 1)
  const layer = nn.linear(knownSize(config, input, -1), units, {
    bias: config.flag('use_bias', true),
  })
  const output = [...input.slice(0, -1), units]
  // Keras keeps `[in, out]`.
  const weights = withBias(slot('kernel', layer.weight, [1, 0]), layer.bias)
  return { layers: [layer, ...activationAfter(config, output, isLegacy)], output, weights }
}

const embedding: LayerBuilder = (context) => {
  const { config } = context
  const input = onlyInput(context)
  config.mustBeEmpty('mask_zero', 'lora_rank', 'quantization_config')
  const width = config.whole('output_dim', undefined, 1)
  const layer = nn.embedding(config.whole('input_dim', undefined, 1), width)
  const toWhole = nn.lambda((x) => cast(x, 'int32'), 'Cast')
  return {
    layers: [toWhole, layer],
    output: [...input, width],
    weights: [slot('embeddings', layer.weight)],
  }
}

export const denseLayers: Readonly<Record<string, LayerBuilder>> = {
  Dense: dense,
  Embedding: embedding,
}
