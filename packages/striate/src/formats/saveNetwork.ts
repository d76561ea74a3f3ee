/** A network's weights as a safetensors file, and back. */
import { describe, fail, StriateError } from '../errors.ts'
import { Layer } from '../nn/layer.ts'
import type { LoadOptions, LoadReport } from '../nn/stateDict.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkpointKey, networkPrefix } from './checkpoint.ts'
import { arraysOf, tensorsOf, withoutPrefix } from './namedTensors.ts'
import { checkStorage, type StorageOptions } from './safetensors/layOut.ts'
import { openSafetensors } from './safetensors/open.ts'
import type { ShardOptions } from './safetensors/shards.ts'
import { writeSafetensors } from './safetensors/write.ts'
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts'

/** How weights are written. */
export interface EncodeOptions extends StorageOptions {
  /** Notes that travel along. `format: 'pt'` stands among them unless it is told otherwise. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** How and where weights are written. */
export type SaveOptions = ShardOptions

/** What Python's loaders ask for. */
const ownNotes = { format: 'pt' } as const

/**
 * The weights and buffers of a network as the bytes of a safetensors file, under PyTorch's names. `metadata` are notes
 * that travel along, `dtype` stores the floats as float16, bfloat16, float32 or float64.
 *
 * @throws StriateError if `net` is not a layer, or a weight is too large for the type in which it is to be stored.
 * @example
 * ```ts
 * import { decodeNetwork, encodeNetwork, nn } from 'striate'
 * const bytes = await encodeNetwork(nn.linear(2, 3))
 * const other = nn.linear(2, 3)
 * decodeNetwork(other, bytes).missing // => []
 * ```
 */
export async function encodeNetwork(
  net: Layer,
  options: EncodeOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const op = 'encodeNetwork'
  checkStorage(op, options, ['metadata'])
  const { metadata, ...storage } = options
  const arrays = await arraysOf(checkLayer(op, net).stateDict())
  return encodeSafetensors(arrays, { ...ownNotes, ...metadata }, storage)
}

/**
 * Gives a network the weights of a safetensors file (or a checkpoint): all of them or, on an error,
 * none. Takes the options of `loadStateDict`.
 *
 * @throws StriateError if the bytes are damaged or do not fit the network.
 */
export function decodeNetwork(
  net: Layer,
  bytes: Uint8Array,
  options: LoadOptions = {},
): LoadReport {
  checkLayer('decodeNetwork', net)
  const { tensors, metadata } = decodeSafetensors(bytes)
  const isCheckpoint = metadata[checkpointKey] !== undefined
  const arrays = isCheckpoint ? withoutPrefix(tensors, networkPrefix) : tensors
  return net.loadStateDict(tensorsOf(arrays), options)
}

/**
 * Saves a network's weights and buffers as a safetensors file that PyTorch reads; whole or not at all. With
 * `maxShardSize` (`'5GB'`), weights that are more go to parts beside it and an index, `<path>.index.json`; `load`
 * finds them by the same path. `metadata` and `dtype` are as for `encodeNetwork`.
 * Node only; elsewhere `encodeNetwork` gives the bytes.
 *
 * @throws StriateError if the target cannot be written; an older file there stays as it was.
 */
export async function save(net: Layer, path: string, options: SaveOptions = {}): Promise<void> {
  const op = 'save'
  checkStorage(op, options, ['metadata', 'maxShardSize'])
  const arrays = await arraysOf(checkLayer(op, net).stateDict())
  await writeSafetensors(path, arrays, {
    ...options,
    metadata: { ...ownNotes, ...options.metadata },
  })
}

/**
 * Gives a network the weights of a safetensors file, of its index where it is in parts, or of a checkpoint: all of
 * them or, on an error, none. Reads a tensor at a time. In Node a path, in a browser a URL; elsewhere `decodeNetwork`
 * takes the bytes.
 *
 * @throws StriateError naming the file, if it is missing, damaged, or does not fit the network.
 */
export async function load(
  net: Layer,
  path: string | URL,
  options: LoadOptions = {},
): Promise<LoadReport> {
  const op = 'load'
  checkLayer(op, net)
  const file = await openSafetensors(path).catch(notWeights(path))
  try {
    const tensors = Object.create(null) as Record<string, Tensor>
    const prefix = file.metadata[checkpointKey] === undefined ? '' : networkPrefix
    for (const name of file.entries.keys())
      if (name.startsWith(prefix)) tensors[name.slice(prefix.length)] = await file.tensor(name)
    return net.loadStateDict(tensors, options)
  } catch (cause) {
    return notWeights(path)(cause)
  } finally {
    await file.close()
  }
}

const notWeights =
  (path: string | URL) =>
  (cause: unknown): never => {
    if (!(cause instanceof StriateError)) throw cause
    // A file that cannot be opened at all says so itself.
    if (cause.op === 'openBytes') throw cause
    const needs = 'must hold the weights of the network'
    return fail({ op: 'load', argument: describe(String(path)), needs, got: cause.message, cause })
  }

function checkLayer(op: string, net: Layer): Layer {
  if (net instanceof Layer) return net
  return fail({ op, argument: 'net', needs: 'must be a layer', got: describe(net) })
}
