/** NumPy's .npz files: a zip of .npy arrays. */
import {
  type ArrayData,
  type ArrayInput,
  type ByteSource,
  decodeNpy,
  describe,
  encodeNpy,
  fail,
  openBytes,
  rejectUnknown,
  type SourceLike,
  StriateError,
} from 'striate'
import { fileName } from '../zip/directory.ts'
import { checkEntryName } from '../zip/entryName.ts'
import { encodeZip, openZip, type ZipArchive, type ZipOptions } from '../zip/index.ts'

export interface NpzFile {
  /** Names of the arrays, in the order of the file. */
  readonly names: readonly string[]
  /**
   * Reads one array.
   *
   * @throws StriateError naming the entry, if there is none or it is damaged.
   */
  read(name: string): Promise<ArrayData>
  /** Lets go of the file. */
  close(): Promise<void>
}

export interface NpzOptions {
  /** The most bytes that may be unpacked; the size of the file and 16 MiB unless told. */
  readonly limit?: number
}

const suffix = '.npy'

/**
 * Opens an .npz file: bytes, a Blob, a URL, or in Node a path, of which only the directory and the
 * arrays that are asked for are read.
 *
 * @throws StriateError naming the place or the entry, if the file is no zip file, damaged, or its sizes
 * do not fit it.
 * @example
 * ```ts
 * import { encodeNpz, openNpz } from '@striate/formats'
 * const bytes = encodeNpz({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } })
 * const file = await openNpz(bytes)
 * file.names // => ['x']
 * const x = await file.read('x')
 * x.data // => [1, 2]
 * ```
 */
export async function openNpz(input: SourceLike, options: NpzOptions = {}): Promise<NpzFile> {
  const op = 'openNpz'
  rejectUnknown(op, options, ['limit'])
  const source = await openBytes(input)
  const { archive, names } = await closedOnError(source, () => openArrays(op, source, options))
  return {
    names,
    async read(name) {
      if (names.includes(name)) return readArray('NpzFile.read', archive, name)
      const needs = `must be one of ${names.slice(0, 6).map(describe).join(', ')}`
      return fail({ op: 'NpzFile.read', argument: 'name', needs, got: describe(name) })
    },
    close: () => source.close(),
  }
}

/**
 * All arrays of an .npz file by name, in a record without a prototype: any name is safe.
 *
 * @throws StriateError as {@link openNpz}, and if all arrays together pass the limit.
 * @example
 * ```ts
 * import { decodeNpz, encodeNpz } from '@striate/formats'
 * const bytes = encodeNpz({ x: { dtype: 'uint8', shape: [3], data: Uint8Array.of(7, 8, 9) } })
 * const { x } = await decodeNpz(bytes)
 * x // => { dtype: 'uint8', shape: [3], data: [7, 8, 9] }
 * ```
 */
export async function decodeNpz(
  input: SourceLike,
  options: NpzOptions = {},
): Promise<Record<string, ArrayData>> {
  const op = 'decodeNpz'
  rejectUnknown(op, options, ['limit'])
  const source = await openBytes(input)
  try {
    return await readAll(op, source, options)
  } finally {
    await source.close()
  }
}

async function closedOnError<T>(source: ByteSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await source.close()
    throw error
  }
}

async function readAll(
  op: string,
  source: ByteSource,
  options: NpzOptions,
): Promise<Record<string, ArrayData>> {
  const { archive, names } = await openArrays(op, source, options)
  const { limit = source.size + 2 ** 24 } = options
  const total = names.reduce((all, name) => all + archive.entries.get(name + suffix)!.size, 0)
  if (total > limit) {
    const needs = `must unpack to at most ${limit} bytes`
    const hint = `limit: ${total} allows it, openNpz reads one array at a time`
    fail({ op, argument: fileName(source), needs, got: `${total}`, hint })
  }
  const arrays = Object.create(null) as Record<string, ArrayData>
  for (const name of names) arrays[name] = await readArray(op, archive, name)
  return arrays
}

async function openArrays(
  op: string,
  source: ByteSource,
  options: ZipOptions,
): Promise<{ archive: ZipArchive; names: string[] }> {
  const archive = await openZip(op, source, options)
  const files = [...archive.entries.keys()].filter((name) => name.endsWith(suffix))
  return { archive, names: files.map((name) => name.slice(0, -suffix.length)) }
}

async function readArray(op: string, archive: ZipArchive, name: string): Promise<ArrayData> {
  const bytes = await archive.read(name + suffix)
  try {
    return decodeNpy(bytes)
  } catch (cause) {
    if (!(cause instanceof StriateError)) throw cause
    const needs = 'must be an .npy array'
    return fail({ op, argument: `entry '${name}${suffix}'`, needs, got: cause.message, cause })
  }
}

export interface EncodeNpzOptions {
  /** Whether the arrays are packed with deflate, as by `numpy.savez_compressed`. False by default. */
  readonly compress?: boolean
}

/**
 * An .npz file of the arrays, as `numpy.savez` writes it.
 *
 * @throws StriateError naming the array whose data do not fit its type and shape, or a name that is no
 * relative path.
 * @example
 * ```ts
 * import { encodeNpz } from '@striate/formats'
 * const zeros = { dtype: 'float32', shape: [1000], data: new Float32Array(1000) } as const
 * const [plain, packed] = [encodeNpz({ zeros }), encodeNpz({ zeros }, { compress: true })]
 * plain.length > 4000 && packed.length < 400 // => true
 * ```
 */
export function encodeNpz(
  arrays: Readonly<Record<string, ArrayInput>>,
  options: EncodeNpzOptions = {},
): Uint8Array<ArrayBuffer> {
  const op = 'encodeNpz'
  rejectUnknown(op, options, ['compress'])
  const { compress = false } = options
  if (typeof compress !== 'boolean')
    fail({ op, argument: 'compress', needs: 'must be true or false', got: describe(compress) })
  const files: Record<string, Uint8Array> = Object.create(null)
  for (const [name, array] of Object.entries(arrays)) {
    checkEntryName(op, 'the name of an array', new TextEncoder().encode(name))
    files[name + suffix] = encodeNpy(array)
  }
  return encodeZip(op, files, compress)
}
