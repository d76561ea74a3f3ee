/** Zip files, guarded: shared by .npz and .keras. */
export { openZip, type ZipArchive, type ZipOptions } from './archive.ts'
export type { ZipEntry } from './directory.ts'
export { encodeZip } from './write.ts'
