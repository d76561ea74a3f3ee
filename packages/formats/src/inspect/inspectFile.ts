/** What a file of tensors or a network holds, read no further than needed. */
import { type ByteSource, describe, fail, openBytes, type SourceLike } from 'striate'
import { openZip } from '../zip/index.ts'
import { inspectIdx, inspectNpy, inspectNpz } from './arrays.ts'
import type { FileFacts } from './facts.ts'
import { at, document } from './json.ts'
import { inspectHdf5, inspectKeras } from './keras.ts'
import { inspectOnnx } from './onnx.ts'
import { inspectSafetensors } from './safetensors.ts'
import { inspectTfjs } from './tfjs.ts'

const op = 'inspectFile'
const headBytes = 16
/** A longer text describes no network. */
const textAtMost = 100_000_000

const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte)

/**
 * What a file holds: its format, told by its content, its tensors with type, shape and place, its notes, and of a
 * network its inputs, outputs and operators. Reads safetensors (and its index), checkpoints, .npy, .npz, IDX, ONNX,
 * Keras (.keras, .h5, .weights.h5) and TensorFlow.js (model.json). Weights are not read before they are asked for,
 * except that HDF5 and packed files are read whole.
 *
 * Close the `sources` of the answer in the end.
 *
 * @throws StriateError, naming the byte or the entry, if the file is of another format, cut short or damaged, or
 * another file that it names is missing.
 * @example
 * ```ts
 * import { encodeNpy } from 'striate'
 * import { inspectFile } from '@striate/formats'
 * const bytes = encodeNpy({ dtype: 'float32', shape: [2, 3], data: new Float32Array(6) })
 * const { format, tensors } = await inspectFile(bytes)
 * format // => 'npy'
 * tensors.map(({ type, shape }) => [type, shape]) // => [['<f4', [2, 3]]]
 * ```
 */
export async function inspectFile(source: SourceLike): Promise<FileFacts> {
  const file = await openBytes(source)
  try {
    return await inspectOpen(source, file)
  } catch (error) {
    await file.close()
    throw error
  }
}

async function inspectOpen(source: SourceLike, file: ByteSource): Promise<FileFacts> {
  const head = await file.read(0, Math.min(headBytes, file.size))
  if (startsWith(head, 0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) return inspectNpy(file)
  if (startsWith(head, 0x89, 0x48, 0x44, 0x46)) return inspectHdf5(file)
  if (startsWith(head, 0x50, 0x4b)) return inspectZip(file)
  if (startsWith(head, 0x1f, 0x8b)) return inspectIdx(file, true)
  // A safetensors header is never 16 MB long and odd at once; its first byte after the length is a brace.
  if (head[8] === 0x7b && head[6] === 0 && head[7] === 0)
    return inspectSafetensors(source, file, false)
  if (startsWith(head, 0, 0) && head[2]! >= 8 && head[2]! <= 14) return inspectIdx(file, false)
  if (/^\s*[{[]/.test(String.fromCharCode(...head))) return inspectText(source, file)
  // Models begin with the version of their format, or with their producer.
  if (/\.onnx$/i.test(file.name) || startsWith(head, 0x08)) return inspectOnnx(file)
  if (/\.safetensors$/i.test(file.name)) return inspectSafetensors(source, file, false)
  if (/\.npy$/i.test(file.name)) return inspectNpy(file)
  if (/idx\d-ubyte$/i.test(file.name)) return inspectIdx(file, false)
  return unknown(file, describe([...head.subarray(0, 8)]))
}

function unknown(file: ByteSource, got: string): never {
  return fail({
    op,
    argument: `byte 0${file.name === '' ? '' : ` of '${file.name}'`}`,
    needs: 'must begin safetensors, .npy, .npz, IDX, ONNX, Keras, HDF5 or a model.json',
    got,
  })
}

async function inspectZip(file: ByteSource): Promise<FileFacts> {
  const names = [...(await openZip(op, file)).entries.keys()]
  if (names.some((name) => /(^|\/)data\.pkl$/.test(name))) {
    fail({
      op,
      argument: `entry ${describe(names.find((name) => name.endsWith('data.pkl')))}`,
      needs: 'must be of a format without programs in it',
      got: "PyTorch's pickles",
      hint: 'safetensors.torch.save_file writes the same weights without',
    })
  }
  if (names.includes('config.json') || names.includes('model.weights.h5')) return inspectKeras(file)
  if (names.some((name) => name.endsWith('.npy'))) return inspectNpz(file)
  return unknown(file, `a zip file of ${describe(names)}`)
}

async function inspectText(source: SourceLike, file: ByteSource): Promise<FileFacts> {
  if (file.size > textAtMost) {
    const needs = `must be at most ${textAtMost} bytes of text`
    fail({ op, argument: 'byte 0', needs, got: `${file.size}` })
  }
  const text = document(op, await file.read(0, file.size))
  if (at(text, 'weight_map') !== undefined) return inspectSafetensors(source, file, true)
  if (at(text, 'weightsManifest') !== undefined || at(text, 'modelTopology') !== undefined)
    return inspectTfjs(file, text)
  const keys = text instanceof Map ? [...text.keys()] : []
  return unknown(
    file,
    `JSON with ${keys.length === 0 ? 'no keys' : `keys ${keys.slice(0, 6).join(', ')}`}`,
  )
}
