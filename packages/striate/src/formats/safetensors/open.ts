/** Safetensors read lazily: headers when a file is opened, values tensor by tensor. */
import { describe, fail, StriateError } from '../../errors.ts'
import { nearest } from '../../options.ts'
import type { DType } from '../../tensor/dtype.ts'
import { fromData, type Tensor } from '../../tensor/tensor.ts'
import type { ArrayData } from '../arrayData.ts'
import {
  type ByteSource,
  isAddress,
  openBeside,
  openBytes,
  type SourceLike,
} from '../byteSource.ts'
import { decodedTypes } from '../elements.ts'
import { nodeFilesIfAny } from '../files.ts'
import {
  decodeStored,
  encodings,
  headerEnd,
  readHeader,
  type StoredTensor,
  type StoredType,
} from './header.ts'
import { decodeIndex, indexAtMost, isIndexName, type ShardIndex } from './shardIndex.ts'

const op = 'openSafetensors'

/** The beginning that is read at first: most headers lie within it. */
const firstBytes = 65_536

/** Files by name: the parts of a model with its index, or a single one. */
export type FilesByName = Readonly<Record<string, Blob | Uint8Array | ArrayBuffer>>

/** A tensor that was not read yet. */
export interface SafetensorsEntry {
  /** The type of the file: `BF16`. */
  readonly storedAs: StoredType
  /** The type that reading gives. */
  readonly dtype: DType
  readonly shape: readonly number[]
  /** The file in which it lies, and the bytes there. */
  readonly file: string
  readonly begin: number
  readonly end: number
}

interface Part {
  readonly source: ByteSource
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: readonly StoredTensor[]
}

/** An open file, or the open parts of one. Its tensors are read when they are asked for. */
export class SafetensorsReader {
  /** Notes of the file; of its parts together, the first word counting. */
  readonly metadata: Readonly<Record<string, string>>
  /** What is known of the tensors by name, in the order of the file. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>
  /** The files by name, with their bytes: to be read otherwise. */
  readonly sources: ReadonlyMap<string, ByteSource>
  readonly #places = new Map<string, { readonly stored: StoredTensor; readonly part: Part }>()

  /** Made by `openSafetensors`. */
  constructor(parts: readonly Part[]) {
    const metadata = Object.create(null) as Record<string, string>
    const entries = new Map<string, SafetensorsEntry>()
    for (const part of parts) {
      for (const [key, note] of Object.entries(part.metadata)) metadata[key] ??= note
      for (const stored of part.tensors) {
        const { name, storedAs, shape, begin, end } = stored
        this.#places.set(name, { stored, part })
        const dtype = decodedTypes[encodings[storedAs]]
        entries.set(name, { storedAs, dtype, shape, file: part.name, begin, end })
      }
    }
    this.metadata = metadata
    this.entries = entries
    this.sources = new Map(parts.map(({ name, source }) => [name, source]))
  }

  /** The values of one tensor; only its bytes are read. @throws StriateError for a name that the file has not. */
  async array(name: string): Promise<ArrayData> {
    const found = this.#places.get(name)
    if (found === undefined) {
      const near = nearest(name, [...this.entries.keys()])
      const hint = near === undefined ? `it has ${this.entries.size}` : `did you mean '${near}'?`
      return fail({
        op,
        argument: 'name',
        needs: 'must be a tensor of it',
        got: describe(name),
        hint,
      })
    }
    const { stored, part } = found
    const bytes = await part.source.read(stored.begin, stored.end)
    return named(part.name, () => decodeStored(op, stored, bytes))
  }

  /** The same as a tensor. */
  async tensor(name: string): Promise<Tensor> {
    const { data, shape, dtype } = await this.array(name)
    return fromData(data, shape, dtype)
  }

  /** Lets go of the files. */
  async close(): Promise<void> {
    for (const source of this.sources.values()) await source.close()
  }
}

/**
 * Opens a safetensors file and reads its header alone; tensors are read one by one when they are asked for, each a
 * range of the file. Takes a path (Node), a URL, a Blob or bytes; the index of a file in parts
 * (`model.safetensors.index.json`), or `model.safetensors` where only its index is there; or files by name.
 *
 * Every size, overlap and place is checked before anything is allocated.
 *
 * @throws StriateError naming the file and the byte, as `decodeSafetensors` does, and if a part is missing or does not
 * hold what the index says.
 * @example
 * ```ts
 * import { encodeSafetensors, openSafetensors } from 'striate'
 * const bytes = encodeSafetensors(
 *   { w: { dtype: 'float32', shape: [2], data: Float32Array.of(1.5, -2) } },
 *   {},
 *   { dtype: 'bfloat16' },
 * )
 * const file = await openSafetensors(bytes)
 * file.entries.get('w')?.storedAs // => 'BF16'
 * await (await file.tensor('w')).array() // => [1.5, -2]
 * await file.close()
 * ```
 */
export async function openSafetensors(
  source: SourceLike | FilesByName,
): Promise<SafetensorsReader> {
  if (isFilesByName(source)) return openNamed(source)
  const path = source instanceof URL ? source.href : source
  if (typeof path !== 'string') return openSingle(await openBytes(path))
  if (!isIndexName(path)) {
    const index = await indexBeside(path)
    if (index === null) return openSingle(await openBytes(path))
    return openIndexed(await openBytes(index), (name) => openBeside(index, name))
  }
  return openIndexed(await openBytes(path), (name) => openBeside(path, name))
}

const isFilesByName = (source: unknown): source is FilesByName =>
  typeof source === 'object' &&
  source !== null &&
  !(source instanceof URL || source instanceof ArrayBuffer || source instanceof Uint8Array) &&
  !(typeof Blob !== 'undefined' && source instanceof Blob)

async function openNamed(files: FilesByName): Promise<SafetensorsReader> {
  const names = Object.keys(files)
  const index = names.find(isIndexName)
  const open = async (name: string): Promise<ByteSource> =>
    Object.hasOwn(files, name)
      ? openBytes(files[name]!)
      : fail({
          op,
          argument: `'${name}'`,
          needs: 'must be among the files',
          got: names.slice(0, 8).join(', ') || 'none',
        })
  if (index !== undefined) return openIndexed(await open(index), open, index)
  if (names.length === 1) return openSingle(await open(names[0]!), names[0])
  const needs = 'must be one file, or parts and their index'
  return fail({ op, argument: 'files', needs, got: describe(names) })
}

/** The index that stands for a file, where there is the one and not the other. Node only. */
async function indexBeside(path: string): Promise<string | null> {
  const files = isAddress(path) ? null : await nodeFilesIfAny()
  if (files === null) return null
  const isThere = (each: string): Promise<boolean> =>
    files.stat(each).then(
      () => true,
      () => false,
    )
  const index = `${path}.index.json`
  return !(await isThere(path)) && (await isThere(index)) ? index : null
}

async function openSingle(source: ByteSource, name?: string): Promise<SafetensorsReader> {
  return closing([source], async () => new SafetensorsReader([await readPart(source, name)]))
}

async function openIndexed(
  source: ByteSource,
  open: (name: string) => Promise<ByteSource>,
  name: string = source.name,
): Promise<SafetensorsReader> {
  const index = await closing([source], () => readIndex(source, name))
  await source.close()
  const sources: ByteSource[] = []
  return closing(sources, async () => {
    const parts: Part[] = []
    for (const shard of index.shards) {
      const part = await open(shard).catch((cause: Error) => missing(name, index, shard, cause))
      sources.push(part)
      parts.push(await readPart(part, shard))
    }
    checkParts(name, index, parts)
    return new SafetensorsReader(parts)
  })
}

async function readIndex(source: ByteSource, name: string): Promise<ShardIndex> {
  if (source.size > indexAtMost) {
    const needs = `must be at most ${indexAtMost} bytes long`
    fail({ op, argument: `'${name}'`, needs, got: `${source.size} bytes` })
  }
  const bytes = await source.read(0, source.size)
  return named(name, () => decodeIndex(op, bytes))
}

async function readPart(source: ByteSource, name: string = source.name): Promise<Part> {
  const { size } = source
  let bytes = await source.read(0, Math.min(size, firstBytes))
  const end = named(name, () => headerEnd(op, bytes, size))
  if (end > bytes.length) bytes = await source.read(0, end)
  return { source, name, ...named(name, () => readHeader(op, bytes, end, size)) }
}

/** Throws for a part that cannot be opened, naming the first tensor in it. */
function missing(name: string, { files }: ShardIndex, shard: string, cause: Error): never {
  const [tensor] = [...files].find(([, file]) => file === shard)!
  return fail({
    op,
    argument: `tensor ${describe(tensor)}`,
    needs: `needs its file ${describe(shard)}, which the index ${describe(name)} names`,
    got: cause.message,
    cause,
  })
}

/** Every tensor must be in the part that the index names, and the parts hold no others. */
function checkParts(name: string, { files }: ShardIndex, parts: readonly Part[]): void {
  const wanted = new Map(files)
  for (const part of parts) {
    for (const { name: tensor, at } of part.tensors) {
      const file = wanted.get(tensor)
      if (file === part.name) wanted.delete(tensor)
      else {
        const needs = `must be in the file that the index ${describe(name)} names`
        const argument = `tensor ${describe(tensor)} of ${describe(part.name)} (byte ${at})`
        const got = files.has(tensor) ? describe(files.get(tensor)) : 'no such name there'
        fail({ op, argument, needs, got })
      }
    }
  }
  for (const [tensor, file] of wanted) {
    const argument = `tensor ${describe(tensor)}`
    fail({
      op,
      argument,
      needs: `must be in ${describe(file)}, as the index says`,
      got: 'a file without it',
    })
  }
}

/** Errors within name the file, where it has a name. */
function named<Result>(name: string, work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof StriateError) || name === '') throw cause
    const { argument = '', needs, got, hint } = cause
    return fail({
      op,
      argument: `'${name}': ${argument}`,
      needs,
      got,
      cause,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

/** Closes what was opened, if the work fails. */
async function closing<Result>(
  sources: readonly ByteSource[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    for (const source of sources) await source.close()
    throw error
  }
}
