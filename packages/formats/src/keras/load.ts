/** Reading Keras files: `.keras`, `.h5` and `.weights.h5`. */
import { describe, fail, openBytes, rejectUnknown, type SourceLike } from 'striate'
import { type Hdf5Object, openHdf5 } from '../hdf5/file.ts'
import { isHdf5 } from '../hdf5/superblock.ts'
import { openZip } from '../zip/index.ts'
import { buildNetwork } from './build.ts'
import { isObject, type Json, type JsonObject, parseJson } from './config.ts'
import { readModel } from './model.ts'
import { KerasNetwork } from './network.ts'
import { assignWeights, type FoundWeight } from './weights/arrange.ts'
import { findLegacy, hasLayerNames } from './weights/legacy.ts'
import { findVariables, hasVariables } from './weights/variables.ts'

export interface KerasOptions {
  /** The most bytes that an entry or an array may unpack to; the size of the file and 16 MiB unless told. */
  readonly limit?: number
}

/** What is written again when the network is saved. */
export interface KerasSource {
  readonly config: JsonObject
  readonly version: string | undefined
}

const sources = new WeakMap<KerasNetwork, KerasSource>()

/** The settings that the network was read from. */
export const sourceOf = (network: KerasNetwork): KerasSource | undefined => sources.get(network)
export const noteSource = (network: KerasNetwork, source: KerasSource): void => {
  sources.set(network, source)
}

const bytesAtMost = 2 ** 33

async function bytesOf(op: string, input: SourceLike): Promise<Uint8Array> {
  const source = await openBytes(input)
  try {
    if (source.size <= bytesAtMost) return await source.read(0, source.size)
    const needs = `must be at most ${bytesAtMost} bytes long`
    return fail({ op, argument: describe(source.name), needs, got: `${source.size}` })
  } finally {
    await source.close()
  }
}

const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b

/** Where the parts of a model lie. */
interface Opened {
  readonly config: Json | undefined
  readonly weights: Hdf5Object
  readonly version: string | undefined
}

async function open(op: string, bytes: Uint8Array, options: KerasOptions): Promise<Opened> {
  rejectUnknown(op, options, ['limit'])
  const { limit = bytes.length + 2 ** 24 } = options
  if (isZip(bytes)) {
    const archive = await openZip(op, await openBytes(bytes), { limit })
    const config = parseJson(op, "entry 'config.json'", await archive.read('config.json'))
    const notes = archive.entries.has('metadata.json')
      ? parseJson(op, "entry 'metadata.json'", await archive.read('metadata.json'))
      : {}
    const version = isObject(notes) ? notes.keras_version : undefined
    const weights = openHdf5(op, await archive.read('model.weights.h5'), { limit })
    return { config, weights, version: typeof version === 'string' ? version : undefined }
  }
  if (!isHdf5(bytes)) {
    const got = bytes.length === 0 ? 'an empty file' : describe([...bytes.subarray(0, 8)])
    const needs = 'must be a .keras or an HDF5 file'
    fail({ op, argument: 'the file', needs, got: `${got} at byte 0` })
  }
  const root = openHdf5(op, bytes, { limit })
  const text = root.attribute('model_config')
  const weights = root.get('model_weights') ?? root
  const version = root.attribute('keras_version') ?? weights.attribute('keras_version')
  return {
    config: typeof text === 'string' ? parseJson(op, "attribute 'model_config'", text) : undefined,
    weights,
    version: typeof version === 'string' ? version : undefined,
  }
}

function findWeights(op: string, network: KerasNetwork, weights: Hdf5Object): FoundWeight[] {
  if (hasLayerNames(weights)) return findLegacy(op, network, weights)
  if (hasVariables(weights)) return findVariables(op, network, weights)
  const needs = 'must hold weights by layer_names or in groups of layers'
  return fail({ op, argument: describe(weights.path), needs, got: describe(weights.names()) })
}

/**
 * Reads a Keras model: bytes, a Blob, a URL, or in Node the path of a file, `.keras` or `.h5`, of Sequential or
 * Functional models. The network takes and gives what the model does (channels last, unless it says
 * otherwise), can be trained, and can be written again by {@link saveKeras}.
 *
 * @throws StriateError before anything runs, naming each layer that Striate has nothing for, the layer
 * whose settings or weights do not fit, or the place where the file is damaged.
 * @example
 * ```ts
 * import { encodeKeras, loadKeras } from '@striate/formats'
 * import { nn, sequential, tensor } from 'striate'
 * const net = sequential(nn.linear(2, 3), nn.relu())
 * const bytes = await encodeKeras(net, { inputShape: [2] })
 * const same = await loadKeras(bytes)
 * same.inputs[0]!.shape // => [null, 2]
 * same.forward(tensor([[1, 2]])).shape // => [1, 3]
 * ```
 */
export async function loadKeras(
  input: SourceLike,
  options: KerasOptions = {},
): Promise<KerasNetwork> {
  const op = 'loadKeras'
  const { config, weights, version } = await open(op, await bytesOf(op, input), options)
  if (!isObject(config)) {
    const hint = 'loadKerasWeights gives the weights of such a file to a network'
    const got = config === undefined ? 'weights alone' : describe(config)
    fail({ op, argument: 'the file', needs: 'must hold the layers of a model', got, hint })
  }
  const isLegacy = /^[012]\./.test(version ?? '3.')
  const network = buildNetwork(op, readModel(op, 'the model', config), { isLegacy })
  assignWeights(op, findWeights(op, network, weights))
  noteSource(network, { config, version })
  return network.eval()
}

/**
 * Gives a network that {@link loadKeras} made the weights of a Keras file, `.weights.h5`, `.h5` or
 * `.keras`: all of them or, on an error, none.
 *
 * @throws StriateError naming the layer or array that does not fit, or the place where the file is
 * damaged.
 * @example
 * ```ts
 * import { encodeKeras, loadKeras, loadKerasWeights } from '@striate/formats'
 * import { full, nn, sequential, tensor } from 'striate'
 * const net = sequential(nn.linear(2, 1, { bias: false }))
 * const network = await loadKeras(await encodeKeras(net, { inputShape: [2] }))
 * net.loadStateDict({ '0.weight': full([1, 2], 0.5) })
 * const weights = await encodeKeras(net, { inputShape: [2], format: 'weights' })
 * await loadKerasWeights(network, weights)
 * await network.forward(tensor([[1, 2]])).array() // => [[1.5]]
 * ```
 */
export async function loadKerasWeights(
  network: KerasNetwork,
  input: SourceLike,
  options: KerasOptions = {},
): Promise<void> {
  const op = 'loadKerasWeights'
  if (!(network instanceof KerasNetwork)) {
    const needs = 'must be a network that loadKeras made'
    fail({ op, argument: 'network', needs, got: describe(network) })
  }
  const { weights } = await open(op, await bytesOf(op, input), options)
  assignWeights(op, findWeights(op, network, weights))
}
