/** Unpacking gzip through the platform's own streams, with a cap on what comes out. */
import { describe, fail } from '../errors.ts'

const pieceBytes = 65_536

/** Whether the bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * The content of a gzip file. At most `limit` bytes come out, so a small file cannot fill the memory; `name` is
 * what errors call the file.
 *
 * Throws if the content is longer, or the file is damaged or cut short.
 */
export async function gunzip(
  bytes: Uint8Array,
  { limit, name = 'the file' }: { readonly limit: number; readonly name?: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const op = 'gunzip'
  const stream = new DecompressionStream('gzip')
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  // A fault of the data reaches the reader too; the writer's copy of it must not go unhandled.
  feed(writer, bytes).catch(() => {})
  writer.closed.catch(() => {})
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      const needs = 'must be whole and undamaged gzip'
      const argument = `${name} (byte ${size} of what it holds)`
      return fail({ op, argument, needs, got: describe(cause), cause })
    })
    if (done) break
    size += value.byteLength
    if (size > limit) {
      reader.cancel().catch(() => {})
      fail({ op, argument: name, needs: `must unpack to at most ${limit} bytes`, got: 'more' })
    }
    pieces.push(value)
  }
  const content = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    content.set(piece, at)
    at += piece.byteLength
  }
  return content
}

async function feed(
  writer: WritableStreamDefaultWriter<BufferSource>,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    await writer.write(new Uint8Array(bytes.subarray(at, at + pieceBytes)))
  await writer.close()
}
