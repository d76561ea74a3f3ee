// Files that cannot be written or read are found before the training begins, and nothing is left behind.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  executable,
  hasUnprivileged,
  inFolder,
  smallTraining,
  striate,
} from '../support/command.ts'

describe('--output and --checkpoint', () => {
  it.each([
    ['--output', 'missing/net.safetensors', 'no such file or folder'],
    ['--checkpoint', 'missing/net.checkpoint', 'no such file or folder'],
    ['--output', 'folder', 'a folder'],
    ['--output', 'file/net.safetensors', 'a file where a folder should be'],
    ['--output', '/dev/null', 'a device, pipe or socket'],
  ])('%s %s', (option, path, got) =>
    inFolder(async (cwd) => {
      mkdirSync(join(cwd, 'folder'))
      writeFileSync(join(cwd, 'file'), '')
      const { status, stdout, stderr } = await striate([...smallTraining, option, path], { cwd })
      expect(stderr).toContain(`striate: train: ${option} '${path}' `)
      expect(stderr).toContain(got)
      expect([status, stdout]).toEqual([1, ''])
      expect(readdirSync(cwd).sort()).toEqual(['file', 'folder'])
    }),
  )

  it.skipIf(!hasUnprivileged)('a folder that may not be written', () =>
    inFolder(async (cwd) => {
      const folder = join(cwd, 'locked')
      mkdirSync(folder)
      chmodSync(cwd, 0o755)
      chmodSync(folder, 0o555)
      const words = [...smallTraining, '--output', join(folder, 'net.safetensors')]
      const { status, stdout, stderr } = await striate(words, { cwd, unprivileged: true })
      expect(stderr).toContain('permission denied')
      expect([status, stdout]).toEqual([1, ''])
    }),
  )

  it.skipIf(!hasUnprivileged)('a file that is read-only', () =>
    inFolder(async (cwd) => {
      chmodSync(cwd, 0o777)
      writeFileSync(join(cwd, 'net.safetensors'), 'precious', { mode: 0o444 })
      const words = [...smallTraining, '--output', 'net.safetensors']
      const { status, stderr } = await striate(words, { cwd, unprivileged: true })
      expect(stderr).toContain('a read-only file')
      expect(status).toBe(1)
      expect(readdirSync(cwd)).toEqual(['net.safetensors'])
    }),
  )

  it.skipIf(process.platform === 'win32')('a disk without room for the weights', () =>
    inFolder(async (cwd) => {
      // In POSIX shells the limit counts blocks of 512 bytes: half of what the weights take.
      const line = 'ulimit -f 240 && exec "$0" "$@"'
      const words = ['-c', line, process.execPath, executable, ...smallTraining]
      const { status, stdout, stderr } = spawnSync('sh', words, { cwd, encoding: 'utf8' })
      expect(stderr).toContain("striate: train: --output 'lenet5.safetensors' ")
      expect([status, stdout]).toEqual([1, ''])
      expect(readdirSync(cwd)).toEqual([])
    }),
  )
})

/** An IDX file of bytes. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length))
  header.setUint32(0, 0x0800 + shape.length)
  for (const [axis, size] of shape.entries()) header.setUint32(4 + 4 * axis, size)
  return Buffer.concat([new Uint8Array(header.buffer), data])
}

function writeDigits(folder: string, part: string, count: number, size: number): void {
  const images = idx(
    [count, size, size],
    new Uint8Array(count * size * size).map((_, at) => at % 251),
  )
  const labels = idx(
    [count],
    new Uint8Array(count).map((_, at) => at % 10),
  )
  writeFileSync(join(folder, `${part}-images-idx3-ubyte.gz`), gzipSync(images))
  writeFileSync(join(folder, `${part}-labels-idx1-ubyte.gz`), gzipSync(labels))
}

describe('--data folder', () => {
  const training = [...smallTraining, '--data', '.']

  it('reads the four files of MNIST', () =>
    inFolder(async (cwd) => {
      writeDigits(cwd, 'train', 32, 28)
      writeDigits(cwd, 't10k', 10, 28)
      const { status, stdout, stderr } = await striate([...training, '--json'], { cwd })
      expect([status, stderr.includes('striate:')]).toEqual([0, false])
      expect(JSON.parse(stdout).data).toEqual({ source: '.', train: 32, test: 10 })
    }))

  it('says which file is missing', () =>
    inFolder(async (cwd) => {
      writeDigits(cwd, 'train', 32, 28)
      const { status, stderr } = await striate(training, { cwd })
      expect(stderr).toContain('striate: train: --data must hold t10k-images-idx3-ubyte.gz')
      expect(status).toBe(1)
    }))

  it('says which size the pictures must have', () =>
    inFolder(async (cwd) => {
      writeDigits(cwd, 'train', 32, 12)
      writeDigits(cwd, 't10k', 10, 12)
      const { stderr } = await striate(training, { cwd })
      expect(stderr).toContain('must be pictures of 28 x 28 for lenet5, got 12 x 12')
    }))

  it('says what is wrong with a damaged or a mistaken file', () =>
    inFolder(async (cwd) => {
      writeDigits(cwd, 'train', 32, 28)
      writeDigits(cwd, 't10k', 10, 28)
      const labels = join(cwd, 'train-labels-idx1-ubyte.gz')
      writeFileSync(labels, gzipSync(idx([31], new Uint8Array(31))))
      expect((await striate(training, { cwd })).stderr).toContain('a label for each of 32 pictures')
      writeFileSync(labels, gzipSync(idx([32], new Uint8Array(32).fill(11))))
      expect((await striate(training, { cwd })).stderr).toContain('must have labels 0 to 9, got 11')
      writeFileSync(labels, gzipSync(idx([32], new Uint8Array(20))))
      expect((await striate(training, { cwd })).stderr).toContain('decodeIdx: byte 8')
      writeFileSync(labels, gzipSync(idx([32], new Uint8Array(32))).subarray(0, 20))
      const { status, stdout, stderr } = await striate(training, { cwd })
      expect(stderr).not.toContain('(unexpected')
      expect([status, stdout]).toEqual([1, ''])
    }))
})
