/** Keras files: HDF5 with or without the layer graph, and .keras archives. */
import { type ByteSource, fail, type JsonValue, StriateError } from 'striate'
import { type Hdf5Object, openHdf5 } from '../hdf5/file.ts'
import { openZip } from '../zip/index.ts'
import { type FileFacts, recordOf, single, type TensorFacts } from './facts.ts'
import { document, plain } from './json.ts'
import { layersFacts } from './layers.ts'

const op = 'inspectFile'
/** A file whose groups contain each other would never end. */
const deepest = 32
const mostObjects = 100_000
const configEntry = 'config.json'
const metadataEntry = 'metadata.json'
const weightsEntry = 'model.weights.h5'

export async function inspectHdf5(source: ByteSource): Promise<FileFacts> {
  const root = openHdf5(op, await source.read(0, source.size))
  const config = textAttribute(root, 'model_config')
  const layers = config === null ? null : document(op, new TextEncoder().encode(config))
  const metadata = ['keras_version', 'backend'].flatMap((key) => {
    const value = textAttribute(root, key)
    return value === null ? [] : [[key, value] as const]
  })
  return {
    format: layers === null && metadata.length === 0 ? 'hdf5' : 'keras',
    sources: [source],
    metadata: recordOf(metadata),
    tensors: tensorsOf(root),
    network: layers === null ? null : layersFacts(layers),
  }
}

export async function inspectKeras(source: ByteSource): Promise<FileFacts> {
  const archive = await openZip(op, source)
  const text = async (name: string): Promise<JsonValue | null> =>
    archive.entries.has(name) ? document(op, await archive.read(name)) : null
  const config = await text(configEntry)
  const metadata = await text(metadataEntry)
  const weights = archive.entries.has(weightsEntry)
    ? openHdf5(op, await archive.read(weightsEntry))
    : null
  const notes = metadata === null ? {} : plain(metadata)
  return {
    format: 'keras',
    sources: [source],
    metadata: (typeof notes === 'object' && notes !== null ? notes : {}) as Record<string, unknown>,
    tensors: weights === null ? [] : tensorsOf(weights),
    network: config === null ? null : layersFacts(config),
  }
}

function textAttribute(object: Hdf5Object, name: string): string | null {
  const value: unknown = object.attribute(name)
  return typeof value === 'string' ? value : null
}

function tensorsOf(root: Hdf5Object): TensorFacts[] {
  const tensors: TensorFacts[] = []
  let met = 0
  const visit = (object: Hdf5Object, depth: number): void => {
    if (++met > mostObjects || depth > deepest) {
      const needs = `must have at most ${mostObjects} groups and arrays, ${deepest} deep`
      fail({ op, argument: `group '${object.path}'`, needs, got: 'more' })
    }
    if (object.isDataset) {
      const facts = tensorOf(object)
      if (facts !== null) tensors.push(facts)
      return
    }
    for (const name of object.names()) {
      const inner = object.get(name)
      if (inner !== undefined) visit(inner, depth + 1)
    }
  }
  visit(root, 0)
  return tensors
}

/** Null for what holds no numbers. */
function tensorOf(object: Hdf5Object): TensorFacts | null {
  let array: ReturnType<Hdf5Object['array']>
  try {
    array = object.array()
  } catch (error) {
    if (error instanceof StriateError && error.needs === 'must hold numbers') return null
    throw error
  }
  const { dtype, shape, data } = array
  const read = async (): Promise<Uint8Array> => {
    const again = object.array().data
    return new Uint8Array(again.buffer, again.byteOffset, again.byteLength)
  }
  return {
    name: object.path.slice(1),
    type: dtype,
    shape,
    bytes: data.byteLength,
    chunks: () => single(read),
  }
}
