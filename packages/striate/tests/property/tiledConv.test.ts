// Convolution in tiles against the convolution of the whole, and how much a tile holds.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  type Box,
  conv,
  setEngine,
  slice,
  type Tensor,
  tensor,
  tiledConv,
} from '../../src/index.ts'
import { layInto } from '../../src/stream/tile/box.ts'
import { distance } from '../support/agreement.ts'
import { draw, sizeOf } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

type Values = Float32Array | Float64Array

const axis = fc.record({
  input: fc.integer({ min: 3, max: 9 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  low: fc.integer({ min: 1, max: 2 }),
  high: fc.integer({ min: 1, max: 2 }),
  tile: fc.integer({ min: 1, max: 5 }),
})

const cases = fc.record({
  axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
  batch: fc.integer({ min: 1, max: 2 }),
  groups: fc.integer({ min: 1, max: 2 }),
  inputs: fc.integer({ min: 1, max: 2 }),
  outputs: fc.integer({ min: 1, max: 2 }),
  paddingMode: fc.constantFrom('zeros', 'reflect', 'replicate', 'circular'),
  layout: fc.constantFrom('channels-first', 'channels-last'),
  dtype: fc.constantFrom('float32', 'float64'),
  hasBias: fc.boolean(),
  seed: fc.nat(100_000),
})

/** Reads boxes of a tensor, and checks that they lie inside. */
const reader =
  (x: Tensor) =>
  async ({ start, shape }: Box): Promise<Values> => {
    const end = start.map((first, a) => first + shape[a]!)
    expect(end.every((last, a) => start[a]! >= 0 && shape[a]! > 0 && last <= x.shape[a]!)).toBe(
      true,
    )
    return (await slice(x, start, end).data()) as Values
  }

describe.each(engines)('tiles on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('give the convolution of the whole in any rank, layout and padding mode', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const { axes, groups, paddingMode, layout, seed, dtype } = c
        const settings = {
          stride: axes.map((a) => a.stride),
          dilation: axes.map((a) => a.dilation),
          padding: axes.map((a) => [a.low, a.high] as const),
          paddingMode,
          groups,
          layout,
          bias: c.hasBias ? draw([c.outputs * groups], seed + 2, dtype) : undefined,
        }
        const space = axes.map((a) => a.input)
        const channels = c.inputs * groups
        const shape =
          layout === 'channels-first'
            ? [c.batch, channels, ...space]
            : [c.batch, ...space, channels]
        const x = draw(shape, seed, dtype)
        const kernel = axes.map((a) => a.kernel)
        const weight = draw([c.outputs * groups, c.inputs, ...kernel], seed + 1, dtype)
        const whole = conv(x, weight, settings)
        const expected = (await whole.data()) as Values
        const got = expected.slice().fill(Number.NaN)
        const progress: number[] = []
        const result = await tiledConv(
          reader(x),
          async (box, values) => layInto(got, whole.shape, box, values),
          {
            shape,
            weight,
            ...settings,
            tile: axes.map((a) => a.tile),
            onProgress: ({ done, total }) => progress.push(done / total),
          },
        )
        expect(result).toEqual(whole.shape)
        expect(progress.at(-1)).toBe(1)
        expect(distance(got, expected)).toBeLessThan(dtype === 'float64' ? 1e-12 : 2e-6)
      }),
      { numRuns: 50 },
    )
  }, 120_000)

  it('hold no more than a tile with its halo', async () => {
    const shape = [1, 2, 4000, 3000]
    const [reads, writes] = [new Set<number>(), new Set<number>()]
    await tiledConv(
      async ({ shape: box }) => {
        reads.add(sizeOf(box))
        return new Float32Array(sizeOf(box)).fill(1)
      },
      async (_, values) => {
        writes.add(values.length)
      },
      {
        shape,
        weight: tensor(new Float32Array(2 * 9).fill(1), [1, 2, 3, 3]),
        padding: 1,
        tile: [1000, 750],
      },
    )
    expect(Math.max(...reads)).toBe(2 * 1002 * 752)
    expect(Math.max(...writes)).toBe(1000 * 750)
  })

  it('are chosen so that they fit, and need not hold a shape that no memory would', async () => {
    const shape = [1, 1, 2 ** 40]
    const stop = new Error('seen enough')
    let values = 0
    const work = tiledConv(
      async ({ shape: box }) => new Float32Array(sizeOf(box)),
      async (_, given) => {
        values = given.length
        throw stop
      },
      { shape, weight: draw([1, 1, 5], 1) },
    )
    await expect(work).rejects.toBe(stop)
    expect(values).toBeGreaterThan(2 ** 19)
    expect(values).toBeLessThan(2 ** 22)
  })
})

describe('tiles', () => {
  it('refuse what the whole convolution refuses, and values that do not fill a box', async () => {
    const weight = draw([1, 2, 3], 1)
    const [read, write] = [async () => new Float32Array(3), async () => undefined]
    await expect(tiledConv(read, write, { shape: [1, 1, 9], weight })).rejects.toThrow(
      'tiledConv: weight expects 2 input channels per group',
    )
    await expect(
      tiledConv(read, write, { shape: [1, 2, 4], weight, padding: 4, paddingMode: 'reflect' }),
    ).rejects.toThrow("must be at most 3 for paddingMode 'reflect'")
    await expect(tiledConv(read, write, { shape: [1, 2, 9], weight, tile: 0 })).rejects.toThrow(
      'tiledConv: tile must be a whole number of at least 1',
    )
    await expect(tiledConv(read, write, { shape: [1, 2, 9], weight })).rejects.toThrow(
      'read must give a Float32Array or Float64Array of 18 values for a box of shape [1, 2, 9], got Float32Array of 3',
    )
  })
})
