// Run folders: what a training leaves in one, how it is read, and that neither a stop nor a kill loses anything.
import { spawn } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  accuracy,
  adam,
  confusionMatrix,
  crossEntropy,
  type FitOptions,
  fit,
  type History,
  listRuns,
  load,
  noteInRun,
  readRun,
  setEngine,
  type Tensor,
} from 'striate'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEvents } from '../support/eventReader.ts'
import { bumpNet, bumps } from '../support/training.ts'

let folder: string
let run: string
beforeEach(async () => {
  setEngine('reference')
  folder = await mkdtemp(join(tmpdir(), 'striate-'))
  run = join(folder, 'runs', 'first')
})
afterEach(() => rm(folder, { recursive: true }))
afterAll(() => setEngine('wasm'))

const loss = (output: Tensor, target: Tensor): Tensor => crossEntropy(output, target)
const metrics = { accuracy: accuracy(), confusion: confusionMatrix(3) }

function train(
  more: Partial<FitOptions<typeof metrics>> = {},
  stopAfter?: number,
): Promise<History<typeof metrics>> {
  const controller = new AbortController()
  return fit(bumpNet(), bumps(40), {
    loss,
    optimizer: adam({ learningRate: 0.02 }),
    epochs: 3,
    batchSize: 8,
    metrics,
    validation: bumps(12, 2),
    run,
    signal: controller.signal,
    onBatch: ({ step }) => (step === stopAfter ? controller.abort() : undefined),
    ...more,
  })
}

async function eventsOf(path: string): Promise<ReturnType<typeof readEvents>> {
  const names = (await readdir(path)).filter((name) => name.includes('tfevents')).sort()
  const files = await Promise.all(names.map((name) => readFile(join(path, name))))
  return files.flatMap((bytes) => readEvents(bytes))
}

describe('a run folder', () => {
  it('holds the settings, the figures, the checkpoint and events', async () => {
    const { epochs } = await train({
      run: { folder: run, config: { idea: 'try it' }, network: 'bumps' },
    })
    expect((await readdir(run)).sort().map((name) => name.replace(/\d.*/, '…'))).toEqual([
      'checkpoints',
      'config.json',
      'events.out.tfevents.…',
      'metrics.jsonl',
    ])
    const config = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'))
    expect(config).toMatchObject({
      format: 'striate.run/1',
      network: 'bumps',
      parameters: 28 + 8 + 99,
      trained: 135,
      epochs: 3,
      batches: 5,
      engine: 'reference',
      config: { idea: 'try it' },
    })
    expect(config.settings).toMatchObject({
      optimizer: 'adam',
      'optimizer.learningRate': 0.02,
      'optimizer.betas': '0.9, 0.999',
      batchSize: 8,
      seed: 0,
    })
    const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')
    const parsed = lines.map((line) => JSON.parse(line))
    expect(parsed.map(({ kind }) => kind).join(' ')).toBe(
      `${'step step step step step epoch '.repeat(3)}end`,
    )
    const [epoch] = parsed.filter(({ kind }) => kind === 'epoch')
    expect(epoch).toMatchObject({ ...epochs[0], step: 5 })
    await load(bumpNet(99), join(run, 'checkpoints', 'last.safetensors'))
  })

  it('has the figures of every step and epoch for TensorBoard', async () => {
    const { epochs } = await train({ run: { folder: run, histograms: true } })
    const values = (await eventsOf(run)).flatMap(({ step, values: all }) =>
      all.map((value) => ({ step, ...value })),
    )
    const series = (tag: string) => values.filter((value) => value.tag === tag)
    expect(series('batch/loss').map(({ step }) => step)).toEqual(
      Array.from({ length: 15 }, (_, at) => at + 1),
    )
    expect(series('train/accuracy').map(({ scalar }) => scalar)).toEqual(
      epochs.map((record) => Math.fround(record.accuracy)),
    )
    expect(series('validation/loss').map(({ step, scalar }) => [step, scalar])).toEqual(
      epochs.map(({ epoch, validation }) => [5 * epoch, Math.fround(validation!.loss)]),
    )
    // A matrix is no scalar; it stands in the metrics file.
    expect(values.some(({ tag }) => tag.includes('confusion'))).toBe(false)
    expect(series('weights/0.weight')).toHaveLength(3)
    expect(series('weights/0.weight')[0]!.histogram!.count).toBe(24)
  })

  it('can record every few steps', async () => {
    await train({ run: { folder: run, every: 4 } })
    expect((await readRun(run)).steps.map(({ step }) => step)).toEqual([4, 8, 12])
  })

  it('is read, also while it is written, and takes notes', async () => {
    const seen: unknown[] = []
    await train({
      onEpoch: async ({ epoch }) => {
        const { status, epochs } = await readRun(run)
        seen.push([status, epochs.length, epoch])
      },
    })
    expect(seen).toEqual([1, 2, 3].map((epoch) => ['open', epoch, epoch]))
    await noteInRun(run, 'test', { accuracy: 0.9 })
    const read = await readRun(`${run}/`)
    expect(read).toMatchObject({ name: 'first', status: 'finished' })
    expect(read.notes).toEqual([{ kind: 'note', name: 'test', values: { accuracy: 0.9 } }])
    expect(read.seconds).toBeGreaterThan(0)
    expect(read.epochs.at(-1)!.seconds).toBeLessThanOrEqual(read.seconds)
  })

  it('is one of those below a folder, by their beginning', async () => {
    await train({ epochs: 1 })
    await train({ epochs: 1, run: join(folder, 'runs', 'another') })
    await mkdir(join(folder, 'runs', 'empty'))
    await writeFile(join(folder, 'runs', 'file'), '')
    expect((await listRuns(join(folder, 'runs'))).map(({ name }) => name)).toEqual([
      'first',
      'another',
    ])
    await expect(listRuns(join(folder, 'nowhere'))).rejects.toThrow('listRuns: ')
  })
})

describe('a run that goes on', () => {
  it('after a stop is what it would have been, save the time', async () => {
    const whole = join(folder, 'whole')
    await train({ run: whole })
    await train({}, 7)
    expect((await readRun(run)).status).toBe('interrupted')
    await train({ resume: true })
    const [a, b] = [await readRun(whole), await readRun(run)]
    const timeless = (lines: readonly { seconds: number }[]) =>
      lines.map(({ seconds: _, ...rest }) => rest)
    expect(timeless(b.steps)).toEqual(timeless(a.steps))
    expect(timeless(b.epochs)).toEqual(timeless(a.epochs))
    expect(b.status).toBe('finished')
    const seconds = [...b.steps, ...b.epochs].map((line) => line.seconds)
    expect(Math.min(...seconds)).toBe(b.steps[0]!.seconds)
    expect((await eventsOf(run)).filter(({ session }) => session).map(({ step }) => step)).toEqual([
      8,
    ])
    const [one, two] = await Promise.all(
      [whole, run].map((each) => readFile(join(each, 'checkpoints', 'last.safetensors'))),
    )
    expect(two!.equals(one!)).toBe(true)
  })

  it('after a crash takes back what its checkpoint does not know', async () => {
    const crash = train({
      onBatch: ({ step }) => {
        if (step === 8) throw new Error('the power went')
      },
    })
    await expect(crash).rejects.toThrow('the power went')
    // A line that was cut off, as by a kill.
    await appendFile(join(run, 'metrics.jsonl'), '{"kind":"step","step":9,"lo')
    expect((await readRun(run)).steps).toHaveLength(8)
    const steps: number[] = []
    await train({ resume: true, onBatch: ({ step }) => void steps.push(step) })
    expect(steps[0]).toBe(6)
    const { steps: recorded, epochs } = await readRun(run)
    expect(recorded.map(({ step }) => step)).toEqual(Array.from({ length: 15 }, (_, at) => at + 1))
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
  })

  it('survives a kill at any moment', async () => {
    const script = `
      import { adam, crossEntropy, fit, setEngine } from ${JSON.stringify(fileURLToPath(new URL('../../src/index.ts', import.meta.url)))}
      import { bumpNet, bumps } from ${JSON.stringify(fileURLToPath(new URL('../support/training.ts', import.meta.url)))}
      setEngine('reference')
      const onBatch = ({ step }) => console.log('step', step)
      const options = { loss: (o, t) => crossEntropy(o, t), optimizer: adam(), epochs: 10000, batchSize: 8, onBatch }
      await fit(bumpNet(), bumps(40), { ...options, run: ${JSON.stringify(run)} })
    `
    const file = join(folder, 'train.mts')
    await writeFile(file, script)
    const cwd = fileURLToPath(new URL('../../../../', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', file], { cwd })
    let printed = ''
    child.stderr.on('data', (text) => {
      printed += text
    })
    const closed = new Promise((resolve) => child.on('close', resolve))
    child.stdout.on('data', (text) => {
      printed += text
      if (printed.includes('step 42')) child.kill('SIGKILL')
    })
    await closed
    expect(printed).toContain('step 42')
    const { steps, epochs, status } = await readRun(run)
    expect(status).toBe('open')
    expect(steps.length).toBeGreaterThanOrEqual(42)
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, at) => at + 1))
    // The kill may have come between the last step of an epoch and its record.
    expect([Math.floor((steps.length - 1) / 5), Math.floor(steps.length / 5)]).toContain(
      epochs.length,
    )
    await load(bumpNet(99), join(run, 'checkpoints', 'last.safetensors'))
    const scalars = (await eventsOf(run)).flatMap(({ values }) => values)
    expect(scalars.filter(({ tag }) => tag === 'batch/loss').length).toBeGreaterThanOrEqual(42)
  })

  it('keeps the settings of its first beginning in time', async () => {
    await train({}, 3)
    const before = (await readRun(run)).config
    await train({ resume: true, epochs: 4 })
    const after = (await readRun(run)).config
    expect(after.started).toBe(before.started)
    expect([before.epochs, after.epochs]).toEqual([3, 4])
  })
})

describe('a training that was killed before its first checkpoint', () => {
  const checkpoint = (): string => join(run, 'checkpoints', 'last.safetensors')

  /** Ends in the first epoch, as a kill does: with what was recorded, and without a checkpoint. */
  async function killed(): Promise<void> {
    await train({}, 3)
    await rm(checkpoint())
  }

  it('is begun again by resuming, with the weights of one that was never stopped', async () => {
    await killed()
    expect((await readRun(run)).steps).toHaveLength(3)
    const again = await train({ resume: true })
    const { steps, epochs, status } = await readRun(run)
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 15 }, (_, at) => at + 1))
    expect([epochs.length, status]).toEqual([3, 'finished'])
    const whole = await train({ run: join(folder, 'whole') })
    expect(again.epochs).toEqual(whole.epochs)
    const [a, b] = [checkpoint(), join(folder, 'whole', 'checkpoints', 'last.safetensors')]
    expect((await readFile(a)).equals(await readFile(b))).toBe(true)
  })

  it('is refused without, and told how', async () => {
    await killed()
    await expect(train()).rejects.toThrow(
      /must be a new folder, got one that holds a run; it ended before its first checkpoint: resume: true begins it again/,
    )
    expect((await readRun(run)).steps).toHaveLength(3)
  })

  it('begins anew by itself where it had recorded nothing', async () => {
    await killed()
    await writeFile(join(run, 'metrics.jsonl'), '')
    await train()
    const { steps, status } = await readRun(run)
    expect([steps.length, status]).toEqual([15, 'finished'])
  })

  it('leaves a missing checkpoint of another name an error', async () => {
    await killed()
    await expect(train({ resume: join(folder, 'other.safetensors') })).rejects.toThrow(
      'other.safetensors',
    )
    await expect(train({ resume: true, run: join(folder, 'none') })).rejects.toThrow(
      'last.safetensors',
    )
  })
})

describe('wrong run folders', () => {
  it('are refused', async () => {
    await train({ epochs: 1 })
    await expect(train()).rejects.toThrow(
      /run '.*' must be a new folder, got one that holds a run; resume: true goes on with it/,
    )
    await expect(train({ run: { folder: '' } })).rejects.toThrow(
      "fit: run.folder must name a folder, got ''",
    )
    await expect(train({ run: { folder: run, every: 0 } })).rejects.toThrow(
      'run.every must be a whole number',
    )
    await expect(train({ run: { path: run } as never })).rejects.toThrow("option 'path' is unknown")
    await expect(train({ run: join(run, 'config.json') })).rejects.toThrow(/^fit: run '.*' must/)
    await expect(readRun(folder)).rejects.toThrow(
      'readRun: folder must be the folder of a run, with config.json',
    )
    await writeFile(join(run, 'config.json'), '{"format":"another"}')
    await expect(readRun(run)).rejects.toThrow('must be the configuration of a run (striate.run/1)')
    await expect(noteInRun(folder, 'a', {})).rejects.toThrow('must be the folder of a run')
  })
})
