// The training loop: what it learns, what it reports, and that the same seed gives the same bits.
import { setEngine, type Tensor, tensor } from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { linear } from '../../src/nn/layers/linear.ts'
import { crossEntropy, mse } from '../../src/ops/losses/index.ts'
import {
  accuracy,
  adam,
  type BatchProgress,
  confusionMatrix,
  type Dataset,
  evaluate,
  type FitOptions,
  fit,
  fromArrays,
  type GradientReducer,
  meanAbsoluteError,
  schedules,
  sgd,
  singleProcess,
  sumAlongTree,
  topKAccuracy,
} from '../../src/train/index.ts'
import { engines } from '../support/engines.ts'
import { allValues, bumpNet, bumps, spoiled } from '../support/training.ts'

const loss = (output: Tensor, target: Tensor): Tensor => crossEntropy(output, target)

afterAll(() => setEngine('wasm'))

for (const engine of engines) {
  describe(`fit on the ${engine} engine`, () => {
    beforeEach(() => setEngine(engine))

    it('learns, and reports every epoch', async () => {
      const net = bumpNet()
      const steps: BatchProgress[] = []
      const history = await fit(net, bumps(70), {
        loss,
        optimizer: adam({ learningRate: 0.01 }),
        epochs: 6,
        batchSize: 16,
        metrics: { accuracy: accuracy() },
        validation: bumps(40, 2),
        onBatch: (progress) => void steps.push(progress),
      })
      expect(history.interrupted).toBe(false)
      expect(history.steps).toBe(30)
      expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6])
      expect(steps.map(({ samples }) => samples).slice(0, 5)).toEqual([16, 16, 16, 16, 6])
      expect(steps.at(-1)).toMatchObject({ epoch: 6, epochs: 6, batch: 5, batches: 5, step: 30 })
      const last = history.epochs.at(-1)!
      expect(last.loss).toBeLessThan(history.epochs[0]!.loss / 2)
      expect(last.validation!.accuracy).toBeGreaterThan(0.9)
      // The mean over samples, not over batches.
      const weighted = steps.slice(25).reduce((sum, step) => sum + step.loss * step.samples, 0) / 70
      expect(last.loss).toBeCloseTo(weighted, 12)
      expect(net.training).toBe(false)
    })

    it('gives the same bits for the same seed, and others for another', async () => {
      const train = async (seed: number): Promise<Record<string, ArrayLike<number>>> => {
        const net = bumpNet()
        const optimizer = adam({ learningRate: 0.01 })
        await fit(net, bumps(40), { loss, optimizer, epochs: 2, batchSize: 16, seed })
        return allValues(net, optimizer)
      }
      const first = await train(7)
      expect(await train(7)).toEqual(first)
      expect((await train(8))['0.weight']).not.toEqual(first['0.weight'])
    })
  })
}

describe('the parts of a batch', () => {
  beforeEach(() => setEngine('reference'))

  /** One step of plain descent on a linear network in float64, so that means can be compared. */
  async function oneStep(
    options: Partial<FitOptions>,
    samples = 12,
  ): Promise<{ weight: ArrayLike<number>; loss: number }> {
    const net = linear(2, 1).to('float64')
    net.weight.assign(Float64Array.of(0.5, -0.25))
    net.bias!.assign(Float64Array.of(0.125))
    const data = Float64Array.from({ length: 2 * samples }, (_, at) => Math.sin(at))
    const target = {
      data: Float64Array.from({ length: samples }, (_, at) => Math.cos(at)),
      shape: [samples, 1],
    }
    const shape = [samples, 2]
    const dataset = fromArrays({ x: { data, shape }, target })
    const history = await fit(net, dataset, {
      loss: mse,
      optimizer: sgd({ learningRate: 0.1 }),
      epochs: 1,
      batchSize: samples,
      ...options,
    })
    return { weight: await net.weight.data(), loss: history.epochs[0]!.loss }
  }

  it('are weighted by their size: uneven shards give the mean of the batch', async () => {
    const whole = await oneStep({}, 11)
    const cut = await oneStep({ accumulate: 4 }, 11)
    expect(cut.loss).toBeCloseTo(whole.loss, 12)
    for (const at of [0, 1]) expect(cut.weight[at]).toBeCloseTo(whole.weight[at]!, 12)
  })

  it('may be more than the samples', async () => {
    const whole = await oneStep({}, 3)
    const cut = await oneStep({ accumulate: 8 }, 3)
    for (const at of [0, 1]) expect(cut.weight[at]).toBeCloseTo(whole.weight[at]!, 12)
  })

  it('come together through the reducer, in its order', async () => {
    const calls: number[][] = []
    const reducer: GradientReducer = {
      shards: singleProcess.shards,
      async reduce(parts, count) {
        calls.push([...parts.keys(), count])
        return singleProcess.reduce(parts, count)
      },
    }
    const plain = await oneStep({ accumulate: 3 })
    expect((await oneStep({ accumulate: 3, reducer })).weight).toEqual(plain.weight)
    expect(calls).toEqual([[0, 1, 2, 3]])
  })

  it('are added along one tree, whoever computed them', async () => {
    const parts = [1, 2 ** -30, 2 ** -31, -1, 3e-9].map((value) =>
      tensor(value, [], { dtype: 'float64' }),
    )
    const found = await sumAlongTree(parts).item()
    expect(found).toBe(1 + 2 ** -30 + (2 ** -31 - 1) + 3e-9)
    const sparse = await sumAlongTree([null, parts[1]!, null, parts[3]!, null]).item()
    expect(sparse).toBe(2 ** -30 - 1)
  })

  it('clips by norm and by value', async () => {
    const before = [0.5, -0.25]
    const free = await oneStep({})
    const gradient = before.map((value, at) => (value - free.weight[at]!) / 0.1)
    const cut = await oneStep({ clipValue: 0.01 })
    for (const at of [0, 1])
      expect(cut.weight[at]).toBeCloseTo(before[at]! - 0.1 * 0.01 * Math.sign(gradient[at]!), 12)
    const short = await oneStep({ clipNorm: 1e-3 })
    const length = Math.hypot(...before.map((value, at) => (value - short.weight[at]!) / 0.1))
    expect(length).toBeLessThan(1e-3)
    expect(length).toBeGreaterThan(1e-4)
  })
})

describe('schedules in fit', () => {
  beforeEach(() => setEngine('reference'))

  it('counts steps or epochs, and knows the length of the training', async () => {
    const rates = async (schedule: FitOptions['schedule']): Promise<number[]> => {
      const seen: number[] = []
      await fit(bumpNet(), bumps(20), {
        loss,
        optimizer: sgd({ learningRate: 0.5 }),
        epochs: 2,
        batchSize: 10,
        ...(schedule ? { schedule } : {}),
        onBatch: ({ learningRate }) => void seen.push(learningRate),
      })
      return seen
    }
    expect(await rates(schedules.polynomial())).toEqual([0.5, 0.375, 0.25, 0.125])
    expect(await rates(schedules.step({ stepSize: 1, gamma: 0.5 }))).toEqual([0.5, 0.5, 0.25, 0.25])
    expect(await rates(undefined)).toEqual([0.5, 0.5, 0.5, 0.5])
  })

  it('lets plateau watch the validation loss', async () => {
    const { epochs } = await fit(bumpNet(), bumps(20), {
      loss,
      optimizer: sgd({ learningRate: 0 }),
      epochs: 4,
      validation: bumps(10, 2),
      schedule: schedules.plateau({ patience: 0, factor: 0.5 }),
    })
    // Nothing moves but batch norm's statistics; what matters is that the rate is asked for.
    expect(epochs.map(({ learningRate }) => learningRate)).toEqual([0, 0, 0, 0])
    const moving = await fit(linear(1, 1), constantData(), {
      loss: (output) => output.detach(),
      optimizer: sgd({ learningRate: 1 }),
      epochs: 4,
      schedule: schedules.plateau({ patience: 0, factor: 0.5 }),
    })
    expect(moving.epochs.map(({ learningRate }) => learningRate)).toEqual([1, 1, 0.5, 0.25])
  })

  const constantData = (): Dataset => ({
    length: 1,
    batch: () => ({ x: tensor([[1]]), target: tensor([1]) }),
  })
})

describe('what is not finite', () => {
  beforeEach(() => setEngine('reference'))

  it('stops training with the step, and leaves the network as before it', async () => {
    const net = bumpNet()
    const optimizer = adam()
    const options = { loss, optimizer, batchSize: 8, shuffle: false } as const
    const dataset = spoiled(40, 24)
    await expect(fit(net, dataset, { ...options, epochs: 1 })).rejects.toThrow(
      'fit: loss must be finite, got NaN at step 4 (epoch 1, batch 4); ' +
        'the network is as before that step; a lower learning rate or clipNorm may help',
    )
    const clean = bumpNet()
    const other = adam()
    const stop = new AbortController()
    await fit(clean, bumps(40), {
      ...options,
      optimizer: other,
      epochs: 1,
      signal: stop.signal,
      onBatch: ({ step }) => (step === 3 ? stop.abort() : undefined),
    })
    expect(await allValues(net, optimizer)).toEqual(await allValues(clean, other))
    expect(optimizer.steps).toBe(3)
    expect(net.randomStates()).toEqual(clean.randomStates())
  })
})

describe('evaluate', () => {
  beforeEach(() => setEngine('reference'))

  it('measures over samples, whatever the batches are, and changes nothing', async () => {
    const net = bumpNet()
    const before = await allValues(net, sgd().attach(net))
    const metrics = {
      accuracy: accuracy(),
      top2: topKAccuracy(2),
      confusion: confusionMatrix(3),
      again: loss,
    }
    const one = await evaluate(net, bumps(25), { loss, metrics, batchSize: 25 })
    const many = await evaluate(net, bumps(25), { loss, metrics, batchSize: 4 })
    expect(many.loss).toBeCloseTo(one.loss, 6)
    expect(many.again).toBeCloseTo(one.loss, 6)
    expect(many.accuracy).toBe(one.accuracy)
    expect(many.top2).toBe(one.top2)
    expect(many.top2).toBeGreaterThanOrEqual(many.accuracy)
    expect(many.confusion).toEqual(one.confusion)
    expect(many.confusion.flat().reduce((a, b) => a + b)).toBe(25)
    const right = many.confusion.reduce((sum, row, at) => sum + row[at]!, 0)
    expect(right / 25).toBe(many.accuracy)
    expect(await allValues(net, sgd().attach(net))).toEqual(before)
    expect(net.training).toBe(true)
  })

  it('sets each layer back to the mode that it had', async () => {
    const net = bumpNet()
    const [, inner] = net.namedLayers()[2]!
    inner.eval()
    await evaluate(net, bumps(5), { loss })
    expect(net.namedLayers().map(([, layer]) => layer.training)).toEqual(
      net.namedLayers().map(([, layer]) => layer !== inner),
    )
  })

  it('knows classes by number, one-hot and per position, and absolute errors', async () => {
    const read = async (sums: Tensor): Promise<number> => sums.item()
    const output = tensor([
      [
        [0.1, 0.9],
        [0.2, 0.3],
      ],
      [
        [0.5, 0.1],
        [0.4, 0.6],
      ],
    ])
    const dense = accuracy().measure(output, tensor(Int32Array.of(1, 0, 1, 1), [2, 2]))
    expect([await read(dense.sums), dense.count]).toEqual([2 + 1, 4])
    const last = accuracy({ axis: -1 }).measure(output, tensor(Int32Array.of(1, 1, 0, 1), [2, 2]))
    expect([await read(last.sums), last.count]).toEqual([4, 4])
    const oneHot = accuracy().measure(
      tensor([
        [1, 2],
        [2, 1],
      ]),
      tensor([
        [0, 1],
        [0, 1],
      ]),
    )
    expect([await read(oneHot.sums), oneHot.count]).toEqual([1, 2])
    const errors = meanAbsoluteError().measure(tensor([1, -2]), tensor([0, 2]))
    expect([await read(errors.sums), errors.count]).toEqual([5, 2])
  })
})
