// Resuming with other settings: refused with all that differs, or accepted where it can be.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  accuracy,
  adam,
  crossEntropy,
  ema,
  type FitOptions,
  fit,
  type History,
  schedules,
  setEngine,
  sgd,
  type Tensor,
} from 'striate'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bumpNet, bumps } from '../support/training.ts'

let folder: string
let path: string

beforeEach(async () => {
  setEngine('reference')
  folder = await mkdtemp(join(tmpdir(), 'striate-'))
  path = join(folder, 'last.safetensors')
})
afterEach(() => rm(folder, { recursive: true }))
afterAll(() => setEngine('wasm'))

const loss = (output: Tensor, target: Tensor): Tensor => crossEntropy(output, target)

function run(more: Partial<FitOptions> = {}, stopAfter?: number): Promise<History> {
  const controller = new AbortController()
  return fit(bumpNet(), bumps(40), {
    loss,
    optimizer: adam({ learningRate: 0.02, betas: [0.8, 0.9] }),
    schedule: schedules.cosine({ total: 20 }),
    epochs: 2,
    batchSize: 8,
    checkpoint: { path },
    signal: controller.signal,
    onBatch: ({ step }) => (step === stopAfter ? controller.abort() : undefined),
    ...more,
  })
}

describe('a resume with other settings', () => {
  it('is refused, and says all that differs', async () => {
    await run({}, 3)
    const other = {
      resume: true,
      optimizer: adam({ learningRate: 0.01, betas: [0.8, 0.95] }),
      schedule: schedules.cosine({ total: 30 }),
      clipNorm: 1,
    }
    await expect(run(other)).rejects.toThrow(
      'optimizer.learningRate must be 0.02, as when the checkpoint was written, got 0.01; ' +
        "optimizer.betas was '0.8, 0.9' and is '0.8, 0.95', schedule.total was 20 and is 30, clipNorm was null and is 1",
    )
  })

  const cases: [string, Partial<FitOptions>, RegExp][] = [
    [
      'weight decay',
      { optimizer: adam({ learningRate: 0.02, betas: [0.8, 0.9], weightDecay: 0.1 }) },
      /optimizer\.weightDecay must be 0/,
    ],
    [
      'a group',
      {
        optimizer: adam({
          learningRate: 0.02,
          betas: [0.8, 0.9],
          groups: [{ match: /bias/, learningRate: 1 }],
        }),
      },
      /optimizer\.groups/,
    ],
    [
      'an average',
      { average: ema() },
      /average must be 'none', as when the checkpoint was written, got 'ema'/,
    ],
    ['early stopping', { earlyStopping: { patience: 1 } }, /earlyStopping must be false/],
    [
      'losses by name',
      { loss: { a: loss } },
      /loss\.a must be undefined.*losses was '' and is 'a'/,
    ],
    [
      'sampling',
      { sampling: { weights: new Float32Array(40).fill(1) } },
      /sampling must be 'none'/,
    ],
    ['the parts of a batch', { accumulate: 2 }, /accumulate must be 1/],
  ]
  for (const [title, more, message] of cases)
    it(`is refused for ${title}`, async () => {
      await run({}, 3)
      await expect(run({ ...more, resume: true })).rejects.toThrow(message)
    })

  it('is refused where other parameters are frozen', async () => {
    await run({ optimizer: sgd() }, 3)
    const net = bumpNet().freeze('0')
    const options = { loss, optimizer: sgd(), epochs: 2, batchSize: 8, resume: path }
    const schedule = schedules.cosine({ total: 20 })
    await expect(fit(net, bumps(40), { ...options, schedule })).rejects.toThrow(
      /frozen must be 0.*got 2/,
    )
  })

  it('goes on where what differs is accepted', async () => {
    await run({}, 3)
    const optimizer = adam({ learningRate: 0.01, betas: [0.8, 0.95] })
    const rates: number[] = []
    const more = {
      optimizer,
      onBatch: ({ learningRate }: { learningRate: number }) => void rates.push(learningRate),
    }
    await expect(run({ ...more, resume: { accept: ['optimizer.learningRate'] } })).rejects.toThrow(
      /optimizer\.betas must be/,
    )
    const { steps } = await run({ ...more, resume: { accept: ['optimizer'] } })
    expect(steps).toBe(10)
    expect(rates).toHaveLength(7)
    expect(rates[0]).toBeCloseTo((0.01 * (1 + Math.cos((Math.PI * 3) / 20))) / 2, 12)
  })

  it('takes what is new between two epochs, but not within one', async () => {
    await run({}, 3)
    const metrics = { accuracy: accuracy() } as never
    const accept = { resume: { accept: true as const } }
    await expect(run({ metrics, ...accept })).rejects.toThrow(
      "metrics can change only between two epochs, got 'accuracy'; the checkpoint was written within one",
    )
    await expect(run({ batchSize: 4, ...accept })).rejects.toThrow('batchSize can change only')
    await run({ epochs: 1 })
    const average = ema({ decay: 0.5 })
    const { epochs } = await run({
      metrics,
      batchSize: 4,
      average,
      earlyStopping: { patience: 9 },
      ...accept,
    })
    expect(epochs.map((record) => 'accuracy' in record)).toEqual([false, true])
    expect(average.updates).toBe(10)
  })

  it('takes a path and names that do not differ, and refuses options that are none', async () => {
    await run({}, 3)
    await expect(run({ resume: { accept: 3 as never } })).rejects.toThrow(
      'fit: resume.accept must be true or a list of names of settings, got 3',
    )
    await expect(run({ resume: { file: path } as never })).rejects.toThrow(
      "option 'file' is unknown",
    )
    expect((await run({ resume: { path, accept: ['nothing'] } })).steps).toBe(10)
  })
})
