// Scalar functions after convolutions and matrix products: computed with them or after them, the same bits.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { setThreads } from '../../src/engine/threads.ts'
import { setFusion } from '../../src/engine/wasm/epilogues.ts'
import { algorithms, forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import {
  add,
  batchNorm,
  clamp,
  conv,
  div,
  explainPlan,
  greaterEqual,
  lessEqual,
  matmul,
  maximum,
  mul,
  relu,
  relu6,
  reshape,
  sub,
  type Tensor,
  tanh,
  tensor,
  where,
} from '../../src/index.ts'
import { distance, resultsOn } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'
import { convolutions, type RandomConvolution } from '../support/geometries.ts'
import { run, shapesOf } from '../support/runConvolution.ts'

const plain = { epilogues: false, folds: false, pools: false }
const fused = { epilogues: true, folds: false, pools: true }
const folded = { epilogues: true, folds: true, pools: true }

/** What may follow: a function of the result, with operands of every kind. */
const functions = {
  relu,
  relu6,
  tanh,
  residual: (y: Tensor, seed: number) => add(y, draw(y.shape, seed)),
  before: (y: Tensor, seed: number) => sub(draw(y.shape, seed), y),
  channel: (y: Tensor, seed: number, axis: number) => mul(y, alongAxis(y, axis, seed)),
  shift: (y: Tensor, seed: number, axis: number) => add(alongAxis(y, axis, seed), y),
  last: (y: Tensor, seed: number) => add(y, draw([y.shape.at(-1)!], seed)),
  scale: (y: Tensor, seed: number) => mul(y, draw([1], seed)),
  number: (y: Tensor) => maximum(mul(y, 0.75), -0.25),
  itself: (y: Tensor) => mul(y, y),
} as const
type Name = keyof typeof functions

const alongAxis = (y: Tensor, axis: number, seed: number): Tensor =>
  reshape(
    draw([y.shape[axis]!], seed),
    y.shape.map((size, a) => (a === axis ? size : 1)),
  )

const chains = fc.array(fc.constantFrom(...(Object.keys(functions) as Name[])), {
  minLength: 1,
  maxLength: 4,
})

const follow = (y: Tensor, chain: readonly Name[], axis: number, seed: number): Tensor =>
  chain.reduce((value, name, i) => functions[name](value, seed + i, axis), y)

function convolved(c: RandomConvolution, seed: number): Tensor {
  const shapes = shapesOf(c)
  const bias = shapes.bias ? draw(shapes.bias, seed + 2) : undefined
  return run(c, draw(shapes.x, seed), draw(shapes.weight, seed + 1), bias)
}

const channelAxis = (c: RandomConvolution): number =>
  c.layout === 'channels-first' ? 1 : c.rank + 1

async function under(
  fusion: Parameters<typeof setFusion>[0],
  build: () => Tensor,
): Promise<Awaited<ReturnType<Tensor['data']>>> {
  setFusion(fusion)
  const [result] = await resultsOn('wasm', () => [build()])
  return result!
}

afterEach(() => {
  setFusion(folded)
  forceAlgorithm(null)
  setThreads(1)
})

describe('epilogues', () => {
  it.each([...algorithms.map(({ name }) => name), null])(
    'leave every bit of a convolution as it is, by %s',
    async (name) => {
      const settings = fc.record({
        convolution: convolutions(),
        chain: chains,
        threads: fc.integer({ min: 1, max: 2 }),
        seed: fc.nat(1e6),
      })
      await fc.assert(
        fc.asyncProperty(settings, async ({ convolution, chain, threads, seed }) => {
          setThreads(threads)
          forceAlgorithm(name)
          const build = (): Tensor =>
            follow(convolved(convolution, seed), chain, channelAxis(convolution), seed + 10)
          const expected = await under(plain, build)
          expect(distance(await under(fused, build), expected)).toBe(0)
          const [exact] = await resultsOn('reference', () => [build()])
          expect(distance(await under(folded, build), exact!)).toBeLessThanOrEqual(3e-5)
        }),
        { numRuns: 60 },
      )
    },
    120_000,
  )

  it('leave every bit of a matrix product as it is', async () => {
    const settings = fc.record({
      batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      sizes: fc.tuple(fc.nat(40), fc.nat(40), fc.nat(300)),
      vector: fc.constantFrom('m', 'n', null),
      transposed: fc.tuple(fc.boolean(), fc.boolean()),
      chain: chains,
      threads: fc.integer({ min: 1, max: 2 }),
      seed: fc.nat(1e6),
    })
    await fc.assert(
      fc.asyncProperty(settings, async ({ batch, sizes, vector, transposed, ...rest }) => {
        setThreads(rest.threads)
        const [m, n, k] = [
          vector === 'm' ? 1 : sizes[0] + 1,
          vector === 'n' ? 1 : sizes[1] + 1,
          sizes[2] + 1,
        ]
        const [transposeA, transposeB] = transposed
        const build = (): Tensor => {
          const a = draw([...batch, ...(transposeA ? [k, m] : [m, k])], rest.seed)
          const b = draw([...batch, ...(transposeB ? [n, k] : [k, n])], rest.seed + 1)
          const y = matmul(a, b, { transposeA, transposeB })
          return follow(y, rest.chain, batch.length, rest.seed + 10)
        }
        const expected = await under(plain, build)
        expect(distance(await under(fused, build), expected)).toBe(0)
        const [exact] = await resultsOn('reference', () => [build()])
        expect(distance(expected, exact!)).toBeLessThanOrEqual(3e-5)
      }),
      { numRuns: 100 },
    )
  }, 120_000)
})

it('bounds hold on to NaN, infinities and zeros of either sign', async () => {
  const cells = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    0,
    -2,
    6,
    5.5,
    -3,
    8,
  ]
  const build = (): Tensor[] => {
    const x = tensor(Float32Array.from(cells))
    const within = (low: number, high: number): Tensor =>
      where(lessEqual(x, low), low, where(greaterEqual(x, high), high, x))
    const clamped = clamp(x, { min: -2, max: 6 })
    return [relu6(x), clamped, within(-2, 6), within(-0, 6), within(Number.NaN, 6), within(-2, 0)]
  }
  expect(await resultsOn('wasm', build)).toEqual(await resultsOn('reference', build))
})

describe('a sum of many results', () => {
  const build = (): Tensor => {
    const x = draw([1, 8, 6, 10], 1)
    const each = [1, 2, 3, 4, 5].map((seed) => tanh(conv(x, draw([6, 8, 1, 1], 10 * seed))))
    const product = matmul(draw([1, 6, 6, 10], 7), draw([10, 10], 8))
    return relu(
      add(
        each.reduce((sum, next) => add(sum, next)),
        product,
      ),
    )
  }

  it('is added up by those that make the results, each in its turn', async () => {
    const { steps } = await explainPlan(build())
    const after = steps.filter(({ isKept }) => !isKept).map(({ operator }) => operator)
    expect(after.filter((name) => name === 'convolution')).toHaveLength(5)
    expect(after.toSorted()).toEqual([...Array(5).fill('convolution'), 'matmul'])
  })

  it('has the bits that it has apart', async () => {
    const expected = await under(plain, build)
    expect(distance(await under(fused, build), expected)).toBe(0)
    const [exact] = await resultsOn('reference', () => [build()])
    expect(distance(expected, exact!)).toBeLessThanOrEqual(1e-5)
  })
})

describe('batch normalisation in use', () => {
  it('is folded into the weight, in every geometry', async () => {
    const settings = fc.record({ convolution: convolutions(), seed: fc.nat(1e6) })
    await fc.assert(
      fc.asyncProperty(settings, async ({ convolution: c, seed }) => {
        const channels = c.groups * c.outPerGroup
        const build = (): Tensor => {
          const vector = (i: number): Tensor => draw([channels], seed + 20 + i)
          const y = batchNorm(convolved(c, seed), {
            mean: vector(0),
            variance: add(vector(1), 1.25),
            weight: vector(2),
            bias: vector(3),
            layout: c.layout,
          })
          return relu(add(y, draw(y.shape, seed + 30)))
        }
        const [exact] = await resultsOn('reference', () => [build()])
        expect(distance(await under(folded, build), exact!)).toBeLessThanOrEqual(1e-5)
      }),
      { numRuns: 100 },
    )
  }, 120_000)

  it('costs nothing beside the convolutions of a residual block', async () => {
    const [x, weight, side] = [
      [1, 8, 6, 6],
      [12, 8, 3, 3],
      [12, 8, 1, 1],
    ].map((shape, i) => draw(shape, i)) as [Tensor, Tensor, Tensor]
    const c = { ...residual, input: [6, 6] }
    const norm = (y: Tensor, seed: number): Tensor => {
      const vector = (i: number): Tensor => draw([12], seed + i)
      const options = { mean: vector(0), weight: vector(2), bias: vector(3) }
      return batchNorm(y, { ...options, variance: add(vector(1), 1.25) })
    }
    const main = norm(
      run(
        {
          ...c,
          kernel: [3, 3],
          padding: [
            [1, 1],
            [1, 1],
          ],
        },
        x,
        weight,
      ),
      1,
    )
    const y = relu(add(main, norm(run({ ...c, kernel: [1, 1] }, x, side), 9)))
    const { steps } = await explainPlan(y)
    const after = steps.filter(({ isKept }) => !isKept)
    expect(after.map(({ operator }) => operator)).toEqual(['convolution', 'convolution'])
  })

  it('is made anew when a statistic changes, and not before', async () => {
    const c = { ...residual, input: [5, 5], kernel: [1, 1] }
    const [x, weight] = [draw([1, 8, 5, 5], 1), draw([12, 8, 1, 1], 2)]
    const [mean, variance, other] = [3, 4, 5].map((seed) => add(draw([12], seed), 1.5))
    await Promise.all([mean!.data(), variance!.data(), other!.data()])
    const build = (middle: Tensor, spread: Tensor, divisor: number): Tensor =>
      div(batchNorm(run(c, x, weight), { mean: middle, variance: spread }), divisor)
    for (const [middle, spread, divisor] of [
      [mean!, variance!, 1],
      [mean!, variance!, 1],
      [mean!, other!, 1],
      [other!, other!, 1],
      [other!, other!, 1.5],
      [mean!, variance!, 1],
    ] as const) {
      const make = (): Tensor => build(middle, spread, divisor)
      const [exact] = await resultsOn('reference', () => [make()])
      expect(distance(await under(folded, make), exact!)).toBeLessThanOrEqual(1e-5)
    }
  })
})

const residual: RandomConvolution = {
  rank: 2,
  transposed: false,
  paddingMode: 'zeros',
  batch: 1,
  groups: 1,
  inPerGroup: 8,
  outPerGroup: 12,
  layout: 'channels-first',
  bias: false,
  input: [],
  kernel: [],
  stride: [1, 1],
  dilation: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  outputPadding: [0, 0],
}
