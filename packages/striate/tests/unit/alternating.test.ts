// Training in turns: two networks against each other, each with its own optimizer.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  adam,
  adversarial,
  compute,
  drawDigits,
  ema,
  type FitAlternatingOptions,
  fitAlternating,
  fromArrays,
  gradients,
  manualSeed,
  mean,
  models,
  mse,
  mul,
  nn,
  ones,
  sequential,
  setEngine,
  sgd,
  square,
  sub,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'

afterAll(() => setEngine('wasm'))
beforeEach(() => setEngine('reference'))

const values = async (net: nn.Layer): Promise<Record<string, ArrayLike<number>>> => {
  const dict = net.stateDict()
  await compute(Object.values(dict))
  return Object.fromEntries(Object.entries(dict).map(([name, { node }]) => [name, node.data!]))
}

const pair = () => {
  manualSeed(1)
  const net = sequential({ a: nn.linear(2, 2), b: nn.linear(2, 2) }).to('float64')
  const [a, b] = [net.at(0), net.at(1)]
  return { net, a, b }
}
const data = fromArrays({
  x: { data: Float64Array.of(1, 2, 3, -1, 0, 1, 2, 2), shape: [4, 2] },
})

describe('turns', () => {
  for (const accumulate of [1, 2, 4]) {
    it(`are steps one after the other, in ${accumulate} parts`, async () => {
      const { net, a, b } = pair()
      const lossOfA = (x: Tensor): Tensor => mse(b.forward(a.forward(x)), x)
      const lossOfB = (x: Tensor): Tensor => mean(square(sub(b.forward(a.forward(x)), 1)))
      const history = await fitAlternating(net, data, {
        turns: {
          first: {
            loss: ({ x }) => lossOfA(x),
            optimizer: sgd({ learningRate: 0.05 }),
            parameters: 'a',
          },
          b: { loss: ({ x }) => lossOfB(x), optimizer: adam({ learningRate: 0.01 }) },
        },
        epochs: 3,
        batchSize: 4,
        accumulate,
        shuffle: false,
      })

      const hand = pair()
      const x = tensor(Float64Array.of(1, 2, 3, -1, 0, 1, 2, 2), [4, 2])
      const through = (): Tensor => hand.b.forward(hand.a.forward(x))
      const [one, two] = [sgd({ learningRate: 0.05 }), adam({ learningRate: 0.01 })]
      one.attach(hand.a)
      two.attach(hand.b)
      for (let step = 0; step < 3; step++) {
        const first = mse(through(), x)
        await one.step(gradients(first, one.parameters))
        const second = mean(square(sub(through(), 1)))
        await two.step(gradients(second, two.parameters))
        const record = history.epochs[step]!
        expect(record.losses!.first).toBeCloseTo(await first.item(), 12)
        expect(record.losses!.b).toBeCloseTo(await second.item(), 12)
        expect(record.loss).toBeCloseTo(record.losses!.first! + record.losses!.b!, 12)
      }
      const [found, expected] = [await values(net), await values(hand.net)]
      for (const [name, each] of Object.entries(expected))
        for (let at = 0; at < each.length; at++)
          expect(found[name]![at], name).toBeCloseTo(each[at]!, 12)
    })
  }

  it('need parameters and optimizers of their own', async () => {
    const { net } = pair()
    const optimizer = sgd()
    const loss = (): Tensor => ones([])
    const attempt = (turns: FitAlternatingOptions['turns']): Promise<unknown> =>
      fitAlternating(net, data, { turns, epochs: 1 })
    const cases: [FitAlternatingOptions['turns'], string][] = [
      [{}, 'fitAlternating: turns must be turns by name, got {}'],
      [
        { a: { loss, optimizer }, b: { loss, optimizer } },
        "turns.a.optimizer must be an optimizer of its own, got that of 'b'",
      ],
      [
        { a: { loss, optimizer }, b: { loss, optimizer: sgd(), parameters: '*.weight' } },
        "turns.b.parameters must leave each parameter to one turn, got 'a.weight', which 'a' moves",
      ],
      [
        { c: { loss, optimizer } },
        "turns.c.parameters must match parameters of the network, got 'c'",
      ],
      [
        { a: { loss: 3 as never, optimizer } },
        'fitAlternating: turns.a.loss must be a function, got 3',
      ],
    ]
    for (const [turns, message] of cases) await expect(attempt(turns)).rejects.toThrow(message)
    const more = { turns: { a: { loss, optimizer } }, epochs: 1, metrics: {} }
    await expect(fitAlternating(net, data, more as never)).rejects.toThrow(
      "option 'metrics' is unknown",
    )
  })

  it('leave everything as before a step in which the second loss is not finite', async () => {
    const { net, a, b } = pair()
    const before = await values(net)
    const attempt = fitAlternating(net, data, {
      turns: {
        a: { loss: ({ x }) => mean(a.forward(x)), optimizer: sgd({ learningRate: 1 }) },
        b: { loss: ({ x }) => mul(mean(b.forward(x)), Number.NaN), optimizer: sgd() },
      },
      epochs: 1,
    })
    await expect(attempt).rejects.toThrow('fitAlternating: loss must be finite, got NaN')
    expect(await values(net)).toEqual(before)
  })
})

describe('validation', () => {
  const validation = fromArrays({
    x: { data: Float64Array.of(0.5, 1, -1, 2, 3, 0), shape: [3, 2] },
  })
  const turnsOf = ({ a, b }: ReturnType<typeof pair>): FitAlternatingOptions['turns'] => ({
    a: { loss: ({ x }) => mse(b.forward(a.forward(x)), x), optimizer: sgd({ learningRate: 0.05 }) },
    b: { loss: ({ x }) => mean(square(b.forward(x))), optimizer: sgd({ learningRate: 0.01 }) },
  })

  it('is the losses of the turns over other samples, and leaves training as it is', async () => {
    const [one, other] = [pair(), pair()]
    const options = { epochs: 2, batchSize: 2 }
    const history = await fitAlternating(one.net, data, {
      ...options,
      turns: turnsOf(one),
      validation,
    })
    const plain = await fitAlternating(other.net, data, { ...options, turns: turnsOf(other) })
    expect(await values(one.net)).toEqual(await values(other.net))
    expect(plain.epochs.every((record) => record.validation === undefined)).toBe(true)
    const { x } = await validation.batch(Uint32Array.of(0, 1, 2))
    const first = await mse(one.b.forward(one.a.forward(x)), x).item()
    const second = await mean(square(one.b.forward(x))).item()
    const found = history.epochs[1]!.validation!
    // In two batches, of 2 samples and of 1.
    expect(found.losses!.a).toBeCloseTo(first, 12)
    expect(found.losses!.b).toBeCloseTo(second, 12)
    expect(found.loss).toBeCloseTo(first + second, 12)
  })

  it('is watched by early stopping', async () => {
    const { net, a } = pair()
    const history = await fitAlternating(net, data, {
      turns: {
        a: { loss: ({ x }) => mean(a.forward(x)), optimizer: sgd({ learningRate: 0.1 }) },
        b: { loss: ({ x }) => mul(mean(a.forward(x)), -3), optimizer: sgd({ learningRate: 0.1 }) },
      },
      validation,
      epochs: 10,
      batchSize: 4,
      earlyStopping: { patience: 1 },
    })
    expect(history.stoppedEarly).toBe(true)
  })

  it('draws nothing from the streams of training', async () => {
    const images = (count: number) => ({
      data: new Float32Array(count * 4096).fill(0.5),
      shape: [count, 1, 64, 64],
    })
    const found = await Promise.all(
      [undefined, fromArrays({ x: images(2) })].map(async (other) => {
        const gan = dcgan()
        const turns = gan.turns({ discriminator: adam(rate), generator: adam(rate) })
        const more = other === undefined ? {} : { validation: other }
        const dataset = fromArrays({ x: images(4) })
        await fitAlternating(gan, dataset, { turns, epochs: 2, batchSize: 2, ...more })
        return gan.randomStates()
      }),
    )
    expect(found[1]).toEqual(found[0])
  })

  it('must be a data set', async () => {
    const { net } = pair()
    const turns = { a: { loss: () => ones([]), optimizer: sgd() } }
    const options = { turns, epochs: 1, validation: 3 as never }
    await expect(fitAlternating(net, data, options)).rejects.toThrow('validation')
  })
})

/** Digits of 64 by 64 in −1…1. */
function digits(count: number) {
  const { images } = drawDigits({ count, seed: 5, size: 64 })
  const x = { data: images, shape: [count, 1, 64, 64] }
  return fromArrays({ x }, { scale: 2 / 255, shift: -1 })
}

const dcgan = (seed = 2) => {
  manualSeed(seed)
  const small = { channels: 1, width: 1 / 8 }
  return adversarial(
    models.dcganGenerator({ ...small, latent: 16 }),
    models.dcganDiscriminator({ ...small, output: 'logit' }),
    { latent: [16, 1, 1], loss: 'logit' },
  )
}
const rate = { learningRate: 5e-4, betas: [0.5, 0.999] } as const

describe('a DCGAN on drawn digits', () => {
  it('learns: what it draws comes nearer to digits than noise', async () => {
    setEngine('wasm')
    const gan = dcgan()
    const dataset = digits(480)
    const real = (await dataset.batch(Uint32Array.from({ length: 64 }, (_, at) => at))).x
    /** How far the mean picture of what is drawn is from that of digits, and the spread of values. */
    const distance = async (): Promise<number> => {
      gan.eval()
      const drawn = gan.sample(64)
      const of = (x: Tensor): Tensor => mean(x, { axes: 0 })
      return mean(square(sub(of(drawn), of(real)))).item()
    }
    const before = await distance()
    const { epochs } = await fitAlternating(gan, dataset, {
      turns: gan.turns({
        discriminator: adam(rate),
        generator: adam({ ...rate, learningRate: 5e-3 }),
      }),
      epochs: 6,
      batchSize: 24,
      seed: 4,
    })
    for (const { losses } of epochs)
      expect(Object.values(losses!).every((loss) => Number.isFinite(loss) && loss > 0)).toBe(true)
    // Paper is −1 nearly everywhere; an untrained generator draws 0.
    expect(await distance()).toBeLessThan(before / 3)
  })

  for (const engine of engines) {
    it(`goes on from a checkpoint as if never stopped on the ${engine} engine`, async () => {
      setEngine(engine)
      const folder = await mkdtemp(join(tmpdir(), 'striate-'))
      const tiny = (seed = 2) => {
        manualSeed(seed)
        const generator = sequential(nn.linear(3, 8), nn.batchNorm1d(8), nn.relu(), nn.linear(8, 2))
        const discriminator = sequential(
          nn.linear(2, 8),
          nn.leakyRelu(),
          nn.dropout(0.1),
          nn.linear(8, 1),
        )
        return adversarial(generator, discriminator, { latent: [3], loss: 'logit' })
      }
      const points = new Float32Array(60).map((_, at) => Math.sin(at))
      const dataset = fromArrays({ x: { data: points, shape: [30, 2] } })
      const run = async (more: Partial<FitAlternatingOptions>, seed?: number) => {
        const gan = tiny(seed)
        const average = ema({ decay: 0.5 })
        const turns = gan.turns({ discriminator: adam(rate), generator: sgd({ momentum: 0.9 }) })
        const options = { turns, epochs: 3, batchSize: 8, average, ...more }
        const history = await fitAlternating(gan, dataset, options)
        return { gan, history, averages: await values2(average.stateDict()) }
      }
      const values2 = async (dict: Record<string, Tensor>) => {
        await compute(Object.values(dict))
        return Object.entries(dict).map(([name, { node }]) => [name, node.data!])
      }
      try {
        const whole = await run({})
        const checkpoint = { path: join(folder, 'gan.safetensors') }
        const controller = new AbortController()
        await run({
          checkpoint,
          signal: controller.signal,
          onBatch: ({ step }) => (step === 6 ? controller.abort() : undefined),
        })
        const resumed = await run({ checkpoint, resume: true }, 99)
        expect(resumed.history).toEqual(whole.history)
        expect(await values(resumed.gan)).toEqual(await values(whole.gan))
        expect(resumed.averages).toEqual(whole.averages)
        expect(resumed.gan.randomStates()).toEqual(whole.gan.randomStates())
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  }

  it('has a loss of each kind, of the sign that it must have', async () => {
    const isReal = nn.lambda((x) => mean(x, { axes: 1, keepDims: true }))
    for (const loss of ['probability', 'logit', 'leastSquares', 'wasserstein'] as const) {
      const generator = nn.lambda((x) => mul(x, 0))
      const gan = adversarial(generator, isReal, { latent: [2], loss })
      const { discriminator, generator: own } = gan.turns({
        discriminator: sgd(),
        generator: sgd(),
      })
      const batch = (value: number) => {
        const x = mul(ones([3, 2]), value)
        return { x, target: x }
      }
      // Telling real images (0.9) from drawn ones (0) costs less than taking both for drawn.
      const good = await discriminator.loss(batch(0.9)).item()
      const bad = await discriminator.loss(batch(0.1)).item()
      expect(good, loss).toBeLessThan(bad)
      expect(Number.isFinite(await own.loss(batch(1)).item())).toBe(true)
    }
    expect(() => adversarial(isReal, isReal, { latent: [2], loss: 'hinge' as never })).toThrow(
      "adversarial: loss must be one of 'probability', 'logit', 'leastSquares', 'wasserstein', got 'hinge'",
    )
    expect(() => adversarial(isReal, isReal, { latent: [] })).toThrow('latent must be a shape')
  })
})
