// Kernels that are found to be separable: few passes, and the same results.
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { filter, gaussianKernel, setEngine, tensor } from '../../src/index.ts'
import { separateKernel } from '../../src/ops/separateKernel.ts'
import { distance } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'

beforeAll(() => setEngine('wasm'))

const values = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length })

const outer = (a: readonly number[], b: readonly number[]): number[] =>
  a.flatMap((x) => b.map((y) => x * y))

describe('separateKernel', () => {
  it('finds as many products as the matrix has rank', () => {
    fc.assert(
      fc.property(values(9), values(11), values(9), values(11), (a, b, c, d) => {
        const [first, second] = [outer(a, b), outer(c, d)]
        const sum = Float32Array.from(first, (value, i) => value + second[i]!)
        fc.pre(sum.some((value) => value !== 0))
        const found = separateKernel(sum, [9, 11])!
        expect(found.length).toBeLessThanOrEqual(2)
        const again = found
          .map(([x, y]) => outer([...x!], [...y!]))
          .reduce((all, each) => all.map((value, i) => value + each[i]!))
        expect(distance(Float32Array.from(again), Float64Array.from(sum))).toBeLessThan(1e-6)
      }),
    )
  })

  it('leaves a kernel whole where passes would cost more', () => {
    const random = Float32Array.from({ length: 49 }, (_, i) => Math.sin(i * i + 1))
    expect(separateKernel(random, [7, 7])).toBeNull()
    expect(separateKernel(Float32Array.of(1, 1, 1, 1), [2, 2])).toBeNull()
    expect(separateKernel(new Float32Array(49), [7, 7])).toBeNull()
    expect(separateKernel(Float32Array.of(1, 2, 3), [3])).toBeNull()
  })

  it('takes a single product in three axes', () => {
    const cube = Float32Array.from(outer(outer([1, 2, 1], [1, 4, 1]), [1, 0, -1]))
    expect(separateKernel(cube, [3, 3, 3])).toHaveLength(1)
  })
})

describe('filter with separate', () => {
  const settings = [
    {},
    { padding: 'valid', stride: [2, 1] },
    { padding: [3, [1, 2]], dilation: [1, 2], paddingMode: 'reflect' },
    { paddingMode: 'circular' },
    { paddingMode: 'zeros', padding: 4 },
  ] as const
  it.each(settings)('gives what filter gives, with %j', async (options) => {
    const x = draw([2, 3, 24, 21], 1)
    const a = Float32Array.from({ length: 9 }, (_, i) => Math.cos(i))
    const b = Float32Array.from({ length: 7 }, (_, i) => Math.sin(i + 1))
    const kernel = tensor(Float32Array.from(outer([...a], [...b])), [9, 7])
    const [whole, passes] = [
      filter(x, kernel, options as object),
      filter(x, kernel, { ...(options as object), separate: true }),
    ]
    expect(passes.shape).toEqual(whole.shape)
    expect(passes.node.inputs).not.toEqual(whole.node.inputs)
    expect(distance(await passes.data(), Float64Array.from(await whole.data()))).toBeLessThan(2e-6)
  })

  it('needs values', () => {
    const x = draw([1, 1, 24, 21], 1)
    expect(() => filter(x, gaussianKernel({ sigma: 2, rank: 2 }), { separate: true })).not.toThrow(
      /known/,
    )
    expect(() => filter(x, filter(x, tensor([[1]])).detach(), { separate: true })).toThrow()
  })
})
