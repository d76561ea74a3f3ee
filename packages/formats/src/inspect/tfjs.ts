/** TensorFlow.js models: model.json, and the files of weights beside it. */
import { type ByteSource, describe, fail, type JsonValue, openBeside, StriateError } from 'striate'
import {
  type FileFacts,
  type NetworkFacts,
  type PortFacts,
  piecesOf,
  recordOf,
  type TensorFacts,
  tally,
} from './facts.ts'
import { asList, asObject, asText, at } from './json.ts'
import { layersFacts } from './layers.ts'

const op = 'inspectFile'

const elementBytes: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
  complex64: 8,
}

export async function inspectTfjs(source: ByteSource, model: JsonValue): Promise<FileFacts> {
  const sources: ByteSource[] = [source]
  try {
    const tensors: TensorFacts[] = []
    for (const [index, group] of asList(at(model, 'weightsManifest')).entries())
      tensors.push(...(await inspectGroup(source, group, index, sources)))
    return {
      format: 'tfjs',
      sources,
      metadata: recordOf(
        ['format', 'generatedBy', 'convertedBy'].flatMap((key) => {
          const value = asText(at(model, key))
          return value === null ? [] : [[key, value] as const]
        }),
      ),
      tensors,
      network: networkOf(model),
    }
  } catch (error) {
    for (const each of sources.slice(1)) await each.close()
    throw error
  }
}

/** Tensors of a group lie one after the other in its files, as if these were one. */
async function inspectGroup(
  source: ByteSource,
  group: JsonValue,
  index: number,
  sources: ByteSource[],
): Promise<TensorFacts[]> {
  const label = `weightsManifest[${index}]`
  const files: ByteSource[] = []
  for (const path of asList(at(group, 'paths'))) {
    if (typeof path !== 'string')
      fail({
        op,
        argument: `paths of ${label}`,
        needs: 'must be names of files',
        got: String(path),
      })
    const file = await openBeside(source.place, path).catch((cause: unknown) => {
      if (!(cause instanceof StriateError)) throw cause
      const needs = 'must lie beside the model'
      const argument = `the weights file ${describe(path)} (${label})`
      return fail({ op, argument, needs, got: cause.message, cause })
    })
    files.push(file)
    sources.push(file)
  }
  const held = files.reduce((size, file) => size + file.size, 0)
  let begin = 0
  const tensors = asList(at(group, 'weights')).map((weight): TensorFacts => {
    const { name, type, shape, bytes } = readWeight(label, weight)
    const start = begin
    begin += bytes
    if (begin > held) {
      const argument = `weight '${name}' (${label})`
      const needs = `must lie within the ${held} bytes of its files`
      fail({ op, argument, needs, got: `bytes ${start} to ${begin}` })
    }
    return { name, type, shape, bytes, chunks: () => across(files, start, start + bytes) }
  })
  if (begin !== held && tensors.length > 0) {
    const needs = `must be ${begin} bytes long, as the weights need`
    fail({ op, argument: `the files of ${label}`, needs, got: `${held} bytes` })
  }
  return tensors
}

function readWeight(
  label: string,
  weight: JsonValue,
): { name: string; type: string; shape: number[]; bytes: number } {
  const name = asText(at(weight, 'name'))
  if (name === null)
    return fail({ op, argument: label, needs: 'must have weights with names', got: 'one without' })
  const argument = `weight ${describe(name)} (${label})`
  const shape = asList(at(weight, 'shape'))
  const sizes = shape.filter((size) => Number.isSafeInteger(size) && (size as number) >= 0)
  if (sizes.length !== shape.length)
    fail({ op, argument, needs: 'must have a shape of whole numbers', got: describe(shape) })
  const own = asText(at(weight, 'dtype'))
  const packed = asText(at(weight, 'quantization', 'dtype'))
  const stored = packed ?? own ?? ''
  if (!Object.hasOwn(elementBytes, stored)) {
    const needs = `must have a dtype of ${Object.keys(elementBytes).join(', ')}`
    fail({ op, argument, needs, got: describe(stored) })
  }
  const count = (sizes as number[]).reduce((product, size) => product * size, 1)
  const bytes = count * elementBytes[stored]!
  if (!Number.isSafeInteger(bytes))
    fail({ op, argument, needs: 'must have fewer than 2⁵³ bytes', got: describe(shape) })
  const type = packed === null ? stored : `${own} as ${packed}`
  return { name, type, shape: sizes as number[], bytes }
}

async function* across(
  files: readonly ByteSource[],
  begin: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let start = 0
  for (const file of files) {
    const [low, high] = [Math.max(begin - start, 0), Math.min(end - start, file.size)]
    if (low < high) yield* piecesOf(file, low, high)
    start += file.size
  }
}

function networkOf(model: JsonValue): NetworkFacts | null {
  const topology = at(model, 'modelTopology')
  const layers = at(topology, 'model_config') ?? topology
  const nodes = asList(at(topology, 'node'))
  if (nodes.length > 0) {
    return {
      inputs: portsOf(at(model, 'signature', 'inputs')),
      outputs: portsOf(at(model, 'signature', 'outputs')),
      operators: tally(nodes.flatMap((node) => asText(at(node, 'op')) ?? [])),
      versions: {},
    }
  }
  return asObject(layers) === null ? null : layersFacts(layers!)
}

function portsOf(ports: JsonValue | undefined): PortFacts[] {
  return [...(asObject(ports) ?? [])].map(([name, { value }]) => ({
    name,
    type: asText(at(value, 'dtype')),
    shape: asList(at(value, 'tensorShape', 'dim')).map((dim) => {
      const size = Number(at(dim, 'size') ?? Number.NaN)
      return size >= 0 ? size : null
    }),
  }))
}
