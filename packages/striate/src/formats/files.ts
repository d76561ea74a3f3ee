/** Files on disk, in Node: read whole within a limit, written whole or not at all. */
import { fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { gunzip, isGzip } from './gzip.ts'

/** A gibibyte: more is no file of ours unless the caller says so. */
const usualLimit = 2 ** 30

export interface ReadOptions {
  /** No more bytes than this are read, or unpacked; 2³⁰ unless told. */
  readonly limit?: number
}

/**
 * The bytes of a file. Node only: throws elsewhere, and if the file is missing, a folder, not readable, or longer
 * than the limit.
 */
export async function readBytes(
  path: string,
  options: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const op = 'readBytes'
  rejectUnknown(op, options, ['limit'])
  const { limit = usualLimit } = options
  const { size, read, close } = await openFile(await nodeFiles(op), op, path, limit)
  try {
    return await read(0, size)
  } finally {
    await close()
  }
}

/** A file that is open for reading by ranges. */
export interface OpenFile {
  readonly size: number
  /** The bytes from `begin` up to `end`, fewer where the file ends before. */
  readonly read: (begin: number, end: number) => Promise<Uint8Array<ArrayBuffer>>
  readonly close: () => Promise<void>
}

/** Opens a file for reading. Throws if it is missing, a folder, not readable, or longer than the limit. */
export async function openFile(
  { open, stat }: NodeFiles,
  op: string,
  path: string,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<OpenFile> {
  const argument = `'${path}'`
  return explained(op, argument, async () => {
    // Asked by path: to open a pipe would wait for its other end.
    const status = await stat(path)
    if (!status.isFile()) fail({ op, argument, needs: 'must be a file', got: kindOf(status) })
    if (status.size > limit) {
      const needs = `must be at most ${limit} bytes long`
      fail({ op, argument, needs, got: `${status.size} bytes` })
    }
    const handle = await open(path, 'r')
    const read = async (begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
      const bytes = new Uint8Array(end - begin)
      let held = 0
      while (held < bytes.length) {
        const { bytesRead } = await handle.read(bytes, held, bytes.length - held, begin + held)
        if (bytesRead === 0) break
        held += bytesRead
      }
      return held === bytes.length ? bytes : bytes.slice(0, held)
    }
    return {
      size: status.size,
      read: (begin, end) => explained(op, argument, () => read(begin, end)),
      close: () => handle.close(),
    }
  })
}

/** The bytes of a file, unpacked if it is gzipped; the limit holds for what comes out. Throws as `readBytes`, and if it is damaged. */
export async function readMaybeGzip(
  path: string,
  options: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  rejectUnknown('readMaybeGzip', options, ['limit'])
  const { limit = usualLimit } = options
  const bytes = await readBytes(path, { limit })
  return isGzip(bytes) ? gunzip(bytes, { limit, name: `'${path}'` }) : bytes
}

/** What a file is made of: its bytes, or pieces that follow each other. */
export type Content = Uint8Array | Iterable<Uint8Array>

/**
 * Writes the file whole or not at all: to a temporary file beside it, flushed to the disk, then renamed over it. A
 * fault on the way removes the temporary file and leaves what was there. A link is followed; permissions are kept.
 *
 * Node only. Throws if the folder is missing or not writable, the file is read-only or a folder, or the disk is full.
 */
export async function writeAtomic(path: string, content: Content): Promise<void> {
  await writeTogether('writeAtomic', [{ path, content }])
}

/** Writes files that belong together as `writeAtomic` does: none is renamed before all are written. */
export async function writeTogether(
  op: string,
  wanted: Iterable<{ readonly path: string; readonly content: Content }>,
): Promise<void> {
  const files = await nodeFiles(op)
  const written: { readonly argument: string; readonly temporary: string; target: string }[] = []
  try {
    for (const { path, content } of wanted) {
      const argument = `'${path}'`
      await explained(op, argument, async () => {
        const target = await files.realpath(path).catch(() => path)
        const mode = await writableMode(files, op, argument, target)
        const temporary = `${target}.${crypto.randomUUID()}.tmp`
        const handle = await files.open(temporary, 'wx', mode)
        written.push({ argument, temporary, target })
        try {
          if (mode !== undefined) await handle.chmod(mode)
          // Each goes on where the one before it ended.
          const pieces = content instanceof Uint8Array ? [content] : content
          for (const piece of pieces) await handle.writeFile(piece)
          await handle.sync()
        } finally {
          await handle.close()
        }
      })
    }
    for (const { argument, temporary, target } of written)
      await explained(op, argument, () => files.rename(temporary, target))
  } catch (error) {
    for (const { temporary } of written) await files.rm(temporary, { force: true })
    throw error
  }
}

export type NodeFiles = typeof import('node:fs/promises')

/** Loaded when first needed, so that a browser can load this module. */
export async function nodeFiles(op: string): Promise<NodeFiles> {
  const files = await nodeFilesIfAny()
  return files ?? fail({ op, needs: 'needs the file system of Node', got: 'another platform' })
}

export const nodeFilesIfAny = (): Promise<NodeFiles | null> =>
  import('node:fs/promises').catch(() => null)

/** The permissions of the file that will be replaced, if there is one; throws if it may not be. */
async function writableMode(
  files: NodeFiles,
  op: string,
  argument: string,
  target: string,
): Promise<number | undefined> {
  const status = await files.stat(target).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (status === undefined) return undefined
  if (!status.isFile())
    fail({ op, argument, needs: 'must be a file or not exist', got: kindOf(status) })
  // A rename would replace a read-only file too; opening it for writing asks whether that is allowed.
  await (await files.open(target, 'r+')).close()
  return status.mode & 0o777
}

const kindOf = (status: { isDirectory(): boolean }): string =>
  status.isDirectory() ? 'a folder' : 'a device, pipe or socket'

/** What the system's error codes mean for a file of the user's. */
const meanings: Readonly<Record<string, readonly [needs: string, got: string]>> = {
  ENOENT: ['must name a place that exists', 'no such file or folder'],
  ENOTDIR: ['must lie in a folder', 'a file where a folder should be'],
  EISDIR: ['must be a file', 'a folder'],
  EACCES: ['must be open to this user', 'permission denied'],
  EPERM: ['must be open to this user', 'an operation that is not permitted'],
  EROFS: ['must lie on a disk that can be written', 'a read-only file system'],
  ENOSPC: ['needs space on its disk', 'a full disk'],
  EDQUOT: ['needs space within the quota', 'a quota used up'],
  EFBIG: ['must be within the largest size that the file system allows', 'a larger file'],
  EMFILE: ['needs one more open file', 'too many open already'],
  ENAMETOOLONG: ['must have a shorter name', 'a name too long for the file system'],
}

/** Does work on a file of the user's; what the system complains of becomes an error that names it. */
export async function explained<Result>(
  op: string,
  argument: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined) throw cause
    const [needs, got] = meanings[code] ?? ['must be accessible', `error ${code}`]
    fail({ op, argument, needs, got, cause })
  }
}

export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}
