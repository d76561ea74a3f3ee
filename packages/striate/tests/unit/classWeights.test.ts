// Rare classes: weights as PyTorch's loss takes them, and samples drawn as often as wanted.
import {
  balancedSampling,
  classWeights,
  crossEntropy,
  crossEntropyLoss,
  type Dataset,
  evaluate,
  fit,
  fromArrays,
  manualSeed,
  nn,
  setEngine,
  sgd,
  tensor,
} from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'

afterAll(() => setEngine('wasm'))
beforeEach(() => setEngine('reference'))

describe('weights of classes', () => {
  it('are the inverse of how often a class comes, and 1 in the mean over samples', async () => {
    const labels = Int32Array.of(0, 0, 0, 0, 0, 2, 2, 3)
    const weights = Array.from(await classWeights(labels).data())
    expect(weights.length).toBe(4)
    expect(weights[1]).toBe(0)
    const perSample = Array.from(labels, (label) => weights[label]!)
    expect(perSample.reduce((a, b) => a + b)).toBeCloseTo(8, 5)
    for (const [label, count] of [
      [0, 5],
      [2, 2],
      [3, 1],
    ] as const)
      expect(weights[label]).toBeCloseTo(8 / (3 * count), 5)
    expect(classWeights(labels, { classes: 6 }).shape).toEqual([6])
  })

  it('by effective numbers lie between equal and inverse', async () => {
    const labels = [...new Array<number>(100).fill(0), 1]
    const [many, one] = await classWeights(labels, { beta: 0.99 }).data()
    // (1 − 0.99¹⁰⁰) / 0.01 = 63.4 effective samples against 1.
    expect(one! / many!).toBeCloseTo((1 - 0.99 ** 100) / 0.01, 3)
  })

  for (const engine of engines) {
    // torch.nn.CrossEntropyLoss: ℓ = Σ w[yₙ]·lossₙ / Σ w[yₙ], of those that are not ignored.
    it(`make PyTorch's weighted mean on the ${engine} engine`, async () => {
      setEngine(engine)
      const logits = [
        [1, -2, 0.5],
        [0, 3, 1],
        [2, 2, -1],
        [-1, 0, 1],
      ]
      const targets = [0, 2, 1, -100]
      const weights = [0.5, 2, 3]
      let [total, over] = [0, 0]
      for (const [row, target] of targets.entries()) {
        if (target < 0) continue
        const sum = logits[row]!.reduce((all, each) => all + Math.exp(each), 0)
        total += weights[target]! * (Math.log(sum) - logits[row]![target]!)
        over += weights[target]!
      }
      const loss = crossEntropyLoss({ weight: tensor(weights) })
      const [x, t] = [tensor(logits), tensor(Int32Array.from(targets))]
      expect(await loss(x, t).item()).toBeCloseTo(total / over, 5)
      expect(await loss.weighted!.sum(x, t).item()).toBeCloseTo(total, 5)
      expect(await loss.weighted!.weight(t).item()).toBeCloseTo(over, 6)
    })
  }

  it('weigh probabilities by elements, and agree with the mean for every kind of target', async () => {
    const x = tensor(
      Float64Array.from({ length: 2 * 3 * 4 }, (_, at) => Math.cos(at)),
      [2, 3, 4],
    )
    const classes = tensor(
      Int32Array.from({ length: 8 }, (_, at) => at % 3),
      [2, 4],
    )
    const shares = tensor(new Float64Array(24).fill(1 / 3), [2, 3, 4])
    const weight = tensor(Float64Array.of(1, 5, 0.25))
    for (const target of [classes, shares]) {
      for (const options of [{}, { weight }, { weight, labelSmoothing: 0.2 }]) {
        const { weighted } = crossEntropyLoss(options)
        const sum = await weighted!.sum(x, target).item()
        const mean = await crossEntropy(x, target, options).item()
        expect(sum / (await weighted!.weight(target).item())).toBeCloseTo(mean, 6)
      }
    }
  })

  it('refuse labels that are none', () => {
    expect(() => classWeights([])).toThrow(
      'classWeights: labels must be a list of at least one, got []',
    )
    expect(() => classWeights([0, 1.5])).toThrow(
      'labels must be whole numbers from 0, got 1.5 at 1',
    )
    expect(() => classWeights([0, 3], { classes: 3 })).toThrow(
      'whole numbers from 0 to 2, got 3 at 1',
    )
  })
})

/** Hands out sample numbers, and notes them. */
function noting(length: number): { dataset: Dataset; seen: number[] } {
  const seen: number[] = []
  const inner = fromArrays({ x: { data: new Float32Array(length), shape: [length, 1] } })
  const batch = (indices: Uint32Array) => {
    seen.push(...indices)
    return inner.batch(indices)
  }
  return { dataset: { length, batch }, seen }
}

describe('sampling by weight', () => {
  const options = { loss: nn.identity().forward.bind(nn.identity()), epochs: 1, batchSize: 10 }
  const train = async (sampling: object, more: object = {}): Promise<number[]> => {
    const { dataset, seen } = noting(100)
    manualSeed(1)
    const net = nn.linear(1, 1)
    const optimizer = sgd({ learningRate: 0 })
    const loss = (y: Parameters<typeof crossEntropy>[0]) =>
      crossEntropy(y, tensor(new Int32Array(y.shape[0]!)))
    await fit(net, dataset, { ...options, ...more, loss, optimizer, sampling: sampling as never })
    return seen
  }

  it('draws each class as often, from the seed alone', async () => {
    const labels = Array.from({ length: 100 }, (_, at) => (at < 90 ? 0 : at < 98 ? 1 : 2))
    const sampling = balancedSampling(labels, { count: 3000 })
    const seen = await train(sampling)
    expect(seen).toHaveLength(3000)
    for (const label of [0, 1, 2]) {
      const share = seen.filter((index) => labels[index] === label).length / 3000
      // Three standard deviations of a share of a third.
      expect(Math.abs(share - 1 / 3)).toBeLessThan(3 * Math.sqrt(2 / 9 / 3000))
    }
    expect(await train(sampling)).toEqual(seen)
    expect(await train(sampling, { seed: 1 })).not.toEqual(seen)
  })

  it('never draws a sample of weight 0, and each epoch anew', async () => {
    const weights = new Float64Array(100)
    weights[7] = weights[42] = 1
    const seen = await train({ weights, count: 40 }, { epochs: 2 })
    expect(new Set(seen)).toEqual(new Set([7, 42]))
    expect(seen.slice(0, 40)).not.toEqual(seen.slice(40))
  })

  it('refuses weights that are none', async () => {
    const cases: [object, string][] = [
      [
        { weights: [1] },
        'sampling.weights must be a list of 100 weights, one for each sample, got 1',
      ],
      [
        { weights: new Float64Array(100) },
        'sampling.weights must have a sum above 0 that is finite, got 0',
      ],
      [{ weights: new Float64Array(100).fill(-1) }, 'finite numbers of at least 0, got -1 at 0'],
      [
        { weights: new Float64Array(100).fill(1), count: 0 },
        'sampling.count must be a whole number',
      ],
    ]
    for (const [sampling, message] of cases) await expect(train(sampling)).rejects.toThrow(message)
  })
})

it('evaluates what no weight counts as 0 samples', async () => {
  const loss = crossEntropyLoss({ ignoreIndex: 0 })
  const x = { data: Float32Array.of(1, 2, 2, 1), shape: [2, 2] }
  const dataset = fromArrays({ x, target: Int32Array.of(0, 1) })
  const result = await evaluate(nn.identity(), dataset, { loss, batchSize: 1 })
  expect(result.loss).toBeCloseTo(Math.log(1 + Math.E), 6)
})
