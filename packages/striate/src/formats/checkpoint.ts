/**
 * Checkpoints: weights, optimizer states and everything else that training needs to go on, in one
 * safetensors file that is written whole or not at all.
 */
import { describe, fail, StriateError } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ArrayInput, bytesOfView } from './arrayData.ts'
import { crc32 } from './checksum.ts'
import { readBytes, writeAtomic } from './files.ts'
import { arraysOf, tensorsOf, withoutPrefix, withPrefix } from './namedTensors.ts'
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts'

export interface Checkpoint {
  /** Parameters and buffers by name. */
  readonly network: Readonly<Record<string, Tensor>>
  /** States of the optimizer by name. */
  readonly optimizer: Readonly<Record<string, Tensor>>
  /** The moving average of the weights by name, where there is one. */
  readonly average?: Readonly<Record<string, Tensor>>
  /** The best weights so far by name, where they are kept. */
  readonly best?: Readonly<Record<string, Tensor>>
  /** The rest, as plain data; whoever reads it checks it. */
  readonly state: unknown
}

/** Marks a file as a checkpoint, and its version. */
export const checkpointKey: string = 'striate.checkpoint'
const version = '1'
/** Weights may be larger than other files. */
export const weightsAtMost: number = 2 ** 33
export const networkPrefix: string = 'network.'
const optimizerPrefix = 'optimizer.'
const averagePrefix = 'average.'
const bestPrefix = 'best.'

export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array> {
  const arrays = await arraysOf({
    ...withPrefix(checkpoint.network, networkPrefix),
    ...withPrefix(checkpoint.optimizer, optimizerPrefix),
    ...withPrefix(checkpoint.average ?? {}, averagePrefix),
    ...withPrefix(checkpoint.best ?? {}, bestPrefix),
  })
  const state = JSON.stringify(checkpoint.state, markNonFinite)
  return encodeSafetensors(arrays, {
    [checkpointKey]: version,
    state,
    checksum: checksum(arrays, state),
  })
}

export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const op = 'decodeCheckpoint'
  const { tensors: arrays, metadata } = decodeSafetensors(bytes)
  const found = metadata[checkpointKey]
  if (found !== version) {
    const got = found === undefined ? 'a file without the mark of one' : `version ${found}`
    fail({
      op,
      argument: `the file (metadata '${checkpointKey}')`,
      needs: `must be a checkpoint of version ${version}`,
      got,
    })
  }
  const { state = '' } = metadata
  const wanted = checksum(arrays as Readonly<Record<string, ArrayInput>>, state)
  if (metadata.checksum !== wanted) {
    const got = metadata.checksum ?? 'none'
    const hint = 'the file is damaged'
    fail({ op, argument: 'the checksum in the metadata', needs: `must be ${wanted}`, got, hint })
  }
  const tensors = tensorsOf(arrays)
  const average = withoutPrefix(tensors, averagePrefix)
  const best = withoutPrefix(tensors, bestPrefix)
  return {
    network: withoutPrefix(tensors, networkPrefix),
    optimizer: withoutPrefix(tensors, optimizerPrefix),
    ...(Object.keys(average).length === 0 ? {} : { average }),
    ...(Object.keys(best).length === 0 ? {} : { best }),
    state: parse(op, state),
  }
}

/** Node only: throws as `writeAtomic`, and leaves an older file of the name as it was. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeAtomic(path, await encodeCheckpoint(checkpoint))
}

/** Node only: throws as `readBytes`, and if the file is no checkpoint or damaged, naming the file. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readBytes(path, { limit: weightsAtMost })
  try {
    return decodeCheckpoint(bytes)
  } catch (cause) {
    if (!(cause instanceof StriateError)) throw cause
    const needs = 'must be a whole checkpoint'
    return fail({
      op: 'readCheckpoint',
      argument: describe(path),
      needs,
      got: cause.message,
      cause,
    })
  }
}

/** Over names, types, shapes and bytes of all arrays, by name, and the rest. */
function checksum(arrays: Readonly<Record<string, ArrayInput>>, state: string): string {
  const text = new TextEncoder()
  let sum = crc32(text.encode(state))
  for (const name of Object.keys(arrays).sort()) {
    const { dtype, shape, data } = arrays[name]!
    sum = crc32(text.encode(`${name}:${dtype}[${shape.join()}]`), sum)
    sum = crc32(bytesOfView(data), sum)
  }
  return sum.toString(16).padStart(8, '0')
}

/** JSON has no NaN and no infinities. */
const markNonFinite = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? { nonFinite: String(value) } : value

function restoreNonFinite(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'nonFinite'))
    return value
  return Number((value as { nonFinite: unknown }).nonFinite)
}

function parse(op: string, state: string): unknown {
  try {
    return JSON.parse(state, restoreNonFinite)
  } catch (cause) {
    return fail({ op, argument: 'the state', needs: 'must be JSON', got: describe(state), cause })
  }
}
