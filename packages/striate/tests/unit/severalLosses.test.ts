// Networks with several outputs, losses by name, and losses whose mean is over weights.
import {
  accuracy,
  adam,
  add,
  type Batch,
  compute,
  crossEntropy,
  crossEntropyLoss,
  type Dataset,
  div,
  drawDigits,
  evaluate,
  type FitOptions,
  fit,
  forOutput,
  fromArrays,
  manualSeed,
  meanAbsoluteError,
  models,
  mse,
  mul,
  nn,
  normalDivergence,
  RandomStream,
  sampleNormal,
  sequential,
  setEngine,
  sgd,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'
import { allValues, bumpNet, bumps } from '../support/training.ts'

afterAll(() => setEngine('wasm'))
beforeEach(() => setEngine('reference'))

/** Digits at half their size, with two things to say of each. */
function digits(count: number, seed: number): Dataset<{ digit: Tensor; isEven: Tensor }> {
  const { images, labels } = drawDigits({ count, seed, size: 16 })
  const isEven = Int32Array.from(labels, (label) => (label % 2 === 0 ? 1 : 0))
  const x = { data: images, shape: [count, 1, 16, 16] }
  return fromArrays({ x, target: { digit: labels, isEven } }, { scale: 1 / 255 })
}

const twoTasks = () => {
  manualSeed(5)
  return models.multiTask({
    inChannels: 1,
    tasks: { digit: 10, isEven: 2 },
    shared: [8, 16],
    own: [12, 12],
  })
}

describe('losses by name', () => {
  it('train a network of groups on two tasks, and report each loss and metric', async () => {
    setEngine('wasm')
    const net = twoTasks()
    const metrics = {
      digit: forOutput('digit', accuracy()),
      isEven: forOutput('isEven', accuracy()),
    }
    const loss = { digit: crossEntropy, isEven: { loss: crossEntropy, weight: 0.5 } }
    const forward = (x: Tensor) => net.outputs(x)
    const { epochs } = await fit(net, digits(600, 1), {
      forward,
      loss,
      metrics,
      optimizer: adam({ learningRate: 5e-3 }),
      epochs: 5,
      batchSize: 32,
      validation: digits(200, 2),
    })
    const last = epochs.at(-1)!
    const first = epochs[0]!
    expect(Object.keys(last.losses!)).toEqual(['digit', 'isEven'])
    expect(last.loss).toBeCloseTo(last.losses!.digit! + 0.5 * last.losses!.isEven!, 5)
    expect(last.losses!.digit!).toBeLessThan(first.losses!.digit! / 1.5)
    expect(last.losses!.isEven!).toBeLessThan(first.losses!.isEven!)
    expect(last.validation!.digit).toBeGreaterThan(0.5)
    expect(last.validation!.isEven).toBeGreaterThan(0.7)
    const again = await evaluate(net, digits(200, 2), { forward, loss, metrics, batchSize: 32 })
    expect(again).toEqual(last.validation)
  })

  it('are the sum of their gradients, each times its weight', async () => {
    const start = () => {
      manualSeed(1)
      return nn.linear(2, 2).to('float64')
    }
    const x = { data: Float64Array.of(1, 2, 3, -1), shape: [2, 2] }
    const target = { data: Float64Array.of(1, 0, 0, 1), shape: [2, 2] }
    const train = async (loss: FitOptions['loss']): Promise<object> => {
      const net = start()
      const optimizer = sgd({ learningRate: 0.1 })
      await fit(net, fromArrays({ x, target }), { loss, optimizer, epochs: 1, batchSize: 2 })
      return allValues(net, optimizer)
    }
    const mae = (a: Tensor, b: Tensor): Tensor => meanOf(meanAbsoluteError().measure(a, b))
    const several = await train({ square: mse, edge: { loss: mae, weight: 2 } })
    const one = await train((a: Tensor, b: Tensor) => add(mse(a, b), mul(mae(a, b), 2)))
    expect(several).toEqual(one)
  })

  it('read outputs and targets of other names', async () => {
    const { losses } = await evaluate(nn.identity(), fromArrays({ x: Float32Array.of(3) }), {
      forward: (x) => ({ a: x, b: mul(x, 2) }),
      loss: { first: { loss: mse, output: 'b' }, second: { loss: mse, output: 'a' } },
    })
    expect(losses).toEqual({ first: 9, second: 0 })
  })

  it('say which output or target is missing', async () => {
    const net = twoTasks()
    const options = { optimizer: sgd(), epochs: 1, forward: (x: Tensor) => net.outputs(x) }
    const attempt = (loss: Record<string, typeof crossEntropy>): Promise<unknown> =>
      fit(net, digits(8, 1), { ...options, loss })
    await expect(attempt({ digits: crossEntropy })).rejects.toThrow(
      "loss 'digits': output must have a tensor 'digits', got 'digit', 'isEven'; did you mean 'digit'?",
    )
    await expect(fit(net, digits(8, 1), { ...options, loss: {} })).rejects.toThrow(
      'fit: loss must be a function, or losses by name, got {}',
    )
  })
})

const meanOf = ({ sums, count }: { sums: Tensor; count: number }): Tensor => div(sums, count)

describe('weights of classes', () => {
  const weight = tensor(Float64Array.of(0.2, 1, 3))
  const loss = crossEntropyLoss({ weight, ignoreIndex: 1 })

  for (const engine of engines) {
    it(`give the same step in parts as at once on the ${engine} engine`, async () => {
      setEngine(engine)
      const dataset = bumps(24)
      const step = async (accumulate: number): Promise<Record<string, ArrayLike<number>>> => {
        manualSeed(2)
        const net = sequential(nn.flatten(), nn.linear(16, 3))
        if (engine === 'reference') net.to('float64')
        const optimizer = sgd({ learningRate: 1 })
        const both = {
          ...{ loss: crossEntropyLoss({ weight }) },
          optimizer,
          epochs: 1,
          batchSize: 24,
        }
        const { epochs } = await fit(net, dataset, { ...both, accumulate })
        return { ...(await allValues(net, optimizer)), loss: [epochs[0]!.loss] }
      }
      const whole = await step(1)
      for (const parts of [2, 5, 24]) {
        const found = await step(parts)
        for (const [name, values] of Object.entries(whole))
          for (let at = 0; at < values.length; at++)
            expect(found[name]![at]).toBeCloseTo(values[at]!, engine === 'wasm' ? 6 : 12)
      }
    })
  }

  it('are a weighted mean over a data set, whatever the batches', async () => {
    const net = bumpNet().eval()
    const dataset = bumps(23)
    const { x, target } = (await dataset.batch(
      Uint32Array.from({ length: 23 }, (_, at) => at),
    )) as Batch
    const expected = await crossEntropy(net.forward(x), target, { weight, ignoreIndex: 1 }).item()
    for (const batchSize of [23, 7, 1]) {
      const result = await evaluate(net, dataset, { loss, batchSize })
      expect(result.loss).toBeCloseTo(expected, 6)
    }
  })
})

describe('variational networks', () => {
  it('draw with the mean and variance they are told, by the stream', async () => {
    const count = 20_000
    const mean = tensor(new Float64Array(count).fill(3))
    const logVariance = tensor(new Float64Array(count).fill(Math.log(4)))
    const draw = (seed: number): Promise<ArrayLike<number>> =>
      sampleNormal(mean, logVariance, { stream: new RandomStream(seed) }).data()
    const values = Array.from(await draw(1))
    const average = values.reduce((a, b) => a + b) / count
    const variance = values.reduce((a, b) => a + (b - average) ** 2, 0) / count
    expect(average).toBeCloseTo(3, 1)
    expect(variance).toBeCloseTo(4, 0)
    expect(await draw(1)).toEqual(await draw(1))
    expect(await draw(2)).not.toEqual(await draw(1))
  })

  it('diverge from N(0, 1) as the integral says', async () => {
    const [mu, logVariance] = [0.7, -0.4]
    const deviation = Math.exp(logVariance / 2)
    // ∫ q ln(q / p) by the midpoint rule.
    let integral = 0
    const [low, high, cells] = [mu - 12 * deviation, mu + 12 * deviation, 200_000]
    const step = (high - low) / cells
    for (let at = 0; at < cells; at++) {
      const z = low + (at + 0.5) * step
      const q = -((z - mu) ** 2) / (2 * deviation ** 2) - Math.log(deviation)
      integral += Math.exp(q) * (q + z ** 2 / 2) * step
    }
    integral /= Math.sqrt(2 * Math.PI)
    const divergence = normalDivergence(
      tensor(Float64Array.of(mu)),
      tensor(Float64Array.of(logVariance)),
    )
    expect(await divergence.item()).toBeCloseTo(integral, 9)
  })

  it('train through fit, the same for the same seed', async () => {
    setEngine('wasm')
    const { images } = drawDigits({ count: 200, seed: 3, size: 16 })
    const x = { data: images, shape: [200, 1, 16, 16] }
    const dataset = fromArrays({ x }, { scale: 1 / 255 })
    const train = async (seed: number) => {
      manualSeed(4)
      const net = models.variationalAutoencoder({ size: [16, 16], channels: [8, 16], latent: 6 })
      const { epochs } = await fit(net, dataset, {
        forward: (x) => net.outputs(x),
        loss: net.lossOf,
        optimizer: adam({ learningRate: 3e-3 }),
        epochs: 6,
        batchSize: 25,
        seed,
      })
      await compute([])
      return epochs.map(({ loss }) => loss)
    }
    const losses = await train(7)
    expect(losses.at(-1)).toBeLessThan(0.75 * losses[0]!)
    expect(await train(7)).toEqual(losses)
    expect(await train(8)).not.toEqual(losses)
  })
})
