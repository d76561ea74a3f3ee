/** A network's weights as a safetensors file, and back. */
import { describe, fail, StriateError } from '../errors.ts'
import { Layer } from '../nn/layer.ts'
import type { LoadOptions, LoadReport } from '../nn/stateDict.ts'
import { checkpointKey, networkPrefix, weightsAtMost } from './checkpoint.ts'
import { readBytes, writeAtomic } from './files.ts'
import { arraysOf, tensorsOf, withoutPrefix } from './namedTensors.ts'
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts'

/**
 * The weights and buffers of a network as the bytes of a safetensors file, under PyTorch's names.
 *
 * @throws StriateError if `net` is not a layer.
 * @example
 * ```ts
 * import { decodeNetwork, encodeNetwork, nn } from 'striate'
 * const bytes = await encodeNetwork(nn.linear(2, 3))
 * const other = nn.linear(2, 3)
 * decodeNetwork(other, bytes).missing // => []
 * ```
 */
export async function encodeNetwork(net: Layer): Promise<Uint8Array> {
  const arrays = await arraysOf(checkLayer('encodeNetwork', net).stateDict())
  return encodeSafetensors(arrays, { format: 'pt' })
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
 * Saves a network's weights and buffers as a safetensors file that PyTorch reads; whole or not at all.
 * Node only; elsewhere `encodeNetwork` gives the bytes.
 *
 * @throws StriateError if the target cannot be written; an older file there stays as it was.
 */
export async function save(net: Layer, path: string): Promise<void> {
  checkLayer('save', net)
  await writeAtomic(path, await encodeNetwork(net))
}

/**
 * Gives a network the weights of a safetensors file or of a checkpoint: all of them or, on an error,
 * none. Node only; elsewhere `decodeNetwork` takes the bytes.
 *
 * @throws StriateError naming the file, if it is missing, damaged, or does not fit the network.
 */
export async function load(
  net: Layer,
  path: string,
  options: LoadOptions = {},
): Promise<LoadReport> {
  const op = 'load'
  checkLayer(op, net)
  const bytes = await readBytes(path, { limit: weightsAtMost })
  try {
    return decodeNetwork(net, bytes, options)
  } catch (cause) {
    if (!(cause instanceof StriateError)) throw cause
    const needs = 'must hold the weights of the network'
    return fail({ op, argument: describe(path), needs, got: cause.message, cause })
  }
}

function checkLayer(op: string, net: Layer): Layer {
  if (net instanceof Layer) return net
  return fail({ op, argument: 'net', needs: 'must be a layer', got: describe(net) })
}
