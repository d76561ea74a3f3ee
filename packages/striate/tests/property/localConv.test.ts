// Locally connected convolution against plain convolution, one output cell at a time.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { add, broadcastTo, conv, reshape, setEngine, slice, type Tensor } from '../../src/index.ts'
import { localConv, localConv1d, localConv2d, localConv3d } from '../../src/ops/localConv.ts'
import { draw, expectClose, sizeOf, toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

const axis = fc.record({
  input: fc.integer({ min: 3, max: 5 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  low: fc.integer({ min: 1, max: 2 }),
  high: fc.integer({ min: 1, max: 2 }),
})

const cases = fc.record({
  axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
  groups: fc.integer({ min: 1, max: 3 }),
  inputs: fc.integer({ min: 1, max: 2 }),
  outputs: fc.integer({ min: 1, max: 2 }),
  paddingMode: fc.constantFrom('zeros', 'reflect', 'replicate', 'circular'),
  seed: fc.nat(100_000),
})

const runs = { numRuns: 30 }

/** Output cell `o` of `y` alone. */
const cellOf = (y: Tensor, at: readonly number[]): Tensor =>
  slice(
    y,
    at,
    at.map((o) => o + 1),
    { axes: at.map((_, a) => a + 2) },
  )

describe.each(engines)('locally connected convolution on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('with the same kernel at every cell is convolution, in both layouts', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ axes, groups, inputs, outputs, paddingMode, seed }) => {
        const options = {
          stride: axes.map((a) => a.stride),
          dilation: axes.map((a) => a.dilation),
          padding: axes.map((a) => [a.low, a.high] as const),
          paddingMode,
          groups,
        }
        const x = draw([2, groups * inputs, ...axes.map((a) => a.input)], seed)
        const kernel = draw([groups * outputs, inputs, ...axes.map((a) => a.kernel)], seed + 1)
        const bias = draw([groups * outputs], seed + 2)
        const want = conv(x, kernel, { ...options, bias })
        const weight = broadcastTo(kernel, [...want.shape.slice(2), ...kernel.shape])
        await expectClose(localConv(x, weight, { ...options, bias }), want)
        const last = { ...options, bias, layout: 'channels-last' } as const
        await expectClose(toFirst(localConv(toLast(x), weight, last)), want)
      }),
      runs,
    )
  })

  it('at each cell is convolution with the kernel and the bias of that cell', async () => {
    const x = draw([2, 4, 5, 6], 1)
    const options = {
      stride: [2, 3],
      padding: [
        [1, 0],
        [2, 1],
      ],
      groups: 2,
    } as const
    const weight = draw([3, 3, 6, 2, 2, 3], 2)
    const bias = draw([3, 3, 6], 3)
    const y = localConv(x, weight, { ...options, bias })
    expect(y.shape).toEqual([2, 6, 3, 3])
    for (const row of [0, 1, 2]) {
      for (const column of [0, 1, 2]) {
        const kernel = reshape(slice(weight, [row, column], [row + 1, column + 1]), [6, 2, 2, 3])
        const shift = reshape(slice(bias, [row, column], [row + 1, column + 1]), [6])
        const want = conv(x, kernel, { ...options, bias: shift })
        await expectClose(cellOf(y, [row, column]), cellOf(want, [row, column]))
      }
    }
  })

  it('has typed faces for one, two and three axes', async () => {
    for (const [i, face] of [localConv1d, localConv2d, localConv3d].entries()) {
      const space = [4, 3, 2].slice(0, i + 1)
      const x = draw([1, 2, ...space], i)
      const outputs = space.map((size) => size - 1)
      const weight = draw([...outputs, 3, 2, ...space.map(() => 2)], i + 1)
      await expectClose(face(x, weight), localConv(x, weight), 0)
      expect(weight.size).toBe(sizeOf(outputs) * 3 * 2 * 2 ** (i + 1))
      const bias = draw([...outputs, 3], i + 2)
      const shifted = localConv(x, weight, { bias })
      const moved = toFirst(reshape(bias, [1, ...outputs, 3]))
      await expectClose(shifted, add(face(x, weight), moved))
    }
  })
})
