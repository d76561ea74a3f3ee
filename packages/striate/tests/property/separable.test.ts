// Separable, depthwise and pointwise convolution against the plain convolution that they are.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  add,
  concat,
  conv,
  matmul,
  permute,
  reshape,
  setEngine,
  slice,
  type Tensor,
} from '../../src/index.ts'
import {
  depthwiseConv,
  depthwiseConv1d,
  depthwiseConv2d,
  depthwiseConv3d,
  pointwiseConv,
  separableConv,
  separableConv1d,
  separableConv2d,
  separableConv3d,
} from '../../src/ops/separable.ts'
import { draw, expectClose, sizeOf, toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

const axis = fc.record({
  input: fc.integer({ min: 5, max: 7 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  low: fc.integer({ min: 0, max: 2 }),
  high: fc.integer({ min: 0, max: 2 }),
})

const cases = fc.record({
  axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
  channels: fc.integer({ min: 1, max: 4 }),
  multiplier: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  paddingMode: fc.constantFrom('zeros', 'reflect', 'replicate', 'circular'),
  seed: fc.nat(100_000),
})

const runs = { numRuns: 30 }

const settings = (
  axes: readonly { stride: number; dilation: number; low: number; high: number }[],
) => ({
  stride: axes.map((a) => a.stride),
  dilation: axes.map((a) => a.dilation),
  padding: axes.map((a) => [a.low, a.high] as const),
})

/** `[out, in, ...kernel]` whose convolution is the depthwise, then the pointwise one. */
function productKernel(spread: Tensor, mix: Tensor, channels: number): Tensor {
  const [rows, , ...kernel] = spread.shape
  const outputs = mix.shape[0]!
  const multiplier = rows! / channels
  const left = permute(reshape(mix, [outputs, channels, multiplier]), [1, 0, 2])
  const right = reshape(spread, [channels, multiplier, sizeOf(kernel)])
  return reshape(permute(matmul(left, right), [1, 0, 2]), [outputs, channels, ...kernel])
}

describe.each(engines)('separable convolution on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('equals convolution with the product of its kernels', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        async ({ axes, channels, multiplier, outputs, paddingMode, seed }) => {
          const x = draw([2, channels, ...axes.map((a) => a.input)], seed)
          const spread = draw([channels * multiplier, 1, ...axes.map((a) => a.kernel)], seed + 1)
          const mix = draw([outputs, channels * multiplier, ...axes.map(() => 1)], seed + 2)
          const bias = draw([outputs], seed + 3)
          const options = { ...settings(axes), paddingMode, bias }
          const want = conv(x, productKernel(spread, mix, channels), options)
          await expectClose(separableConv(x, spread, mix, options), want)
          const layout = 'channels-last'
          const last = separableConv(toLast(x), spread, mix, { ...options, layout })
          await expectClose(toFirst(last), want)
        },
      ),
      runs,
    )
  })

  it('convolves each channel by itself', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ axes, channels, multiplier, paddingMode, seed }) => {
        const x = draw([2, channels, ...axes.map((a) => a.input)], seed)
        const weight = draw([channels * multiplier, 1, ...axes.map((a) => a.kernel)], seed + 1)
        const options = { ...settings(axes), paddingMode }
        const alone = Array.from({ length: channels }, (_, c) =>
          conv(
            slice(x, [c], [c + 1], { axes: [1] }),
            slice(weight, [c * multiplier], [(c + 1) * multiplier]),
            options,
          ),
        )
        await expectClose(depthwiseConv(x, weight, options), concat(alone, 1))
      }),
      runs,
    )
  })

  it('mixes channels cell by cell', async () => {
    const x = draw([2, 3, 4, 5], 1)
    const weight = draw([4, 3, 1, 1], 2)
    const bias = draw([4], 3)
    const product = matmul(reshape(weight, [4, 3]), reshape(x, [2, 3, 20]))
    const want = add(reshape(product, [2, 4, 4, 5]), reshape(bias, [4, 1, 1]))
    await expectClose(pointwiseConv(x, weight, { bias }), want)
    const strided = pointwiseConv(x, weight, { bias, stride: [3, 2] })
    await expectClose(strided, slice(want, [0, 0], [], { axes: [2, 3], step: [3, 2] }))
  })

  it('has typed faces for one, two and three axes', async () => {
    const faces = [
      [depthwiseConv1d, separableConv1d],
      [depthwiseConv2d, separableConv2d],
      [depthwiseConv3d, separableConv3d],
    ] as const
    for (const [i, [depthwise, separable]] of faces.entries()) {
      const space = [5, 4, 3].slice(0, i + 1)
      const x = draw([1, 2, ...space], i)
      const spread = draw([4, 1, ...space.map(() => 2)], i + 1)
      const mix = draw([3, 4, ...space.map(() => 1)], i + 2)
      await expectClose(depthwise(x, spread), depthwiseConv(x, spread), 0)
      await expectClose(separable(x, spread, mix), separableConv(x, spread, mix), 0)
      const other = draw([1, 2, ...space, 2], i)
      expect(() => depthwise(other, spread)).toThrow(
        `depthwiseConv${i + 1}d: x expects ${i + 3} axes`,
      )
    }
  })
})
