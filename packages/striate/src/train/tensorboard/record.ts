/** TFRecord: the framing of TensorBoard's files, each record with checksums of its length and of its bytes. */
import { join } from './protobuf.ts'

/** Length (64 bits), masked CRC of the length, bytes, masked CRC of the bytes; the lowest byte first. */
export function frameRecord(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(8)
  const view = new DataView(length.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint32(4, Math.floor(bytes.length / 2 ** 32), true)
  return join([length, word(maskedCrc(length)), bytes, word(maskedCrc(bytes))])
}

/** A checksum of bytes that hold checksums would be weak, so that TFRecord turns and shifts it. */
export function maskedCrc(bytes: Uint8Array): number {
  const sum = crc32c(bytes)
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0
}

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let rest = ~0
  for (let i = 0; i < bytes.length; i++) rest = table[(rest ^ bytes[i]!) & 0xff]! ^ (rest >>> 8)
  return ~rest >>> 0
}

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0x82f63b78 ^ (rest >>> 1) : rest >>> 1
  return rest
})

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
