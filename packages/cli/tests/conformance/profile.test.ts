// striate profile: a table by layer, a trace that a browser can open, a training step, and the threads it is told.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inFolder, smallTraining, striate } from '../support/command.ts'

const quick = ['profile', 'lenet5', '--runs', '2']

interface Layer {
  readonly layer: string
  readonly milliseconds: number
  readonly multiplyAdds: number
}

describe('striate profile', () => {
  it('prints time, share, speeds and kernel of each layer', async () => {
    const { status, stdout, stderr } = await striate(quick)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('lenet5 on 1x1x28x28')
    expect(stdout).toMatch(/layer .*kernel .*ms +share +GFLOP\/s +GB\/s/)
    expect(stdout).toMatch(/^0 .*\d\.\d{3} +\d+\.\d % +\d+\.\d +\d+\.\d$/m)
    expect(stdout).toContain('416,520 multiply-adds')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  it('takes a batch, an input shape and threads', async () => {
    const options = ['--batch', '3', '--input', '1x28x28', '--threads', '1', '--json']
    const { stdout } = await striate([...quick, ...options])
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'lenet5',
      input: [3, 1, 28, 28],
      train: false,
      trace: null,
      threads: 1,
      runs: 2,
      totals: { multiplyAdds: 3 * 416_520 },
    })
  })

  it('measures a training step', async () => {
    const { stdout } = await striate([...quick, '--train', '--json'])
    const { train, layers, totals } = JSON.parse(stdout)
    const names = layers.map(({ layer }: Layer) => layer)
    expect(train).toBe(true)
    expect(names).toEqual(expect.arrayContaining(['0 + 1', 'gradient of 0', 'optimizer']))
    // Each layer's weight gradient costs what it cost, and so do input gradients but the first.
    expect(totals.multiplyAdds).toBeGreaterThan(2 * 416_520)
    for (const { milliseconds } of layers as Layer[]) expect(milliseconds).toBeGreaterThan(0)
  })

  it('writes a trace, in the place of an older one', () =>
    inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a.json'), 'older')
      const { status, stdout } = await striate([...quick, '--trace', 'a.json'], { cwd })
      expect(status).toBe(0)
      expect(stdout).toContain('trace of one run: a.json')
      expect(readdirSync(cwd)).toEqual(['a.json'])
      const { traceEvents } = JSON.parse(readFileSync(join(cwd, 'a.json'), 'utf8'))
      const steps = traceEvents.filter(({ cat }: { cat?: string }) => cat === 'step')
      expect(steps.length).toBeGreaterThan(8)
      expect(steps[0]).toMatchObject({ ph: 'X', ts: 0, args: { layer: '0 + 1' } })
    }))

  it.each([
    ['missing/a.json', 'no such file or folder'],
    ['.', 'a folder'],
  ])('finds before the work that --trace %s cannot be written', (path, got) =>
    inFolder(async (cwd) => {
      const { status, stdout, stderr } = await striate([...quick, '--trace', path], { cwd })
      expect(stderr).toContain('striate: profile: --trace ')
      expect(stderr).toContain(got)
      expect([status, stdout]).toEqual([1, ''])
      expect(readdirSync(cwd)).toEqual([])
    }),
  )
})

describe('--threads', () => {
  const debug = { environment: { STRIATE_DEBUG: 'plan', STRIATE_THREADS: '3' } }

  it('striate train trains on so many', () =>
    inFolder(async (cwd) => {
      const words = [...smallTraining, '--epochs', '1']
      const told = await striate([...words, '--threads', '2'], { cwd, ...debug })
      expect(told.stderr).toContain('striate plan for 2 threads')
      expect(told.stderr).not.toContain('striate plan for 3 threads')
      const untold = await striate(words, { cwd, ...debug })
      expect(untold.stderr).toContain('striate plan for 3 threads')
    }))

  it.each(['train', 'profile'])('striate %s refuses what is no number of threads', async (name) => {
    const none = await striate([name, 'lenet5', '--threads', '0'])
    expect(none.stderr).toContain(
      `striate: ${name}: --threads must be a whole number of at least 1`,
    )
    expect([none.status, none.stdout]).toEqual([2, ''])
    const many = await striate([name, 'lenet5', '--threads', '1000'])
    expect(many.stderr).toContain('setThreads: count must be a whole number from 1 to 64, got 1000')
    expect(many.status).toBe(1)
  })
})
