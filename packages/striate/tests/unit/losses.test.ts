// Values of the losses against their formulas written out element by element.
import { setEngine, type Tensor, tensor } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import * as losses from '../../src/ops/losses/index.ts'
import { sample } from '../support/centralDifferences.ts'
import { engines } from '../support/engines.ts'
import { maxRelative } from '../support/references.ts'

afterAll(() => setEngine('wasm'))

const shape = [3, 4]
const numbers = async (x: Tensor): Promise<number[]> => [...(await x.data())]
const float32 = async (x: Tensor): Promise<Tensor> =>
  tensor(Float32Array.from(await x.data()), x.shape)

describe.each(engines)('on the %s engine', (engine) => {
  const expectEach = async (losses: Tensor, expected: readonly number[]): Promise<void> => {
    expect(maxRelative(await numbers(losses), expected)).toBeLessThan(2e-6)
  }

  const inputs = async () => {
    setEngine(engine)
    const x = await float32(sample(shape, -2, 2, 3))
    const y = await float32(sample(shape, -2, 2, 4))
    const p = await float32(sample(shape, 0.1, 0.9, 5))
    const q = await float32(sample(shape, 0.1, 0.9, 6))
    return {
      x,
      y,
      p,
      q,
      xs: await numbers(x),
      ys: await numbers(y),
      ps: await numbers(p),
      qs: await numbers(q),
    }
  }
  const none = { reduction: 'none' } as const

  it('distances', async () => {
    const { x, y, xs, ys } = await inputs()
    const d = xs.map((a, i) => Math.abs(a - ys[i]!))
    await expectEach(
      losses.mse(x, y, none),
      d.map((e) => e * e),
    )
    await expectEach(losses.l1(x, y, none), d)
    await expectEach(
      losses.smoothL1(x, y, { ...none, beta: 0.5 }),
      d.map((e) => (e < 0.5 ? e * e : e - 0.25)),
    )
    await expectEach(losses.smoothL1(x, y, { ...none, beta: 0 }), d)
    await expectEach(
      losses.huber(x, y, { ...none, delta: 0.5 }),
      d.map((e) => (e <= 0.5 ? (e * e) / 2 : 0.5 * (e - 0.25))),
    )
  })

  it('reductions', async () => {
    const { x, y, xs, ys } = await inputs()
    const total = xs.reduce((sum, a, i) => sum + Math.abs(a - ys[i]!), 0)
    await expectEach(losses.l1(x, y, { reduction: 'sum' }), [total])
    await expectEach(losses.l1(x, y, { reduction: 'mean' }), [total / 12])
    await expectEach(losses.l1(x, y), [total / 12])
  })

  it('binary cross-entropy, of probabilities and of logits', async () => {
    const { x, p, q, xs, ps, qs } = await inputs()
    const weight = tensor([1, 2, 3, 4])
    const ofProbability = (a: number, t: number): number =>
      -t * Math.log(a) - (1 - t) * Math.log(1 - a)
    await expectEach(
      losses.binaryCrossEntropy(p, q, { ...none, weight }),
      ps.map((a, i) => ((i % 4) + 1) * ofProbability(a, qs[i]!)),
    )
    const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a))
    await expectEach(
      losses.bceWithLogits(x, q, none),
      xs.map((a, i) => ofProbability(sigmoid(a), qs[i]!)),
    )
    await expectEach(
      losses.bceWithLogits(x, q, { ...none, posWeight: weight, weight }),
      xs.map((a, i) => {
        const w = (i % 4) + 1
        const s = sigmoid(a)
        return w * (-w * qs[i]! * Math.log(s) - (1 - qs[i]!) * Math.log(1 - s))
      }),
    )
  })

  it('a sure mistake costs 100 by probability, its logit by logit', async () => {
    setEngine(engine)
    const sure = tensor([0, 1])
    const wrong = tensor([1, 0])
    expect(await numbers(losses.binaryCrossEntropy(sure, wrong, none))).toEqual([100, 100])
    const logits = tensor([-5000, 5000])
    expect(await numbers(losses.bceWithLogits(logits, wrong, none))).toEqual([5000, 5000])
  })

  it('divergences and likelihoods', async () => {
    const { x, y, p, q, xs, ys, ps, qs } = await inputs()
    await expectEach(
      losses.klDivergence(x, q, none),
      xs.map((a, i) => qs[i]! * (Math.log(qs[i]!) - a)),
    )
    await expectEach(
      losses.klDivergence(x, y, { ...none, logTarget: true }),
      xs.map((a, i) => Math.exp(ys[i]!) * (ys[i]! - a)),
    )
    const divergence = xs.reduce((sum, a, i) => sum + qs[i]! * (Math.log(qs[i]!) - a), 0)
    await expectEach(losses.klDivergence(x, q, { reduction: 'batchMean' }), [divergence / 3])
    await expectEach(
      losses.poissonNll(x, y, none),
      xs.map((a, i) => Math.exp(a) - ys[i]! * a),
    )
    const counts = tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], shape)
    await expectEach(
      losses.poissonNll(p, counts, { ...none, logInput: false, full: true, eps: 0 }),
      ps.map((a, t) => {
        const stirling = t > 1 ? t * Math.log(t) - t + Math.log(2 * Math.PI * t) / 2 : 0
        return a - t * Math.log(a) + stirling
      }),
    )
    await expectEach(
      losses.gaussianNll(x, y, p, { ...none, full: true }),
      xs.map((a, i) => (Math.log(ps[i]!) + (a - ys[i]!) ** 2 / ps[i]! + Math.log(2 * Math.PI)) / 2),
    )
  })

  it('variances below eps count as it, targets of 0 add nothing to a divergence', async () => {
    setEngine(engine)
    const [x, y] = [tensor([1]), tensor([3])]
    const loss = losses.gaussianNll(x, y, tensor([0]), { eps: 0.25 })
    await expectEach(loss, [(Math.log(0.25) + 16) / 2])
    expect(await losses.klDivergence(tensor([-3]), tensor([0])).item()).toBe(0)
  })

  it('margins', async () => {
    const { x, y, xs, ys } = await inputs()
    const signs = xs.map((_, i) => (i % 3 === 0 ? 1 : -1))
    const target = tensor(signs, shape)
    await expectEach(
      losses.hinge(x, target, none),
      xs.map((a, i) => Math.max(0, 1 - signs[i]! * a)),
    )
    await expectEach(
      losses.hingeEmbedding(x, target, { ...none, margin: 0.5 }),
      xs.map((a, i) => (signs[i] === 1 ? a : Math.max(0, 0.5 - a))),
    )
    const row = (list: readonly number[], i: number): number[] => list.slice(4 * i, 4 * i + 4)
    const dot = (a: number[], b: number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
    const cosine = [0, 1, 2].map((i) => {
      const [a, b] = [row(xs, i), row(ys, i)]
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
    })
    await expectEach(losses.cosineSimilarity(x, y), cosine)
    await expectEach(
      losses.cosineEmbedding(x, y, tensor([1, -1, -1]), { ...none, margin: -1 }),
      cosine.map((c, i) => (i === 0 ? 1 - c : Math.max(0, c + 1))),
    )
    const distance = (a: number[], b: number[]): number =>
      Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]! + 1e-6) ** 2, 0))
    const zs = xs.map((a) => a + 1)
    const z = tensor(zs, shape)
    await expectEach(
      losses.tripletMargin(x, y, z, { ...none, margin: 2 }),
      [0, 1, 2].map((i) =>
        Math.max(0, distance(row(xs, i), row(ys, i)) - distance(row(xs, i), row(zs, i)) + 2),
      ),
    )
    await expectEach(
      losses.tripletMargin(x, y, z, { ...none, margin: 2, swap: true }),
      [0, 1, 2].map((i) => {
        const far = Math.min(distance(row(xs, i), row(zs, i)), distance(row(ys, i), row(zs, i)))
        return Math.max(0, distance(row(xs, i), row(ys, i)) - far + 2)
      }),
    )
  })

  it('classes that do not count, of any number, change neither sum nor mean', async () => {
    const { x, xs } = await inputs()
    const logs = [0, 2].map((i) => {
      const row = xs.slice(4 * i, 4 * i + 4)
      return row.map((a) => Math.log(Math.exp(a) / row.reduce((sum, v) => sum + Math.exp(v), 0)))
    })
    const expected = -(logs[0]![3]! + logs[1]![1]!) / 2
    await expectEach(losses.crossEntropy(x, tensor(new Int32Array([3, -100, 1]))), [expected])
    await expectEach(
      losses.crossEntropy(x, tensor(new Int32Array([3, 255, 1])), { ignoreIndex: 255 }),
      [expected],
    )
    const bytes = losses.crossEntropy(x, tensor(new Uint8Array([3, 255, 1])), { ignoreIndex: 255 })
    await expectEach(bytes, [expected])
  })

  it('one-hot probabilities are class numbers, and smoothing spreads both alike', async () => {
    const { x } = await inputs()
    const classes = tensor(new Int32Array([3, 0, 1]))
    const hot = tensor([
      [0, 0, 0, 1],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ])
    for (const labelSmoothing of [0, 0.3]) {
      for (const reduction of ['mean', 'sum', 'none'] as const) {
        const options = { labelSmoothing, reduction }
        const byClass = await numbers(losses.crossEntropy(x, classes, options))
        await expectEach(losses.crossEntropy(x, hot, options), byClass)
      }
    }
  })

  it('a single sample needs no batch', async () => {
    setEngine(engine)
    const loss = losses.crossEntropy(tensor([0, 0]), tensor(new Int32Array([1]), []))
    await expectEach(loss, [Math.log(2)])
  })
})
