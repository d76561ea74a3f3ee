/** Bytes at rest that are read by ranges: a file, a Blob, a URL or an array. */
import { describe, fail } from '../errors.ts'
import { type NodeFiles, nodeFilesIfAny, openFile } from './files.ts'

/** What `openBytes` takes: a path (in Node), a URL, a Blob (so a File), or the bytes themselves. */
export type SourceLike = string | URL | Blob | Uint8Array | ArrayBuffer

/** Bytes that are read by ranges. */
export interface ByteSource {
  /** What errors call it: a path or a URL; empty for bytes without a name. */
  readonly name: string
  /** The path or the URL at which it lies, beside which files that it names are looked for; none for bytes and Blobs. */
  readonly place?: string
  /** Its length in bytes. */
  readonly size: number
  /** The bytes from `begin` up to `end`, which lie within it; they may be a view. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>
  /** Lets go of the file. */
  close(): Promise<void>
}

const op = 'openBytes'

/** Enough for most headers, so that one request is all that opening takes. */
const firstRange = 65_536

const nothingToClose = async (): Promise<void> => undefined

/**
 * Opens bytes for reading by ranges. A path is a file in Node and a URL relative to the page in a browser. Of a
 * URL, ranges are asked for; a server that cannot give them sends the whole, which is kept.
 *
 * @throws StriateError if there is no such file, it cannot be read, or the server does not give it.
 * @example
 * ```ts
 * import { openBytes } from 'striate'
 * const source = await openBytes(Uint8Array.of(5, 6, 7, 8))
 * await source.read(1, 3) // => [6, 7]
 * ```
 */
export async function openBytes(source: SourceLike): Promise<ByteSource> {
  if (source instanceof ArrayBuffer) return ofArray(new Uint8Array(source))
  if (source instanceof Uint8Array) return ofArray(source as Uint8Array<ArrayBuffer>)
  if (typeof Blob !== 'undefined' && source instanceof Blob) return ofBlob(source)
  if (source instanceof URL) return ofUrl(source)
  if (typeof source !== 'string' || source === '') {
    const needs = 'must be a path, a URL, a Blob or bytes'
    return fail({ op, argument: 'source', needs, got: describe(source) })
  }
  if (isAddress(source)) return ofUrl(parsed(source))
  const files = await nodeFilesIfAny()
  return files === null ? ofUrl(new URL(source, location.href)) : ofFile(files, source)
}

/** Whether a text is a URL rather than a path; `C:` is a drive. */
export const isAddress = (text: string): boolean => /^(https?|file|blob|data):/i.test(text)

/**
 * Opens a file that another one names: `name` is relative to the folder of `place`, a path or a URL, and does not
 * lead out of it. What lies nowhere (bytes, Blobs) has no files beside it.
 *
 * @throws StriateError if it does or there is no place, and as `openBytes`.
 */
export async function openBeside(place: string | undefined, name: string): Promise<ByteSource> {
  if (place === undefined) {
    const needs = 'must lie beside a path or a URL'
    return fail({ op, argument: describe(name), needs, got: 'bytes alone' })
  }
  const parts = name.split('/')
  const staysInside =
    !/[\\:\p{Cc}]/u.test(name) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  if (!staysInside) {
    const needs = 'must name a file of its folder'
    fail({ op, argument: `the file beside '${place}'`, needs, got: describe(name) })
  }
  if (isAddress(place)) return openBytes(new URL(parts.map(encodeURIComponent).join('/'), place))
  return openBytes(place.slice(0, place.length - (/[^/\\]*$/.exec(place)?.[0].length ?? 0)) + name)
}

function parsed(address: string): URL {
  try {
    return new URL(address)
  } catch (cause) {
    const needs = 'must be a path or a URL'
    return fail({ op, argument: 'source', needs, got: describe(address), cause })
  }
}

function ofArray(bytes: Uint8Array<ArrayBuffer>): ByteSource {
  return {
    name: '',
    size: bytes.length,
    read: async (begin, end) => bytes.subarray(begin, end),
    close: nothingToClose,
  }
}

function ofBlob(
  blob: Blob,
  name: string = (blob as { name?: unknown }).name as string,
): ByteSource {
  return {
    name: typeof name === 'string' ? name : '',
    size: blob.size,
    read: async (begin, end) => new Uint8Array(await blob.slice(begin, end).arrayBuffer()),
    close: nothingToClose,
  }
}

async function ofFile(files: NodeFiles, path: string): Promise<ByteSource> {
  const { size, read, close } = await openFile(files, op, path)
  return {
    name: path,
    place: path,
    size,
    read: async (begin, end) => whole(path, begin, end, await read(begin, end)),
    close,
  }
}

async function ofUrl(url: URL): Promise<ByteSource> {
  if (url.protocol === 'file:') {
    const files = await nodeFilesIfAny()
    if (files !== null)
      return ofFile(files, process.getBuiltinModule('node:url').fileURLToPath(url))
  }
  const name = url.href
  const first = await request(name, 0, firstRange)
  if (first.status !== 206)
    return { ...ofBlob(await body(name, () => first.blob()), name), place: name }
  const size = await sizeOf(name, first)
  const head = await bytesOf(name, first)
  return {
    name,
    place: name,
    size,
    read: async (begin, end) => {
      if (end <= head.length) return head.subarray(begin, end)
      const response = await request(name, begin, end)
      if (response.status !== 206) {
        const got = `status ${response.status} without the range`
        fail({ op, argument: `'${name}'`, needs: 'must be given by ranges', got })
      }
      return whole(name, begin, end, await bytesOf(name, response))
    },
    close: nothingToClose,
  }
}

async function request(url: string, begin: number, end: number): Promise<Response> {
  const argument = `'${url}'`
  const headers = { Range: `bytes=${begin}-${end - 1}` }
  const response = await fetch(url, { headers }).catch((cause: unknown) => {
    return fail({ op, argument, needs: 'must be within reach', got: describe(cause), cause })
  })
  // An empty file has no range: servers say so with 416.
  if (response.ok) return response
  if (response.status === 416 && begin === 0) return new Response(new Blob([]))
  return fail({ op, argument, needs: 'must be given', got: `status ${response.status}` })
}

const body = <T>(url: string, take: () => Promise<T>): Promise<T> =>
  take().catch((cause: unknown) => {
    const needs = 'must arrive whole'
    return fail({ op, argument: `'${url}'`, needs, got: describe(cause), cause })
  })

const bytesOf = async (url: string, response: Response): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await body(url, () => response.arrayBuffer()))

/** The length of the whole, which another site's server may hide in the answer about a range. */
async function sizeOf(url: string, response: Response): Promise<number> {
  const told = /\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1]
  if (told !== undefined) return Number(told)
  const head = await fetch(url, { method: 'HEAD' }).catch(() => null)
  const length = head?.ok ? head.headers.get('Content-Length') : null
  if (length !== null && length !== undefined && /^\d+$/.test(length)) return Number(length)
  return fail({ op, argument: `'${url}'`, needs: 'must say how long it is', got: 'no length' })
}

/** Bytes as many as were asked for, or an error. */
function whole(
  name: string,
  begin: number,
  end: number,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (bytes.length === end - begin) return bytes
  return fail({
    op,
    argument: `'${name}'`,
    needs: `must give the bytes ${begin} to ${end}`,
    got: `${bytes.length} bytes`,
    hint: 'it changed while it was read',
  })
}
