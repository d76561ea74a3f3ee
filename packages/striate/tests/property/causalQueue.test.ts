// Causal stacks run sample by sample against the same stacks on the whole signal, and what a step costs.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  add,
  causalQueue,
  conv1d,
  mul,
  relu,
  setEngine,
  sigmoid,
  slice,
  type Tensor,
  tanh,
} from '../../src/index.ts'
import { distance } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

const layersOf = (
  dilations: readonly number[],
  channels: number,
  kernel: number,
  groups = 1,
): { weight: Tensor; bias: Tensor; dilation: number; groups: number }[] =>
  dilations.map((dilation, i) => ({
    weight: draw([channels, channels / groups, kernel], 2 * i),
    bias: draw([channels], 2 * i + 1),
    dilation,
    groups,
  }))

const causal = (x: Tensor, { weight, ...rest }: ReturnType<typeof layersOf>[number]): Tensor =>
  conv1d(x, weight, { ...rest, padding: 'causal' })

const sampleOf = (x: Tensor, t: number): Tensor => slice(x, [t], [t + 1], { axes: [2] })

describe.each(engines)('causal layers on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('give the convolution of the whole signal, sample by sample', async () => {
    const cases = fc.record({
      dilations: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      groups: fc.integer({ min: 1, max: 2 }),
      batch: fc.integer({ min: 1, max: 2 }),
      length: fc.integer({ min: 1, max: 14 }),
      seed: fc.nat(1000),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ dilations, kernel, groups, batch, length, seed }) => {
        const layers = layersOf(dilations, 2 * groups, kernel, groups)
        const x = draw([batch, 2 * groups, length], seed)
        const whole = await layers.reduce(causal, x).data()
        const queue = causalQueue({ layers })
        for (let round = 0; round < 2; round++) {
          const steps = Array.from({ length }, (_, t) => queue.push(sampleOf(x, t)))
          const values = await Promise.all(steps.map(async (step) => (await step).data()))
          const got = whole.map((_, i) => values[i % length]![Math.floor(i / length)]!)
          expect(distance(got, whole)).toBeLessThan(1e-6)
          await queue.reset()
        }
      }),
      { numRuns: 25 },
    )
  }, 60_000)

  it('may be joined by gates, residuals and skips, as in WaveNet', async () => {
    const [filters, gates] = [layersOf([1, 2, 4], 3, 2), layersOf([1, 2, 4], 3, 2).toReversed()]
    const pairs = filters.map(
      (filter, i) => [filter, { ...gates[i]!, dilation: filter.dilation }] as const,
    )
    const network = (
      x: Tensor,
      apply: (layer: number, which: 0 | 1, h: Tensor) => Tensor,
    ): Tensor => {
      let h = x
      let skips = x
      for (const i of pairs.keys()) {
        const z = mul(tanh(apply(i, 0, h)), sigmoid(apply(i, 1, h)))
        h = add(h, z)
        skips = add(skips, z)
      }
      return relu(skips)
    }
    const x = draw([1, 3, 20], 7)
    const whole = await network(x, (i, which, h) => causal(h, pairs[i]![which])).data()
    const queue = causalQueue({
      layers: pairs.flat(),
      step: (sample, layers) => network(sample, (i, which, h) => layers[2 * i + which]!(h)),
    })
    const got = new Float32Array(60)
    for (let t = 0; t < 20; t++) {
      const y = await (await queue.push(sampleOf(x, t))).data()
      for (const [channel, value] of y.entries()) got[20 * channel + t] = value
    }
    expect(distance(got, whole)).toBeLessThan(1e-6)
  })

  it('cost the same multiply-adds at every step, however far they look back', async () => {
    for (const scale of [1, 16, 256]) {
      const dilations = [1, 2, 4, 8].map((dilation) => dilation * scale)
      const queue = causalQueue({ layers: layersOf(dilations, 4, 2) })
      expect(queue.receptiveField).toBe(1 + 15 * scale)
      for (let t = 0; t < 4; t++) {
        await queue.push(draw([1, 4, 1], t))
        // Four layers, each four channels from four by two taps.
        expect(queue.multiplyAdds).toBe(4 * 4 * 4 * 2)
      }
    }
  })
})

describe('causal layers', () => {
  it('refuse what does not fit', async () => {
    const layers = layersOf([1, 2], 2, 2)
    expect(() => causalQueue({ layers: [] })).toThrow('at least one layer')
    const queue = causalQueue({ layers })
    await expect(queue.push(draw([1, 2, 2], 1))).rejects.toThrow('expects one sample')
    await expect(queue.push(draw([1, 3, 1], 1))).rejects.toThrow('expects 2')
    expect((await queue.push(new Float32Array(2))).shape).toEqual([1, 2, 1])
    await expect(queue.push(draw([2, 2, 1], 1))).rejects.toThrow('must go on with the batch of 1')
    const lazy = causalQueue({ layers, step: (x, [first]) => first!(x) })
    await expect(lazy.push(draw([1, 2, 1], 1))).rejects.toThrow('got layer 1 not at all')
    const keen = causalQueue({ layers, step: (x, [first]) => first!(first!(x)) })
    await expect(keen.push(draw([1, 2, 1], 1))).rejects.toThrow('got layer 0 twice')
  })
})
