/** The first bytes of an HDF5 file: widths of addresses, the root group, and how long the file must be. */
import { describe, fail } from 'striate'
import { Cursor, nowhere } from './cursor.ts'

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

/** Whether bytes begin as HDF5 does. */
export const isHdf5 = (bytes: Uint8Array): boolean =>
  signature.every((byte, at) => bytes[at] === byte)

/** The address of the root group's object header. */
export function readSuperblock(op: string, bytes: Uint8Array): number {
  if (!isHdf5(bytes)) {
    const got =
      bytes.length < 8 ? `a file of ${bytes.length} bytes` : describe([...bytes.subarray(0, 8)])
    fail({ op, argument: 'byte 0', needs: "must begin the signature '\\x89HDF'", got })
  }
  const cursor = new Cursor(op, bytes, 'the superblock', 8, Math.min(bytes.length - 8, 120))
  const version = cursor.u8()
  if (version > 3) cursor.refuse('must be of version 0 to 3', String(version), 8)
  if (version < 2) cursor.skip(4)
  const [offsetBytes, lengthBytes] = [cursor.u8(), cursor.u8()]
  if (offsetBytes !== 8 || lengthBytes !== 8)
    cursor.refuse('must have addresses and lengths of 8 bytes', `${offsetBytes} and ${lengthBytes}`)
  cursor.skip(version < 2 ? 9 : 1)
  if (version === 1) cursor.skip(4)
  const base = cursor.u64()
  cursor.u64()
  const end = cursor.u64()
  if (base !== 0) cursor.refuse('must have base address 0', String(base))
  if (end === nowhere || end > bytes.length) {
    const hint = `the file is cut short at byte ${bytes.length}`
    const needs = `must be at least ${end} bytes long, as its superblock says`
    fail({ op, argument: 'the file', needs, got: `${bytes.length} bytes`, hint })
  }
  if (version < 2) {
    cursor.u64()
    // The root's symbol table entry: the offset of its (empty) name, then its header.
    cursor.u64()
  }
  return cursor.u64()
}
