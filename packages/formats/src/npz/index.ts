/** .npz files. */
export {
  decodeNpz,
  type EncodeNpzOptions,
  encodeNpz,
  type NpzFile,
  type NpzOptions,
  openNpz,
} from './npz.ts'
