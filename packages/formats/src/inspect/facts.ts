/** What is known of a file without computing with it. */
import type { ByteSource } from 'striate'

export type FileFormat =
  | 'safetensors'
  | 'checkpoint'
  | 'npy'
  | 'npz'
  | 'idx'
  | 'onnx'
  | 'keras'
  | 'hdf5'
  | 'tfjs'

/** A tensor of a file. */
export interface TensorFacts {
  readonly name: string
  /** Its element type in the file's own word: `BF16`, `<f4`, `float16`. */
  readonly type: string
  readonly shape: readonly number[]
  /** How many bytes its values take, unpacked. */
  readonly bytes: number
  /** Its values as they are stored (of HDF5 as they are read), unpacked, piece by piece. */
  readonly chunks: () => AsyncIterable<Uint8Array>
}

/** An input or output of a network; null where the file does not say. */
export interface PortFacts {
  readonly name: string
  readonly type: string | null
  readonly shape: readonly (number | string | null)[] | null
}

export interface NetworkFacts {
  readonly inputs: readonly PortFacts[]
  readonly outputs: readonly PortFacts[]
  /** How often each operator or kind of layer stands there. */
  readonly operators: Readonly<Record<string, number>>
  /** Versions and makers, in the format's words: `opset`, `irVersion`, `producer`. */
  readonly versions: Readonly<Record<string, string | number>>
}

/** What `inspectFile` tells. */
export interface FileFacts {
  readonly format: FileFormat
  /** The file and those that belong to it, the file first. */
  readonly sources: readonly ByteSource[]
  /** Notes of the file by key. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly tensors: readonly TensorFacts[]
  readonly network: NetworkFacts | null
}

const pieceBytes = 2 ** 20

/** A part of a file, piece by piece. */
export async function* piecesOf(
  source: ByteSource,
  begin: number = 0,
  end: number = source.size,
): AsyncGenerator<Uint8Array> {
  for (let at = begin; at < end; at += pieceBytes)
    yield await source.read(at, Math.min(at + pieceBytes, end))
}

/** A part that is read at once. */
export async function* single(read: () => Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await read()
}

/** How often each word stands there, the most frequent first. */
export function tally(words: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const found = Object.create(null) as Record<string, number>
  for (const [word, count] of [...counts].sort((a, b) => b[1] - a[1])) found[word] = count
  return found
}

/** A record without a prototype: any key is safe. */
export function recordOf<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const record = Object.create(null) as Record<string, T>
  for (const [key, value] of entries) record[key] = value
  return record
}
