// Early stopping: when it ends, what it goes back to, and that checkpoints keep both.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  abs,
  accuracy,
  crossEntropy,
  type Dataset,
  ema,
  type FitOptions,
  fit,
  fromArrays,
  nn,
  setEngine,
  sgd,
  sub,
  sum,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readEarlyStopping } from '../../src/train/earlyStopping.ts'
import { bumpNet, bumps } from '../support/training.ts'

afterAll(() => setEngine('wasm'))
beforeEach(() => setEngine('reference'))

/** The only weight goes down by 1 a step, from 5; the validation loss is its distance from 2. */
const line = (): nn.Linear => {
  const net = nn.linear(1, 1, { bias: false })
  net.weight.assign(tensor([[5]]))
  return net
}
const one: Dataset = fromArrays({
  x: { data: Float32Array.of(1), shape: [1, 1] },
  target: Float32Array.of(0),
})
const two: Dataset = fromArrays({
  x: { data: Float32Array.of(1), shape: [1, 1] },
  target: Float32Array.of(2),
})
/** The distance of the output from the target, of slope 1 above it. */
const loss = (output: Tensor, target: Tensor): Tensor => sum(abs(sub(output, target)))

const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  loss,
  optimizer: sgd({ learningRate: 1 }),
  epochs: 20,
  validation: two,
  earlyStopping: { patience: 2 },
  ...more,
})

describe('early stopping', () => {
  it('ends after more than patience epochs without improvement, at the best weights', async () => {
    const net = line()
    const history = await fit(net, one, options())
    // Weights after epochs 1, 2, …: 4, 3, 2, 1, 0, 0; distances 2, 1, 0, 1, 2, 2.
    expect(history.epochs.map(({ validation }) => validation!.loss)).toEqual([2, 1, 0, 1, 2, 2])
    expect(history).toMatchObject({
      stoppedEarly: true,
      interrupted: false,
      best: { epoch: 3, value: 0 },
    })
    expect(await net.weight.array()).toEqual([[2]])
  })

  it('leaves the last weights if asked', async () => {
    const net = line()
    const history = await fit(
      net,
      one,
      options({ earlyStopping: { patience: 0, restoreBest: false } }),
    )
    expect(history.epochs).toHaveLength(4)
    expect(await net.weight.array()).toEqual([[1]])
  })

  it('goes back to the best where the epochs ran out first', async () => {
    const net = line()
    const { stoppedEarly } = await fit(net, one, options({ epochs: 4 }))
    expect(stoppedEarly).toBe(false)
    expect(await net.weight.array()).toEqual([[2]])
  })

  it('watches a metric that should rise, and counts only what passes minDelta', () => {
    const watch = readEarlyStopping(
      { patience: 1, metric: 'accuracy', mode: 'max', minDelta: 0.1 },
      ['accuracy'],
    )
    let state = watch.initial
    const seen: boolean[] = []
    for (const [at, value] of [0.5, 0.55, 0.7, 0.75, Number.NaN].entries()) {
      state = watch.observe(state, at + 1, { accuracy: value })
      seen.push(watch.isOver(state))
    }
    expect(state).toEqual({ best: 0.7, bestEpoch: 3, badEpochs: 2 })
    expect(seen).toEqual([false, false, false, false, true])
  })

  it('watches training where there is no validation', async () => {
    const { epochs } = await fit(bumpNet(), bumps(16), {
      loss: crossEntropy,
      optimizer: sgd({ learningRate: 0 }),
      epochs: 9,
      metrics: { accuracy: accuracy() },
      earlyStopping: { patience: 1, metric: 'accuracy', mode: 'max', minDelta: 1 },
    })
    expect(epochs).toHaveLength(3)
  })

  it('goes back to the average as well', async () => {
    const net = line()
    const average = ema({ decay: 0 })
    await fit(net, one, options({ average }))
    expect(await net.weight.array()).toEqual([[2]])
    expect(await average.stateDict().weight!.array()).toEqual([[2]])
  })

  it('goes on from a checkpoint: the watch and the best weights with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'striate-'))
    try {
      const checkpoint = { path: join(folder, 'last.safetensors') }
      const whole = await fit(line(), one, options())
      const controller = new AbortController()
      const stopped = await fit(
        line(),
        one,
        options({
          checkpoint,
          signal: controller.signal,
          onEpoch: ({ epoch }) => (epoch === 4 ? controller.abort() : undefined),
        }),
      )
      expect(stopped).toMatchObject({ interrupted: true, stoppedEarly: false })
      const net = line()
      const resumed = await fit(net, one, options({ checkpoint, resume: true }))
      expect(resumed).toEqual(whole)
      expect(await net.weight.array()).toEqual([[2]])
      // One that is over is over when it is resumed.
      const again = line()
      expect(await fit(again, one, options({ checkpoint, resume: true }))).toEqual(whole)
      expect(await again.weight.array()).toEqual([[2]])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses what it cannot watch', async () => {
    const attempt = (earlyStopping: NonNullable<FitOptions['earlyStopping']>): Promise<unknown> =>
      fit(line(), one, options({ earlyStopping, metrics: { accuracy: accuracy() } as never }))
    await expect(attempt({ patience: -1 })).rejects.toThrow(
      'fit: earlyStopping: patience must be a whole number of at least 0, got -1',
    )
    await expect(attempt({ patience: 1, metric: 'acc' })).rejects.toThrow(
      "metric must be one of 'loss', 'accuracy', got 'acc'",
    )
    await expect(attempt({ patience: 1, metric: 'accuracy' })).rejects.toThrow(
      "mode must be 'min' or 'max' for 'accuracy', got undefined",
    )
  })
})
