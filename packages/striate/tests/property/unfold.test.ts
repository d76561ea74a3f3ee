// Unfolding against convolution, and folding as its adjoint.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  broadcastTo,
  conv,
  gradients,
  matmul,
  mul,
  permute,
  reshape,
  setEngine,
  sum,
  tensor,
} from '../../src/index.ts'
import { fold, unfold } from '../../src/ops/unfold.ts'
import { draw, expectClose, sizeOf, toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

const axis = fc.record({
  input: fc.integer({ min: 3, max: 7 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  low: fc.integer({ min: 1, max: 3 }),
  high: fc.integer({ min: 1, max: 3 }),
})

const cases = fc.record({
  axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
  channels: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(100_000),
})

const runs = { numRuns: 30 }

describe.each(engines)('unfold and fold on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('lay out columns whose product with the weights is the convolution', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ axes, channels, seed }) => {
        const kernel = axes.map((a) => a.kernel)
        const options = {
          stride: axes.map((a) => a.stride),
          dilation: axes.map((a) => a.dilation),
          padding: axes.map((a) => [a.low, a.high] as const),
        }
        const x = draw([2, channels, ...axes.map((a) => a.input)], seed)
        const weight = draw([4, channels, ...kernel], seed + 1)
        const columns = unfold(x, kernel, options)
        const want = conv(x, weight, options)
        const rows = channels * sizeOf(kernel)
        expect(columns.shape).toEqual([2, rows, sizeOf(want.shape.slice(2))])
        const product = matmul(reshape(weight, [4, rows]), columns)
        await expectClose(reshape(product, want.shape), want)
        const last = unfold(toLast(x), kernel, { ...options, layout: 'channels-last' })
        await expectClose(permute(last, [0, 2, 1]), columns, 0)
      }),
      runs,
    )
  })

  it('fold what was unfolded to each cell times the number of windows over it', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.boolean(), async ({ axes, channels, seed }, isLast) => {
        const kernel = axes.map((a) => a.kernel)
        const space = axes.map((a) => a.input)
        const options = {
          stride: axes.map((a) => a.stride),
          dilation: axes.map((a) => a.dilation),
          padding: axes.map((a) => [a.low, a.high] as const),
          layout: isLast ? 'channels-last' : 'channels-first',
        } as const
        const first = draw([2, channels, ...space], seed)
        const x = isLast ? toLast(first) : first
        const back = fold(unfold(x, kernel, options), space, kernel, options)
        // How many windows read a cell is the gradient of the sum over all columns.
        const ones = broadcastTo(tensor(1), first.shape)
        const [count] = gradients(
          sum(
            conv(ones, broadcastTo(tensor(1), [1, channels, ...kernel]), {
              ...options,
              layout: 'channels-first',
            }),
          ),
          [ones],
        )
        await expectClose(isLast ? toFirst(back) : back, mul(first, count!))
      }),
      runs,
    )
  })

  it('are each other’s adjoints: ⟨unfold x, y⟩ = ⟨x, fold y⟩', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ axes, channels, seed }) => {
        const kernel = axes.map((a) => a.kernel)
        const space = axes.map((a) => a.input)
        const options = {
          stride: axes.map((a) => a.stride),
          dilation: axes.map((a) => a.dilation),
          padding: axes.map((a) => [a.low, a.high] as const),
        }
        const x = draw([2, channels, ...space], seed)
        const columns = unfold(x, kernel, options)
        const y = draw(columns.shape, seed + 1)
        const [dx] = gradients(columns, [x], y)
        await expectClose(fold(y, space, kernel, options), dx!)
      }),
      runs,
    )
  })
})
