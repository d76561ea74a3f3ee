// Maximum pooling after convolutions: computed with them or after them, the same bits.
import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import { setThreads } from '../../src/engine/threads.ts'
import { setFusion } from '../../src/engine/wasm/epilogues.ts'
import { algorithms, forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import {
  adaptiveMaxPool,
  conv,
  explainPlan,
  maximum,
  maxPool,
  mul,
  relu,
  sigmoid,
  type Tensor,
  tanh,
  tensor,
} from '../../src/index.ts'
import { distance, resultsOn } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'

const together = { epilogues: true, folds: true, pools: true }
const apart = { ...together, pools: false }

/** What may stand between the convolution and its pooling. */
const functions = {
  relu,
  tanh,
  falling: (y: Tensor) => mul(y, -1.5),
  bounded: (y: Tensor) => maximum(mul(y, 0.75), -0.25),
  swish: (y: Tensor) => mul(y, sigmoid(y)),
  scaled: (y: Tensor) => mul(y, draw([1], 5)),
} as const

/** Sizes of one axis: the convolution's, then the pooling's. */
const axis = (most: number) =>
  fc.record({
    input: fc.integer({ min: 6, max: most }),
    kernel: fc.integer({ min: 1, max: 5 }),
    stride: fc.constantFrom(1, 1, 1, 2),
    dilation: fc.constantFrom(1, 1, 1, 2),
    padding: fc.integer({ min: 0, max: 2 }),
    window: fc.integer({ min: 1, max: 4 }),
    windowStride: fc.constantFrom(null, null, null, 1, 2, 3),
    windowPadding: fc.constantFrom(0, 0, 0, 1, 2),
    windowDilation: fc.constantFrom(1, 1, 1, 2),
  })
type Axis = typeof axis extends (most: number) => fc.Arbitrary<infer T> ? T : never

const resultSize = ({ input, kernel, stride, dilation, padding }: Axis): number =>
  Math.floor((input + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1

const fits = (each: Axis): boolean =>
  resultSize(each) >= (each.window - 1) * each.windowDilation + 1 &&
  2 * each.windowPadding <= each.window

const cases = fc.integer({ min: 1, max: 3 }).chain((rank) =>
  fc.record({
    axes: fc.array(axis([90, 34, 12][rank - 1]!).filter(fits), {
      minLength: rank,
      maxLength: rank,
    }),
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.constantFrom(1, 1, 2),
    inPerGroup: fc.integer({ min: 1, max: 9 }),
    outPerGroup: fc.integer({ min: 1, max: 20 }),
    layout: fc.constantFrom('channels-first' as const, 'channels-last' as const),
    bias: fc.boolean(),
    ceilMode: fc.boolean(),
    isAdaptive: fc.constantFrom(false, false, false, true),
    precision: fc.constantFrom('fast' as const, 'exact' as const),
    chain: fc.array(fc.constantFrom(...(Object.keys(functions) as (keyof typeof functions)[])), {
      maxLength: 2,
    }),
    threads: fc.integer({ min: 1, max: 2 }),
    seed: fc.nat(1e6),
  }),
)

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never

function pooled(c: Case): Tensor {
  const { axes, layout, groups, precision } = c
  const space = axes.map(({ input }) => input)
  const [channels, outputs] = [groups * c.inPerGroup, groups * c.outPerGroup]
  const isFirst = layout === 'channels-first'
  const x = draw([c.batch, ...(isFirst ? [channels, ...space] : [...space, channels])], c.seed)
  const weight = draw([outputs, c.inPerGroup, ...axes.map(({ kernel }) => kernel)], c.seed + 1)
  const y = conv(x, weight, {
    bias: c.bias ? draw([outputs], c.seed + 2) : undefined,
    stride: axes.map(({ stride }) => stride),
    dilation: axes.map(({ dilation }) => dilation),
    padding: axes.map(({ padding }) => padding),
    groups,
    layout,
    precision,
  })
  const after = c.chain.reduce((value, name) => functions[name](value), y)
  if (c.isAdaptive) {
    const sizes = axes.map((each) => Math.ceil(resultSize(each) / each.window))
    return adaptiveMaxPool(after, sizes, { layout })
  }
  return maxPool(
    after,
    axes.map(({ window }) => window),
    {
      stride: axes.map(({ window, windowStride }) => windowStride ?? window),
      padding: axes.map(({ windowPadding }) => windowPadding),
      dilation: axes.map(({ windowDilation }) => windowDilation),
      ceilMode: c.ceilMode,
      layout,
    },
  )
}

afterEach(() => {
  setFusion(together)
  forceAlgorithm(null)
  setThreads(1)
})

const isTogether = async (y: Tensor): Promise<boolean> => {
  const { steps } = await explainPlan(y)
  return steps.every(({ operator }) => operator !== 'windowMax')
}

it.each([...algorithms.map(({ name }) => name), null])(
  'a pooling leaves every bit as it is, by %s',
  async (name) => {
    let fused = 0
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        setThreads(c.threads)
        forceAlgorithm(name)
        const build = (): Tensor[] => [pooled(c)]
        setFusion(apart)
        expect(await isTogether(pooled(c))).toBe(false)
        const [expected] = await resultsOn('wasm', build)
        setFusion(together)
        if (await isTogether(pooled(c))) fused++
        const [got] = await resultsOn('wasm', build)
        expect(distance(got!, expected!)).toBe(0)
        const [exact] = await resultsOn('reference', build)
        expect(distance(got!, exact!)).toBeLessThanOrEqual(3e-5)
      }),
      { numRuns: 80 },
    )
    if (name === 'winograd') expect(fused).toBeGreaterThan(8)
  },
  240_000,
)

it('NaN wins wherever it lies in a window', async () => {
  const x = draw([1, 8, 24, 24], 1)
  const weight = draw([8, 8, 3, 3], 2)
  const cells = Float32Array.from(await x.data())
  for (const at of [0, 24 * 24 - 1, 5 * 24 * 24 + 13 * 24 + 6]) cells[at] = Number.NaN
  const build = (): Tensor[] => [
    maxPool(conv(tensor(cells, [1, 8, 24, 24]), weight, { padding: 1 }), 2),
  ]
  setFusion(apart)
  const [expected] = await resultsOn('wasm', build)
  expect(expected!.some(Number.isNaN) && !expected!.every(Number.isNaN)).toBe(true)
  setFusion(together)
  expect(await isTogether(build()[0]!)).toBe(true)
  expect((await resultsOn('wasm', build))[0]).toEqual(expected)
})
