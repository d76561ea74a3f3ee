/**
 * Safetensors, the format in which weights travel: eight bytes of length, a JSON header, the values
 * (https://github.com/huggingface/safetensors, "Format"). Reading never evaluates anything.
 */
import type { ArrayData, ArrayInput } from './arrayData.ts'
import { decodeStored, headerEnd, readHeader } from './safetensors/header.ts'
import { checkStorage, layOut, type StorageOptions } from './safetensors/layOut.ts'

/** The tensors of a file by name, in its order, and its notes. Both records have no prototype: any name is safe. */
export interface SafetensorsFile {
  tensors: Record<string, ArrayData>
  metadata: Record<string, string>
}

/**
 * A safetensors file of the tensors, in their order, with optional notes. The data begin on a multiple of 8 bytes
 * and lie by falling element size, so that every tensor is aligned. `dtype` stores floats as float16, bfloat16,
 * float32 or float64.
 *
 * Throws if a tensor's data do not fit its dtype and shape, a name is reserved or not valid Unicode, a note is not a
 * string, or a number is too large for the type in which it is to be stored.
 *
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from 'striate'
 * const bytes = encodeSafetensors({
 *   'conv.weight': { dtype: 'float32', shape: [1, 2], data: Float32Array.of(0.5, -1) },
 * })
 * decodeSafetensors(bytes).tensors['conv.weight']?.data // => [0.5, -1]
 * ```
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, ArrayInput>>,
  metadata: Readonly<Record<string, string>> = {},
  options: StorageOptions = {},
): Uint8Array<ArrayBuffer> {
  const op = 'encodeSafetensors'
  checkStorage(op, options, [])
  const laidOut = layOut(op, tensors, metadata, options)
  const bytes = new Uint8Array(laidOut.size)
  let at = 0
  for (const piece of laidOut.pieces()) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/**
 * The tensors and notes of a safetensors file. F16 and BF16 become float32; BOOL becomes uint8; integers of other widths
 * become int32 if every value fits.
 *
 * Every size is checked before anything is allocated: throws, naming the byte and the tensor, if the file is shorter or
 * longer than its header says, the header is not JSON of the expected form, a key repeats, or tensors overlap or
 * leave gaps.
 *
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from 'striate'
 * const file = decodeSafetensors(encodeSafetensors({}, { made: 'today' }))
 * file.metadata.made // => 'today'
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const op = 'decodeSafetensors'
  const end = headerEnd(op, bytes, bytes.length)
  const header = readHeader(op, bytes, end, bytes.length)
  const tensors = Object.create(null) as Record<string, ArrayData>
  for (const stored of header.tensors)
    tensors[stored.name] = decodeStored(op, stored, bytes.subarray(stored.begin, stored.end))
  return { tensors, metadata: header.metadata }
}
