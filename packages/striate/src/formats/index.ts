/** File formats: safetensors, npy, IDX, and files on disk. */
export type { ArrayData, ArrayInput } from './arrayData.ts'
export { type ByteSource, openBeside, openBytes, type SourceLike } from './byteSource.ts'
export { type Checkpoint, checkpointKey, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'
export { crc32 } from './checksum.ts'
export { decodeElements, type Encoding, encodingBytes } from './elements.ts'
export { type Content, type ReadOptions, readBytes, readMaybeGzip, writeAtomic } from './files.ts'
export { gunzip } from './gzip.ts'
export { decodeIdx, type IdxArray, type IdxHead, idxHeadAtMost, readIdxHead } from './idx.ts'
export { type JsonObject, type JsonValue, readJson } from './json.ts'
export { decodeNpy, encodeNpy, type NpyHead, npyHeadAtMost, readNpyHead } from './npy.ts'
export type { FloatStorage, StorageOptions } from './safetensors/layOut.ts'
export {
  type FilesByName,
  openSafetensors,
  type SafetensorsEntry,
  type SafetensorsReader,
} from './safetensors/open.ts'
export type { ShardOptions } from './safetensors/shards.ts'
export { encodeShards, writeSafetensors } from './safetensors/write.ts'
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from './safetensors.ts'
