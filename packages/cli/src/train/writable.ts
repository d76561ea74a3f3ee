/** Whether a file will be able to be written, asked before the work that fills it. */
import { randomUUID } from 'node:crypto'
import { access, constants, realpath, rm, stat } from 'node:fs/promises'
import { StriateError, writeAtomic } from 'striate'

/**
 * Throws unless a file of so many bytes can be written at the path: the folder exists and takes a
 * file, the disk has room, and what stands there now may be replaced. Leaves nothing behind.
 */
export async function checkWritable(
  op: string,
  option: string,
  path: string,
  bytes: number,
): Promise<void> {
  const argument = `${option} '${path}'`
  const target = await realpath(path).catch(() => path)
  const status = await stat(target).catch(() => undefined)
  if (status !== undefined) {
    if (!status.isFile()) {
      const got = status.isDirectory() ? 'a folder' : 'a device, pipe or socket'
      throw new StriateError({ op, argument, needs: 'must be a file or not exist', got })
    }
    await access(target, constants.W_OK).catch((cause: unknown) => {
      const needs = 'must be open to this user'
      throw new StriateError({ op, argument, needs, got: 'a read-only file', cause })
    })
  }
  const probe = `${target}.${randomUUID()}.probe`
  try {
    await writeAtomic(probe, new Uint8Array(bytes))
  } catch (cause) {
    if (!(cause instanceof StriateError)) throw cause
    const { needs, got } = cause
    throw new StriateError({ op, argument, needs, got, cause })
  } finally {
    await rm(probe, { force: true }).catch(() => undefined)
  }
}
