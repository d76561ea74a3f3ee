/** The layer graph in Keras's words: what goes in, what comes out, and which kinds of layers there are. */
import type { JsonValue } from 'striate'
import { type NetworkFacts, type PortFacts, tally } from './facts.ts'
import { asList, asText, at } from './json.ts'

/** Models stand in models; deeper than this is no network. */
const deepest = 16

/** Facts of a model's configuration: `{ class_name, config }`. */
export function layersFacts(model: JsonValue): NetworkFacts {
  const config = at(model, 'config')
  const layers = layersOf(model)
  return {
    inputs: inputsOf(layers),
    outputs: outputsOf(config, layers),
    operators: tally(kindsOf(model, 0)),
    versions: {},
  }
}

/** A sequential model of Keras 1 and 2.1 has its layers alone. */
function layersOf(model: JsonValue): readonly JsonValue[] {
  const config = at(model, 'config')
  return Array.isArray(config) ? config : asList(at(config, 'layers'))
}

function* kindsOf(model: JsonValue, depth: number): Generator<string> {
  for (const layer of layersOf(model)) {
    const kind = asText(at(layer, 'class_name'))
    if (kind === null) continue
    const inner = layersOf(layer)
    if (inner.length > 0 && depth < deepest) yield* kindsOf(layer, depth + 1)
    else yield kind
  }
}

const nameOf = (layer: JsonValue): string =>
  asText(at(layer, 'config', 'name')) ?? asText(at(layer, 'name')) ?? ''

function inputsOf(layers: readonly JsonValue[]): PortFacts[] {
  const given = layers.filter((layer) => at(layer, 'class_name') === 'InputLayer')
  const first = given.length > 0 ? given : layers.slice(0, 1)
  return first.map((layer) => {
    const config = at(layer, 'config')
    const shape =
      at(config, 'batch_shape') ??
      at(config, 'batch_input_shape') ??
      at(layer, 'build_config', 'input_shape')
    return { name: nameOf(layer), type: asText(at(config, 'dtype')), shape: shapeOf(shape) }
  })
}

function shapeOf(value: JsonValue | undefined): PortFacts['shape'] {
  if (!Array.isArray(value)) return null
  return value.map((size) => (typeof size === 'number' ? size : null))
}

function outputsOf(config: JsonValue | undefined, layers: readonly JsonValue[]): PortFacts[] {
  const port = (name: string): PortFacts => ({ name, type: null, shape: null })
  const listed = asList(at(config, 'output_layers'))
  // One output stands without a list around it: its name, and two numbers.
  const names = listed.flatMap((output) => asText(output) ?? asText(asList(output)[0]) ?? [])
  if (names.length > 0) return names.map(port)
  const last = layers.at(-1)
  return last === undefined ? [] : [port(nameOf(last))]
}
