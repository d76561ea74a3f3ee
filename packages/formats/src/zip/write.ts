/** Zip files of given entries. */
import { zipSync } from 'fflate'
import { fail } from 'striate'

/** Without zip64, offsets have four bytes. */
const bytesAtMost = 0xffffffff

/** A zip file of the entries in their order, stored or packed with deflate; equal entries give equal bytes. */
export function encodeZip(
  op: string,
  entries: Readonly<Record<string, Uint8Array>>,
  compress: boolean,
): Uint8Array<ArrayBuffer> {
  const size = Object.values(entries).reduce((all, bytes) => all + bytes.length, 0)
  const count = Object.keys(entries).length
  if (size + 2 ** 24 > bytesAtMost || count >= 65_535) {
    const needs = 'must hold less than 4 GiB in fewer than 65,535 entries'
    fail({ op, argument: 'the file', needs, got: `${size} bytes in ${count}` })
  }
  // The earliest date of the format: when a file was written is not part of what it holds.
  const mtime = new Date(1980, 0, 1)
  const files = Object.fromEntries(Object.entries(entries).map(([name, bytes]) => [name, bytes]))
  return zipSync(files, { level: compress ? 6 : 0, mtime })
}
