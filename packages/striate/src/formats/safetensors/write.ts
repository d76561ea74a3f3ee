/** Writing tensors as safetensors: one file, or parts with an index. */
import { describe, fail, StriateError } from '../../errors.ts'
import type { ArrayInput } from '../arrayData.ts'
import { nodeFiles, readBytes, writeTogether } from '../files.ts'
import { baseOf, decodeIndex, indexAtMost, indexName, isIndexName } from './shardIndex.ts'
import { type PlannedFile, piecesOf, planFiles, type ShardOptions } from './shards.ts'

/**
 * The files of tensors that are divided among parts, by name: each a whole safetensors file, and
 * `model.safetensors.index.json`, which says where each tensor is.
 *
 * @throws StriateError as `encodeSafetensors` does, and for a size that is none.
 * @example
 * ```ts
 * import { encodeShards } from 'striate'
 * const data = new Float32Array(100)
 * const tensors = {
 *   a: { dtype: 'float32', shape: [100], data },
 *   b: { dtype: 'float32', shape: [100], data },
 * } as const
 * Object.keys(encodeShards(tensors, { maxShardSize: '500B' })).length // => 3
 * ```
 */
export function encodeShards(
  tensors: Readonly<Record<string, ArrayInput>>,
  options: ShardOptions & { readonly name?: string } = {},
): Record<string, Uint8Array<ArrayBuffer>> {
  const { name = 'model', ...others } = options
  const files = Object.create(null) as Record<string, Uint8Array<ArrayBuffer>>
  for (const file of planFiles('encodeShards', name, tensors, others, true))
    files[file.name] = joined([...piecesOf(file)])
  return files
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/**
 * Writes tensors to a safetensors file, or, where they are more than `maxShardSize`, to parts beside it and
 * `<path>.index.json`: all whole or none. What an earlier call wrote to the same path goes. Node only.
 *
 * @returns the paths of the files, the index last.
 * @throws StriateError as `encodeSafetensors` and `writeAtomic` do.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, ArrayInput>>,
  options: ShardOptions = {},
): Promise<string[]> {
  const op = 'writeSafetensors'
  if (typeof path !== 'string' || path === '')
    fail({ op, argument: 'path', needs: 'must be the path of a file', got: describe(path) })
  const files = await nodeFiles(op)
  const own = /[^/\\]*$/.exec(path)?.[0] ?? path
  const folder = path.slice(0, path.length - own.length)
  const base = baseOf(own)
  const planned = planFiles(op, base, tensors, options, isIndexName(path))
  // One file has the name that was asked for, whatever its ending.
  const written = planned.map(({ name }) => (planned.length === 1 ? path : folder + name))
  const older = await writtenBefore(path, folder, base)
  await writeTogether(op, contentOf(planned, written))
  for (const each of older) if (!written.includes(each)) await files.rm(each, { force: true })
  return written
}

function* contentOf(
  planned: readonly PlannedFile[],
  paths: readonly string[],
): Generator<{ path: string; content: Iterable<Uint8Array> }> {
  for (const [index, file] of planned.entries())
    yield { path: paths[index]!, content: piecesOf(file) }
}

/** Files that stand for the same path now: the single one, an index, and the parts of ours that it names. */
async function writtenBefore(path: string, folder: string, base: string): Promise<string[]> {
  const single = isIndexName(path) ? `${folder}${base}.safetensors` : path
  const index = folder + indexName(base)
  try {
    const { shards } = decodeIndex('decodeIndex', await readBytes(index, { limit: indexAtMost }))
    const ours = shards.filter(
      (name) =>
        name.startsWith(base) && /^-\d{5}-of-\d{5}\.safetensors$/.test(name.slice(base.length)),
    )
    return [single, index, ...ours.map((name) => folder + name)]
  } catch (error) {
    // No index, or not one of ours: then there is nothing of it to take away.
    if (error instanceof StriateError) return [single]
    throw error
  }
}
