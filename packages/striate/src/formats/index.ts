/** File formats: safetensors, npy, IDX, and files on disk. */
export type { ArrayData, ArrayInput } from './arrayData.ts'
export { type ReadOptions, readBytes, readMaybeGzip, writeAtomic } from './files.ts'
export { gunzip } from './gzip.ts'
export { decodeIdx, type IdxArray } from './idx.ts'
export { decodeNpy, encodeNpy } from './npy.ts'
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from './safetensors.ts'
