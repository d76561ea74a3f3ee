// WaveNet sample by sample against the network on the whole signal, and what it draws.
import {
  manualSeed,
  models,
  RandomStream,
  setEngine,
  type Tensor,
  tensor,
  waveNetSampler,
} from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'

afterAll(() => setEngine('wasm'))

const levels = 12
const sizes = { inChannels: levels, classes: levels, channels: 6, skipChannels: 8 }

function network(options: models.WaveNetOptions = {}): models.WaveNet {
  manualSeed(4)
  const net = models.wavenet({ ...sizes, dilations: [1, 2, 4, 1, 2, 4], ...options }).eval()
  // Larger weights, so that what is far back counts.
  const random = new RandomStream(9)
  const dict = Object.entries(net.stateDict()).map(([name, value]) => {
    const values = new Float32Array(value.size)
    random.fillNormal(values, 0, 0.6)
    return [name, tensor(values, value.shape)] as const
  })
  net.loadStateDict(Object.fromEntries(dict))
  return net
}

function oneHot(signal: ArrayLike<number>, channels = levels): Tensor {
  const values = new Float32Array(channels * signal.length)
  for (let t = 0; t < signal.length; t++) values[signal[t]! * signal.length + t] = 1
  return tensor(values, [1, channels, signal.length])
}

/** `[time][class]` of the network on the whole signal. */
async function whole(net: models.WaveNet, signal: ArrayLike<number>): Promise<number[][]> {
  const [rows] = (await net.forward(oneHot(signal)).array()) as unknown as [number[][]]
  return Array.from({ length: signal.length }, (_, t) => rows.map((row) => row[t]!))
}

const drawn = (count: number, seed: number): number[] => {
  const random = new RandomStream(seed)
  return Array.from({ length: count }, () => random.integer(levels))
}

describe.each(engines)('a WaveNet by queues on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it.each([
    ['cycles of dilations', {}],
    ['three taps', { kernelSize: 3, dilations: [1, 3, 9] }],
    ['one tap', { kernelSize: 1, dilations: [1, 1] }],
    ['one layer', { dilations: [5] }],
  ])('gives the logits of the whole signal at each step: %s', async (_, options) => {
    const net = network(options)
    const signal = drawn(net.receptiveField + 12, 3)
    const expected = await whole(net, signal)
    const sampler = waveNetSampler(net)
    expect(sampler.receptiveField).toBe(net.receptiveField)
    for (const [t, level] of signal.entries()) {
      const logits = await sampler.push(level)
      expect(logits.length).toBe(levels)
      for (const [k, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[t]![k]!, 4)
    }
  })

  it('takes values as well as levels, and begins anew', async () => {
    const net = network({ inChannels: 2, classes: 5 })
    const x = new Float32Array(2 * 9)
    new RandomStream(1).fillNormal(x)
    const y = (await net.forward(tensor(x, [1, 2, 9])).array()) as unknown as [number[][]]
    const sampler = waveNetSampler(net)
    for (const start of ['new', 'again']) {
      for (let t = 0; t < 9; t++) {
        const logits = await sampler.push(Float32Array.of(x[t]!, x[9 + t]!))
        for (const [k, logit] of logits.entries()) expect(logit, start).toBeCloseTo(y[0][k]![t]!, 4)
      }
      await sampler.reset()
    }
  })

  it('draws what the softmax of the whole signal says', async () => {
    const net = network()
    const primer = drawn(5, 8)
    const sound = await waveNetSampler(net).sample(20, { seed: 5, primer, temperature: 0.8 })
    // The same by hand: the whole signal again for each sample.
    const random = new RandomStream(5, 'waveNetSampler')
    const signal = [...primer]
    for (let t = 0; t < 20; t++) {
      const logits = (await whole(net, signal)).at(-1)!
      const powers = logits.map((logit) => Math.exp(logit / 0.8))
      const total = powers.reduce((sum, each) => sum + each, 0)
      const place = random.uniform() * total
      const sums = powers.map((_, k) => powers.slice(0, k + 1).reduce((sum, each) => sum + each, 0))
      signal.push(sums.findIndex((sum) => place < sum))
    }
    expect([...sound]).toEqual(signal.slice(5))
  })
})

describe('sampling', () => {
  it('is decided by the seed, and goes on from call to call with a stream', async () => {
    const net = network()
    const all = await waveNetSampler(net).sample(30, { seed: 3 })
    expect(await waveNetSampler(net).sample(30, { seed: 3 })).toEqual(all)
    expect(await waveNetSampler(net).sample(30, { seed: 4 })).not.toEqual(all)
    const stream = new RandomStream(3, 'waveNetSampler')
    const sampler = waveNetSampler(net)
    const parts = [await sampler.sample(10, { stream }), await sampler.sample(20, { stream })]
    expect(parts.flatMap((part) => [...part])).toEqual([...all])
  })

  it('takes the likeliest level where it is cold', async () => {
    const net = network()
    const signal = [3]
    for (let t = 0; t < 15; t++) {
      const logits = (await whole(net, signal)).at(-1)!
      signal.push(logits.indexOf(Math.max(...logits)))
    }
    const sound = await waveNetSampler(net).sample(15, { primer: [3], temperature: 1e-3 })
    expect([...sound]).toEqual(signal.slice(1))
  })

  it('follows the softmax', async () => {
    const net = network({ dilations: [1] })
    const [logits] = await whole(net, [7])
    const powers = logits!.map((logit) => Math.exp(logit))
    const total = powers.reduce((sum, each) => sum + each, 0)
    const counts = new Array<number>(levels).fill(0)
    const stream = new RandomStream(11)
    const sampler = waveNetSampler(net)
    const draws = 1500
    for (let i = 0; i < draws; i++) {
      await sampler.reset()
      const [level] = await sampler.sample(1, { primer: [7], stream })
      counts[level!]! += 1
    }
    for (const [k, count] of counts.entries()) {
      const share = powers[k]! / total
      const deviation = Math.sqrt(share * (1 - share) * draws)
      expect(Math.abs(count - share * draws)).toBeLessThan(5 * deviation + 1)
    }
  })

  it('costs as much with a receptive field of 16 as with one of 4096', async () => {
    const work: number[] = []
    for (const dilations of [
      [1, 2, 4, 8],
      [1, 64, 512, 3518],
    ]) {
      const sampler = waveNetSampler(network({ dilations }))
      await sampler.push(0)
      await sampler.push(1)
      work.push(sampler.multiplyAdds)
    }
    expect(work[0]).toBe(work[1])
    // Four blocks: two filters of two taps, a skip, and but for the last a residual; 6 and 8 channels.
    expect(work[0]).toBe(12 * 6 + 4 * (2 * 2 * 36 + 48) + 3 * 36 + 64 + 8 * 12)
  })

  it('says what is wrong', async () => {
    const sampler = waveNetSampler(network())
    expect(() => waveNetSampler(models.lenet5() as never)).toThrow(
      'waveNetSampler: network must be a network that models.wavenet has made',
    )
    await expect(sampler.push(12)).rejects.toThrow(
      'sample must be a level, a whole number from 0 to 11',
    )
    await expect(sampler.push(new Float32Array(3))).rejects.toThrow('a Float32Array of 12 values')
    await expect(sampler.sample(3, { temperature: 0 })).rejects.toThrow('temperature')
    await expect(sampler.sample(-1)).rejects.toThrow('count')
    await expect(sampler.sample(1, { primer: [99] })).rejects.toThrow('must be a level')
    await expect(sampler.sample(1, { sead: 1 } as never)).rejects.toThrow('seed')
    const raw = waveNetSampler(network({ inChannels: 1 }))
    await expect(raw.sample(2)).rejects.toThrow('as many classes as input channels')
  })
})
