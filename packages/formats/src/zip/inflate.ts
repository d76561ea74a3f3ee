/** Unpacking with a cap: what comes out stops at the size that was promised. */
import { Inflate, Unzlib } from 'fflate'
import { fail } from 'striate'

/** Deflate packs at most 1032 to 1, so a piece of this size gives some 8 MB at once. */
const pieceBytes = 8192

type Stream = Inflate | Unzlib

/** Raw deflate: exactly `size` bytes must come out. */
export function inflate(
  op: string,
  argument: string,
  packed: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer> {
  const { out, length } = run(op, argument, new Inflate(), packed, size)
  if (length !== size)
    fail({ op, argument, needs: `must unpack to ${size} bytes`, got: `${length}` })
  return out
}

/** A zlib stream: at most `size` bytes may come out. */
export function unpackZlib(
  op: string,
  argument: string,
  packed: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer> {
  const { out, length } = run(op, argument, new Unzlib(), packed, size)
  return out.subarray(0, length)
}

function run(
  op: string,
  argument: string,
  stream: Stream,
  packed: Uint8Array,
  size: number,
): { out: Uint8Array<ArrayBuffer>; length: number } {
  const out = new Uint8Array(size)
  let length = 0
  let isTooLong = false
  stream.ondata = (piece) => {
    if (length + piece.length > size) {
      isTooLong = true
      return
    }
    out.set(piece, length)
    length += piece.length
  }
  try {
    for (let at = 0; at < packed.length && !isTooLong; at += pieceBytes)
      stream.push(packed.slice(at, at + pieceBytes), at + pieceBytes >= packed.length)
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    fail({ op, argument, needs: 'must be whole and undamaged deflate', got, cause })
  }
  if (isTooLong) fail({ op, argument, needs: `must unpack to at most ${size} bytes`, got: 'more' })
  return { out, length }
}
