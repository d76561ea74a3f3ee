// The moving average of weights: its formula, what evaluates with it, and that checkpoints keep it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  adam,
  compute,
  crossEntropy,
  ema,
  evaluate,
  type FitOptions,
  fit,
  nn,
  setEngine,
  sgd,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'
import { allValues, bumpNet, bumps, spoiled } from '../support/training.ts'

afterAll(() => setEngine('wasm'))
beforeEach(() => setEngine('reference'))

const loss = (output: Tensor, target: Tensor): Tensor => crossEntropy(output, target)
const known = async (dict: Record<string, Tensor>): Promise<Record<string, ArrayLike<number>>> => {
  await compute(Object.values(dict))
  return Object.fromEntries(Object.entries(dict).map(([name, { node }]) => [name, node.data!]))
}

describe('the formula', () => {
  const cases = [
    ['one decay', { decay: 0.9 }, () => 0.9],
    // At step t the decay is at most (1 + t) / (10 + t).
    ['a warm-up', { decay: 0.3, warmUp: true }, (t: number) => Math.min(0.3, (1 + t) / (10 + t))],
  ] as const
  for (const [title, options, decayAt] of cases) {
    for (const engine of engines) {
      it(`holds with ${title} on the ${engine} engine`, async () => {
        setEngine(engine)
        const net = bumpNet()
        const average = ema(options)
        const weights: ArrayLike<number>[] = []
        await fit(net, bumps(40), {
          loss,
          optimizer: adam({ learningRate: 0.05 }),
          epochs: 2,
          batchSize: 8,
          average,
          onBatch: async () => void weights.push((await known(net.stateDict()))['0.weight']!),
        })
        expect(average.updates).toBe(10)
        const expected = Array.from(weights[0]!)
        for (const [step, now] of weights.slice(1).entries()) {
          const decay = decayAt(step + 1)
          for (let at = 0; at < expected.length; at++)
            expected[at] = decay * expected[at]! + (1 - decay) * now[at]!
        }
        const found = (await known(average.stateDict()))['0.weight']!
        for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, 6)
        // The average is another than the weights.
        expect(found).not.toEqual(weights.at(-1))
      })
    }
  }

  it('leaves frozen weights out, and takes statistics if asked', () => {
    const names = (options: Parameters<typeof ema>[0]): string[] =>
      Object.keys(ema(options).attach(bumpNet().freeze('0')).stateDict())
    const own = [':updates', '1.weight', '1.bias', '5.weight', '5.bias']
    expect(names({})).toEqual(own)
    expect(names({ buffers: true })).toEqual([...own, '1.running_mean', '1.running_var'])
  })
})

describe('the average', () => {
  it('is what validation uses, and only validation', async () => {
    const net = bumpNet()
    const average = ema({ decay: 0.8 })
    const validation = bumps(20, 2)
    const { epochs } = await fit(net, bumps(40), {
      loss,
      optimizer: adam({ learningRate: 0.05 }),
      epochs: 2,
      batchSize: 8,
      average,
      validation,
    })
    const now = await evaluate(net, validation, { loss, batchSize: 8 })
    const averaged = await average.apply(() => evaluate(net, validation, { loss, batchSize: 8 }))
    expect(epochs.at(-1)!.validation!.loss).toBe(averaged.loss)
    expect(now.loss).not.toBe(averaged.loss)
    expect((await evaluate(net, validation, { loss, batchSize: 8 })).loss).toBe(now.loss)
    average.copyToNetwork()
    expect((await evaluate(net, validation, { loss, batchSize: 8 })).loss).toBe(averaged.loss)
  })

  it('gives the network its own weights back when the work fails', async () => {
    const net = nn.linear(1, 1, { bias: false })
    net.weight.assign(tensor([[1]]))
    const average = ema().attach(net)
    average.update()
    net.weight.assign(tensor([[5]]))
    const work = average.apply(async () => {
      expect(await net.weight.array()).toEqual([[1]])
      throw new Error('on purpose')
    })
    await expect(work).rejects.toThrow('on purpose')
    expect(await net.weight.array()).toEqual([[5]])
  })

  it('is what it was before a step whose loss is not finite', async () => {
    const net = bumpNet()
    const average = ema({ decay: 0.5 })
    const options = { loss, optimizer: sgd({ learningRate: 0.1 }), epochs: 1, batchSize: 8 }
    const kept: Record<string, ArrayLike<number>>[] = []
    const training = fit(net, spoiled(40, 24), {
      ...options,
      shuffle: false,
      average,
      onBatch: async () => void kept.push(await known(average.stateDict())),
    })
    await expect(training).rejects.toThrow('must be finite')
    expect(average.updates).toBe(3)
    expect(await known(average.stateDict())).toEqual(kept.at(-1))
  })

  it('goes on bit for bit from a checkpoint', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'striate-'))
    try {
      const run = async (more: Partial<FitOptions>, seed = 3) => {
        const net = bumpNet(seed)
        const optimizer = adam({ learningRate: 0.02 })
        const average = ema({ decay: 0.9, warmUp: true, buffers: true })
        const base = { loss, optimizer, epochs: 3, batchSize: 8, average, validation: bumps(12, 2) }
        const history = await fit(net, bumps(37), { ...base, ...more })
        return {
          values: await allValues(net, optimizer),
          average: await known(average.stateDict()),
          history,
        }
      }
      const whole = await run({})
      const controller = new AbortController()
      const checkpoint = { path: join(folder, 'last.safetensors') }
      const onBatch = ({ step }: { step: number }): void => {
        if (step === 7) controller.abort()
      }
      await run({ checkpoint, signal: controller.signal, onBatch })
      expect(await run({ checkpoint, resume: true }, 99)).toEqual(whole)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses what it cannot do', () => {
    expect(() => ema({ decay: 1 })).toThrow('ema: decay must be a number from 0 to below 1, got 1')
    expect(() => ema({ deacy: 0.9 } as never)).toThrow("did you mean 'decay'?")
    expect(() => ema().update()).toThrow(
      'ema.update: needs weights to follow, got none; attach(net)',
    )
    expect(() => ema().attach({} as never)).toThrow('net must be a layer')
  })
})
