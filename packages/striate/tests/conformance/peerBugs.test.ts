// Bugs of other libraries, each as a test that keeps it out of this one.
import {
  add,
  avgPool,
  concat,
  conv,
  conv2d,
  conv3d,
  convTranspose,
  convTranspose2d,
  gradients,
  lpPool,
  maxPool,
  pad,
  setEngine,
  slice,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { transposedAxis } from '../../src/geometry/axis.ts'
import { nominalMultiplyAdds, usefulMultiplyAdds } from '../../src/geometry/convolution.ts'
import { filter } from '../../src/ops/filter.ts'
import { localConv } from '../../src/ops/localConv.ts'
import { resize } from '../../src/ops/resize.ts'
import { depthwiseConv, depthwiseConv2d, separableConv } from '../../src/ops/separable.ts'
import { fold, unfold } from '../../src/ops/unfold.ts'
import { checkGradients, sample } from '../support/centralDifferences.ts'
import { draw, expectClose, sizeOf, toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

type Pair = readonly [number, number]

/** A two-dimensional convolution by six plain loops: `x` `[n, c, h, w]`, `w` `[o, c, kh, kw]`. */
async function byLoops(
  x: Tensor,
  weight: Tensor,
  stride: Pair,
  padding: readonly [Pair, Pair],
): Promise<Tensor> {
  const [batch, inputs, height, width] = x.shape as [number, number, number, number]
  const [outputs, , down, across] = weight.shape as [number, number, number, number]
  const rows = Math.floor((height + padding[0][0] + padding[0][1] - down) / stride[0]) + 1
  const columns = Math.floor((width + padding[1][0] + padding[1][1] - across) / stride[1]) + 1
  const [data, kernel] = [await x.data(), await weight.data()]
  const y: number[] = []
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outputs; o++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          let total = 0
          for (let c = 0; c < inputs; c++)
            for (let i = 0; i < down; i++)
              for (let j = 0; j < across; j++) {
                const r = row * stride[0] + i - padding[0][0]
                const s = column * stride[1] + j - padding[1][0]
                if (r < 0 || r >= height || s < 0 || s >= width) continue
                const value = data[((n * inputs + c) * height + r) * width + s]!
                total += value * kernel[((o * inputs + c) * down + i) * across + j]!
              }
          y.push(total)
        }
  return tensor(y, [batch, outputs, rows, columns])
}

describe.each(engines)('bugs of peers, on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))
  afterAll(() => setEngine('wasm'))

  it('1: padding beyond a small kernel overruns no memory, and the engine works afterwards', async () => {
    const x = draw([1, 2, 40, 30], 1)
    const weight = draw([3, 2, 2, 1], 2)
    const sides = [
      [1, 1],
      [1, 1],
    ] as const
    const want = await byLoops(x, weight, [1, 1], sides)
    expect(want.shape).toEqual([1, 3, 41, 32])
    const last = conv2d(toLast(x), weight, { stride: 1, padding: 1, layout: 'channels-last' })
    await expectClose(toFirst(last), want)
    await expectClose(conv2d(x, weight, { padding: 1 }), want)
    const sums = add(tensor([1, 2, 3]), tensor([10, 20, 30]))
    expect(await sums.array()).toEqual([11, 22, 33])
  })

  it('2: a numeric padding belongs to every axis by itself, whatever the shape of the kernel', async () => {
    for (const kernel of [
      [3, 1],
      [1, 3],
      [4, 2],
      [2, 5],
    ] as const) {
      for (const padding of [1, 2]) {
        const x = draw([2, 2, 6, 7], padding)
        const weight = draw([3, 2, ...kernel], 3)
        const y = conv2d(x, weight, { padding, stride: [2, 1] })
        const pair = [padding, padding] as const
        await expectClose(y, await byLoops(x, weight, [2, 1], [pair, pair]))
        const around = pad(x, [pair, pair])
        await expectClose(y, conv2d(around, weight, { stride: [2, 1] }))
      }
    }
    const pooled = avgPool(draw([1, 1, 6, 7], 1), [2, 3], { stride: 1, padding: 1 })
    expect(pooled.shape).toEqual([1, 1, 7, 7])
  })

  it("3: 'same' in three dimensions with a stride above the kernel starts at the first cell", async () => {
    const x = tensor(
      Float32Array.from({ length: 64 }, (_, i) => i),
      [1, 1, 4, 4, 4],
    )
    const one = tensor([1], [1, 1, 1, 1, 1])
    const y = conv3d(x, one, { stride: 2, padding: 'same' })
    expect(await y.array()).toEqual([
      [
        [
          [
            [0, 2],
            [8, 10],
          ],
          [
            [32, 34],
            [40, 42],
          ],
        ],
      ],
    ])
    const pooled = maxPool(x, 1, { stride: 2, padding: 'same' })
    await expectClose(pooled, y, 0)
  })

  it("4: 'same' with a stride above the kernel on one axis still pads the other", async () => {
    for (const [kernel, stride] of [
      [
        [1, 3],
        [3, 1],
      ],
      [
        [3, 1],
        [1, 2],
      ],
      [
        [2, 3],
        [4, 2],
      ],
    ] as const) {
      const x = draw([1, 2, 7, 8], 1)
      const weight = draw([2, 2, ...kernel], 2)
      const sides = kernel.map((size, a): Pair => {
        const input = [7, 8][a]!
        const cells = Math.max((Math.ceil(input / stride[a]!) - 1) * stride[a]! + size - input, 0)
        return [Math.floor(cells / 2), Math.ceil(cells / 2)]
      })
      const y = conv2d(x, weight, { stride, padding: 'same' })
      expect(y.shape.slice(2)).toEqual([Math.ceil(7 / stride[0]), Math.ceil(8 / stride[1])])
      await expectClose(y, await byLoops(x, weight, stride, [sides[0]!, sides[1]!]))
    }
  })

  it('5: the gradient of reflected padding adds up the mirrored cells', async () => {
    const x = tensor([1, 2, 3])
    const [dx] = gradients(
      pad(x, [[2, 1]], { mode: 'reflect' }),
      [x],
      tensor([10, 20, 30, 40, 50, 60]),
    )
    expect(await dx!.array()).toEqual([30, 120, 60])
    const sides = [
      [2, 1],
      [0, 3],
    ] as const
    await checkGradients((each) => pad(each, sides, { mode: 'reflect' }), [sample([3, 4])])
    await checkGradients(
      (each, weight) =>
        conv(each!, weight!, { padding: sides, paddingMode: 'reflect', stride: [1, 2] }),
      [sample([1, 2, 3, 4]), sample([2, 2, 3, 2], -1, 1, 2)],
    )
  })

  it('6: depthwise with channels first has the shape and the values of channels last', async () => {
    const x = draw([2, 3, 6, 5], 1)
    const weight = draw([6, 1, 3, 2], 2)
    const options = { stride: [2, 1], padding: [1, 0] } as const
    const first = depthwiseConv2d(x, weight, options)
    expect(first.shape).toEqual([2, 6, 3, 4])
    const last = depthwiseConv2d(toLast(x), weight, { ...options, layout: 'channels-last' })
    expect(last.shape).toEqual([2, 3, 4, 6])
    await expectClose(toFirst(last), first)
    const channels = Array.from({ length: 6 }, (_, c) => {
      const input = slice(x, [Math.floor(c / 2)], [Math.floor(c / 2) + 1], { axes: [1] })
      return conv2d(input, slice(weight, [c], [c + 1]), options)
    })
    await expectClose(first, concat(channels, 1))
  })

  it('10: each axis has an output padding of its own', async () => {
    const x = draw([1, 2, 3, 4], 1)
    const weight = draw([2, 3, 3, 3], 2)
    const options = { stride: [2, 3], padding: 1 } as const
    const y = convTranspose2d(x, weight, { ...options, outputPadding: [1, 2] })
    expect(y.shape).toEqual([1, 3, 6, 12])
    const turned = convTranspose2d(x, weight, { ...options, outputPadding: [0, 2] })
    expect(turned.shape).toEqual([1, 3, 5, 12])
    await expectClose(slice(y, [0], [5], { axes: [2] }), turned)
    // The same numbers as the gradient of the convolution that it turns round.
    const input = draw(y.shape, 3)
    const [dx] = gradients(conv2d(input, weight, options), [input], x)
    await expectClose(y, dx!)
  })
})

describe('bugs of peers', () => {
  it('7: no operator takes an option that it does not know', () => {
    const x = draw([1, 2, 4, 4], 1)
    const weight = draw([2, 2, 2, 2], 2)
    const spread = draw([2, 1, 2, 2], 2)
    const mix = draw([2, 2, 1, 1], 3)
    const misspelt = { strides: 2 } as object
    const calls: Readonly<Record<string, () => Tensor>> = {
      conv: () => conv(x, weight, misspelt),
      conv2d: () => conv2d(x, weight, misspelt),
      convTranspose: () => convTranspose(x, weight, misspelt),
      depthwiseConv: () => depthwiseConv(x, spread, misspelt),
      separableConv: () => separableConv(x, spread, mix, misspelt),
      localConv: () => localConv(x, draw([3, 3, 2, 2, 2, 2], 1), misspelt),
      maxPool: () => maxPool(x, 2, misspelt),
      avgPool: () => avgPool(x, 2, misspelt),
      lpPool: () => lpPool(x, 2, 2, misspelt),
      unfold: () => unfold(x, 2, misspelt),
      fold: () => fold(draw([1, 8, 9], 1), [4, 4], 2, misspelt),
      filter: () => filter(x, draw([3, 3], 1), misspelt),
    }
    for (const [op, call] of Object.entries(calls)) {
      expect(call, op).toThrow(`option 'strides' is unknown`)
      expect(call, op).toThrow(`did you mean 'stride'?`)
    }
    expect(() => resize(x, { size: 8, align_corners: true } as object)).toThrow(
      "resize: option 'align_corners' is unknown (known are size, scaleFactor, mode, alignCorners, layout), got true; did you mean 'alignCorners'?",
    )
  })

  it('8: multiply-adds of a transposed convolution are counted by its input, not by its output', () => {
    const axis = transposedAxis(
      'convTranspose2d',
      { input: 16, kernel: 4, stride: 2, dilation: 1, padding: [1, 1] },
      0,
    )
    const geometry = {
      batch: 1,
      inChannels: 64,
      outChannels: 32,
      groups: 1,
      axes: [axis, axis],
      layout: 'channels-first',
    } as const
    expect(axis.output).toBe(32)
    expect(nominalMultiplyAdds(geometry)).toBe(8_388_608)
    expect(usefulMultiplyAdds(geometry)).toBe(7_872_512)
    // One by one: every input cell times every tap that lands inside the output.
    const line = Array.from({ length: 16 * 4 }, (_, i) => 2 * Math.floor(i / 4) + (i % 4) - 1)
    const landing = line.filter((place) => place >= 0 && place < 32).length
    expect(sizeOf([64, 32, landing, landing])).toBe(7_872_512)
  })
})
