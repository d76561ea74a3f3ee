// Files on disk: whole or not at all, within limits, and every fault told in the builder's words.
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StriateError } from '../../src/errors.ts'
import { readBytes, readMaybeGzip, writeAtomic } from '../../src/formats/files.ts'
import { gunzip } from '../../src/formats/gzip.ts'

// The disk can be told to fail at one step with one code, as a full or failing disk would.
const fault = vi.hoisted(() => ({ step: '', code: '' }))
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>()
  const failing = (step: string): void => {
    if (fault.step === step)
      throw Object.assign(new Error(`${fault.code}: ${step}`), { code: fault.code })
  }
  return {
    ...real,
    open: async (path: string, flags: string, mode?: number) => {
      failing(`open ${flags}`)
      const handle = await real.open(path, flags, mode)
      if (flags !== 'wx') return handle
      return {
        chmod: (bits: number) => handle.chmod(bits),
        close: () => handle.close(),
        sync: async () => {
          failing('sync')
          await handle.sync()
        },
        writeFile: async (bytes: Uint8Array) => {
          await handle.writeFile(
            fault.step === 'write' ? bytes.subarray(0, bytes.length >> 1) : bytes,
          )
          failing('write')
        },
      }
    },
    rename: async (from: string, to: string) => {
      failing('rename')
      await real.rename(from, to)
    },
  }
})

let folder = ''
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'striate-files-'))
})
afterEach(async () => {
  fault.step = ''
  await fs.rm(folder, { recursive: true })
})

async function message(act: () => Promise<unknown>): Promise<string> {
  const error: unknown = await act().then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  )
  if (error instanceof StriateError) return error.message
  throw error
}

/** The superuser may write anywhere: become nobody for a while, who owns the folder meanwhile. */
async function asPlainUser(act: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return act()
  const nobody = 65_534
  await fs.chown(folder, nobody, nobody)
  process.seteuid!(nobody)
  try {
    await act()
  } finally {
    process.seteuid!(0)
  }
}

describe('writeAtomic', () => {
  it('writes a new file and replaces an old one, leaving nothing beside it', async () => {
    const path = join(folder, 'weights.safetensors')
    await writeAtomic(path, Uint8Array.of(1, 2, 3))
    expect([...(await readBytes(path))]).toEqual([1, 2, 3])
    const large = Uint8Array.from(randomBytes(300_000))
    await writeAtomic(path, large)
    expect(Buffer.from(await readBytes(path)).equals(large)).toBe(true)
    await writeAtomic(path, new Uint8Array(0))
    expect(await readBytes(path)).toEqual(new Uint8Array(0))
    expect(await fs.readdir(folder)).toEqual(['weights.safetensors'])
  })

  it('writes the part of a buffer that it is given', async () => {
    const path = join(folder, 'part')
    await writeAtomic(path, Uint8Array.of(1, 2, 3, 4).subarray(1, 3))
    expect([...(await readBytes(path))]).toEqual([2, 3])
  })

  it('keeps the permissions of the old file and follows a link to it', async () => {
    const path = join(folder, 'file')
    const link = join(folder, 'link')
    await fs.writeFile(path, 'old')
    await fs.chmod(path, 0o640)
    await fs.symlink(path, link)
    await writeAtomic(link, Uint8Array.of(7))
    expect([...(await readBytes(path))]).toEqual([7])
    expect((await fs.lstat(link)).isSymbolicLink()).toBe(true)
    expect((await fs.stat(path)).mode & 0o777).toBe(0o640)
  })

  it.each([
    ['open wx', 'EROFS', 'must lie on a disk that can be written, got a read-only file system'],
    ['open wx', 'EACCES', 'must be open to this user, got permission denied'],
    ['open r+', 'EACCES', 'must be open to this user, got permission denied'],
    ['write', 'ENOSPC', 'needs space on its disk, got a full disk'],
    ['write', 'EDQUOT', 'needs space within the quota, got a quota used up'],
    ['sync', 'EIO', 'must be accessible, got error EIO'],
    ['rename', 'EPERM', 'must be open to this user, got an operation that is not permitted'],
  ])('that fails at %s with %s leaves the old file and no other', async (step, code, expected) => {
    const path = join(folder, 'model')
    await fs.writeFile(path, 'the old model')
    Object.assign(fault, { step, code })
    expect(await message(() => writeAtomic(path, new Uint8Array(1000)))).toBe(
      `writeAtomic: '${path}' ${expected}`,
    )
    fault.step = ''
    expect(await fs.readFile(path, 'utf8')).toBe('the old model')
    expect(await fs.readdir(folder)).toEqual(['model'])
    await writeAtomic(path, Uint8Array.of(1))
    expect((await readBytes(path)).length).toBe(1)
  })

  it('refuses a folder, a missing folder, a file for a folder, a device and a name too long', async () => {
    await fs.writeFile(join(folder, 'plain'), '')
    const bytes = Uint8Array.of(1)
    const at = (path: string): Promise<string> => message(() => writeAtomic(path, bytes))
    expect(await at(folder)).toContain('must be a file or not exist, got a folder')
    expect(await at(join(folder, 'none', 'x'))).toContain(
      'must name a place that exists, got no such',
    )
    expect(await at(join(folder, 'plain', 'x'))).toContain('got a file where a folder should be')
    expect(await at('/dev/null')).toContain(
      'must be a file or not exist, got a device, pipe or socket',
    )
    expect(await at(join(folder, 'n'.repeat(300)))).toContain('must have a shorter name')
    expect(await fs.readdir(folder)).toEqual(['plain'])
  })

  it('refuses a read-only file and a read-only folder', async () => {
    const path = join(folder, 'model')
    await fs.writeFile(path, 'old')
    await fs.chmod(path, 0o444)
    await asPlainUser(async () => {
      expect(await message(() => writeAtomic(path, Uint8Array.of(1)))).toContain(
        'permission denied',
      )
    })
    await fs.chmod(folder, 0o555)
    await asPlainUser(async () => {
      const other = join(folder, 'other')
      expect(await message(() => writeAtomic(other, Uint8Array.of(1)))).toContain(
        'permission denied',
      )
    })
    await fs.chmod(folder, 0o755)
    expect(await fs.readFile(path, 'utf8')).toBe('old')
    expect(await fs.readdir(folder)).toEqual(['model'])
  })
})

describe('readBytes', () => {
  it('refuses what is missing, a folder, a device, too long, or an unknown option', async () => {
    const path = join(folder, 'file')
    await fs.writeFile(path, 'four')
    expect(await message(() => readBytes(join(folder, 'none')))).toBe(
      `readBytes: '${folder}/none' must name a place that exists, got no such file or folder`,
    )
    expect(await message(() => readBytes(folder))).toBe(
      `readBytes: '${folder}' must be a file, got a folder`,
    )
    expect(await message(() => readBytes('/dev/zero'))).toContain('got a device, pipe or socket')
    expect(await message(() => readBytes(path, { limit: 3 }))).toContain(
      'must be at most 3 bytes long, got 4 bytes',
    )
    expect((await readBytes(path, { limit: 4 })).length).toBe(4)
    expect(await message(() => readBytes(path, { limits: 3 } as never))).toContain(
      "did you mean 'limit'?",
    )
  })
})

describe('gzip', () => {
  const text = new TextEncoder().encode('digits '.repeat(5000))

  it('is unpacked where there is one and left where there is none', async () => {
    await fs.writeFile(join(folder, 'packed'), gzipSync(text))
    await fs.writeFile(join(folder, 'plain'), text)
    for (const name of ['packed', 'plain'])
      expect(Buffer.from(await readMaybeGzip(join(folder, name))).equals(text)).toBe(true)
  })

  it('is unpacked whole over many pieces', async () => {
    const noise = Uint8Array.from(randomBytes(500_000))
    const content = await gunzip(gzipSync(noise), { limit: noise.length })
    expect(Buffer.from(content).equals(noise)).toBe(true)
    expect((await gunzip(gzipSync(new Uint8Array(0)), { limit: 0 })).length).toBe(0)
  })

  it('that would unpack beyond the limit is refused before it does', async () => {
    const bomb = gzipSync(new Uint8Array(200_000_000), { level: 9 })
    expect(bomb.length).toBeLessThan(300_000)
    const before = process.memoryUsage().arrayBuffers
    await fs.writeFile(join(folder, 'bomb'), bomb)
    expect(await message(() => readMaybeGzip(join(folder, 'bomb'), { limit: 1_000_000 }))).toBe(
      `gunzip: '${folder}/bomb' must unpack to at most 1000000 bytes, got more`,
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
    expect(await message(() => gunzip(gzipSync(text), { limit: text.length - 1 }))).toContain(
      'got more',
    )
    expect((await gunzip(gzipSync(text), { limit: text.length })).length).toBe(text.length)
  })

  it('that is cut at any length or damaged is refused', async () => {
    const packed = gzipSync(text)
    for (let length = 2; length < packed.length; length++)
      expect(await message(() => gunzip(packed.subarray(0, length), { limit: 1e6 }))).toContain(
        'must be whole and undamaged gzip',
      )
    for (const at of [2, 20, packed.length - 6, packed.length - 1]) {
      const damaged = Uint8Array.from(packed)
      damaged[at]! ^= 0x55
      expect(await message(() => gunzip(damaged, { limit: 1e6 }))).toContain('gzip')
    }
  })
})
