// Cells moved between channels, space and batch: round trips, orders, and the convolution that they turn into another.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { conv, pad, setEngine } from '../../src/index.ts'
import {
  channelShuffle,
  depthToSpace,
  pixelShuffle,
  pixelUnshuffle,
  spaceToDepth,
} from '../../src/ops/pixelShuffle.ts'
import { batchToSpace, spaceToBatch } from '../../src/ops/spaceToBatch.ts'
import { draw, expectClose, sizeOf, toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

const cases = fc.record({
  axes: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })), {
    minLength: 1,
    maxLength: 3,
  }),
  channels: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(100_000),
})

const runs = { numRuns: 40 }

describe.each(engines)('moving cells on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('comes back by the inverse, in both layouts and both orders', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ axes, channels, seed }) => {
        const space = axes.map(([size]) => size)
        const factors = axes.map(([, factor]) => factor)
        const x = draw([2, channels * sizeOf(factors), ...space], seed)
        const wide = pixelShuffle(x, factors)
        expect(wide.shape).toEqual([2, channels, ...axes.map(([size, factor]) => size * factor)])
        await expectClose(pixelUnshuffle(wide, factors), x, 0)
        const layout = 'channels-last'
        const last = pixelShuffle(toLast(x), factors, { layout })
        await expectClose(toFirst(last), wide, 0)
        await expectClose(toFirst(pixelUnshuffle(last, factors, { layout })), x, 0)
        await expectClose(depthToSpace(x, factors, { mode: 'CRD' }), wide, 0)
        const deep = depthToSpace(x, factors)
        await expectClose(spaceToDepth(deep, factors), x, 0)
        const deepLast = depthToSpace(toLast(x), factors, { layout })
        await expectClose(toFirst(deepLast), deep, 0)
        await expectClose(toFirst(spaceToDepth(deepLast, factors, { layout })), x, 0)
      }),
      runs,
    )
  })

  it('numbers deep channels as PyTorch and as ONNX do', async () => {
    const [batch, channels, height, width] = [2, 3, 2, 4]
    const [down, across] = [3, 2]
    const x = draw([batch, channels * down * across, height, width], 5)
    const data = await x.data()
    const from = (order: (c: number, i: number, j: number) => number): Float32Array => {
      const out: number[] = []
      for (let n = 0; n < batch; n++)
        for (let c = 0; c < channels; c++)
          for (let y = 0; y < height * down; y++)
            for (let z = 0; z < width * across; z++) {
              const deep = order(c, y % down, z % across)
              const row = (n * channels * down * across + deep) * height + Math.floor(y / down)
              out.push(data[row * width + Math.floor(z / across)]!)
            }
      return Float32Array.from(out)
    }
    const factors = [down, across]
    const pixels = from((c, i, j) => (c * down + i) * across + j)
    const depths = from((c, i, j) => (i * across + j) * channels + c)
    await expectClose(pixelShuffle(x, factors), pixels, 0)
    await expectClose(depthToSpace(x, factors), depths, 0)
  })

  it('deals channels out and back', async () => {
    const x = draw([2, 12, 3], 1)
    for (const groups of [1, 2, 3, 4, 6, 12]) {
      const dealt = channelShuffle(x, groups)
      await expectClose(channelShuffle(dealt, 12 / groups), x, 0)
      await expectClose(
        toFirst(channelShuffle(toLast(x), groups, { layout: 'channels-last' })),
        dealt,
        0,
      )
    }
  })

  it('comes back from the batch, padding cut off', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.boolean(), async ({ axes, channels, seed }, last) => {
        const blocks = axes.map(([, factor]) => factor)
        const padding = axes.map(
          ([size, factor]) => [(factor - (size % factor)) % factor, factor] as const,
        )
        const space = axes.map(([size]) => size)
        const layout = last ? 'channels-last' : 'channels-first'
        const shape = last ? [2, ...space, channels] : [2, channels, ...space]
        const x = draw(shape, seed)
        const many = spaceToBatch(x, blocks, { padding, layout })
        expect(many.shape[0]).toBe(2 * sizeOf(blocks))
        await expectClose(batchToSpace(many, blocks, { crops: padding, layout }), x, 0)
      }),
      runs,
    )
  })

  it('turns a dilated convolution into a plain one of blocks in the batch', async () => {
    const x = draw([2, 3, 8, 9], 1)
    const weight = draw([4, 3, 2, 3], 2)
    const blocks = spaceToBatch(x, [2, 3])
    const plain = conv(blocks, weight)
    const dilated = conv(x, weight, { dilation: [2, 3] })
    await expectClose(batchToSpace(plain, [2, 3]), dilated)
    const padded = spaceToBatch(x, [2, 3], {
      padding: [
        [1, 1],
        [0, 3],
      ],
    })
    await expectClose(
      padded,
      spaceToBatch(
        pad(x, [
          [1, 1],
          [0, 3],
        ]),
        [2, 3],
      ),
      0,
    )
  })
})
