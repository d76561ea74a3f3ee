// Fixed kernels: the published numbers, the sums that they must have, and what they do to known signals.
import { beforeEach, describe, expect, it } from 'vitest'
import { setEngine, type Tensor, tensor } from '../../src/index.ts'
import { filter } from '../../src/ops/filter.ts'
import {
  boxKernel,
  derivativeKernel,
  embossKernel,
  gaborKernel,
  gaussianKernel,
  identityKernel,
  laplacianKernel,
  laplacianOfGaussianKernel,
  motionBlurKernel,
  prewittKernel,
  scharrKernel,
  sharpenKernel,
  sobelKernel,
} from '../../src/ops/fixedKernels/index.ts'
import { draw, expectClose, sizeOf, toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

const total = async (kernel: Tensor): Promise<number> =>
  Array.from(await kernel.data()).reduce((sum, value) => sum + value, 0)

/** A plane `[1, 1, ...shape]` of `value(position)`. */
function plane(shape: readonly number[], value: (at: readonly number[]) => number): Tensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, cell) => {
    const at: number[] = []
    let rest = cell
    for (let a = shape.length - 1; a >= 0; a--) {
      at[a] = rest % shape[a]!
      rest = Math.floor(rest / shape[a]!)
    }
    return value(at)
  })
  return tensor(values, [1, 1, ...shape])
}

describe('fixed kernels', () => {
  beforeEach(() => setEngine('reference'))

  it('are the matrices of the literature', async () => {
    expect(await sobelKernel({ axis: 0 }).array()).toEqual([
      [-1, -2, -1],
      [0, 0, 0],
      [1, 2, 1],
    ])
    expect(await sobelKernel().array()).toEqual([
      [-1, 0, 1],
      [-2, 0, 2],
      [-1, 0, 1],
    ])
    expect(await prewittKernel().array()).toEqual([
      [-1, 0, 1],
      [-1, 0, 1],
      [-1, 0, 1],
    ])
    expect(await scharrKernel({ axis: 0 }).array()).toEqual([
      [-3, -10, -3],
      [0, 0, 0],
      [3, 10, 3],
    ])
    expect(await laplacianKernel().array()).toEqual([
      [0, 1, 0],
      [1, -4, 1],
      [0, 1, 0],
    ])
    expect(await sharpenKernel().array()).toEqual([
      [0, -1, 0],
      [-1, 5, -1],
      [0, -1, 0],
    ])
    const wide = await sharpenKernel({ diagonal: true }).array()
    expect(wide).toEqual([
      [-1, -1, -1],
      [-1, 9, -1],
      [-1, -1, -1],
    ])
    expect(await embossKernel().array()).toEqual([
      [-2, -1, 0],
      [-1, 1, 1],
      [0, 1, 2],
    ])
    expect(await boxKernel(2).array()).toEqual([
      [0.25, 0.25],
      [0.25, 0.25],
    ])
  })

  it('have the rank and sizes asked for', () => {
    expect(sobelKernel({ axis: 2, rank: 3 }).shape).toEqual([3, 3, 3])
    expect(sobelKernel({ rank: 1 }).shape).toEqual([3])
    expect(boxKernel([2, 3, 4]).shape).toEqual([2, 3, 4])
    expect(gaussianKernel({ sigma: [1, 2] }).shape).toEqual([7, 13])
    expect(gaussianKernel({ sigma: 1, rank: 3 }).shape).toEqual([7, 7, 7])
    expect(laplacianKernel({ rank: 3 }).shape).toEqual([3, 3, 3])
    expect(derivativeKernel({ axis: 1, rank: 3, size: 5 }).shape).toEqual([1, 5, 1])
    expect(gaborKernel({ wavelength: 6, rank: 1 }).shape).toEqual([19])
    expect(motionBlurKernel({ length: 4, direction: [0, 0, 1] }).shape).toEqual([1, 1, 5])
    expect(identityKernel({ size: [1, 5] }).shape).toEqual([1, 5])
  })

  it('sum to 1 where they average, and to 0 where they find edges', async () => {
    const averages = [
      identityKernel({ rank: 3 }),
      boxKernel([3, 5]),
      gaussianKernel({ sigma: 1.3 }),
      gaussianKernel({ sigma: [0.5, 2, 1] }),
      motionBlurKernel({ length: 7.5, direction: [2, -3] }),
      motionBlurKernel({ length: 3, direction: [1, 1, 1] }),
      sharpenKernel({ rank: 3, amount: 0.4 }),
      embossKernel({ direction: [1, 0, -2] }),
    ]
    for (const kernel of averages) expect(await total(kernel)).toBeCloseTo(1, 5)
    const edges = [
      sobelKernel({ rank: 3 }),
      prewittKernel(),
      scharrKernel(),
      laplacianKernel({ rank: 3, diagonal: true }),
      laplacianOfGaussianKernel({ sigma: 1.4 }),
      laplacianOfGaussianKernel({ sigma: 1, rank: 3, size: 5 }),
      derivativeKernel({ order: 3, accuracy: 6 }),
      gaborKernel({ wavelength: 5, part: 'imaginary' }),
    ]
    for (const kernel of edges) expect(await total(kernel)).toBeCloseTo(0, 4)
  })

  it('give the bell of the Gaussian, a product of its axes', async () => {
    const kernel = await gaussianKernel({ sigma: 1, size: 5 }).data()
    const bell = [-2, -1, 0, 1, 2].map((t) => Math.exp(-(t ** 2) / 2))
    const sum = bell.reduce((a, b) => a + b, 0)
    const want = bell.flatMap((a) => bell.map((b) => (a * b) / sum ** 2))
    for (const [i, value] of want.entries()) expect(kernel[i]).toBeCloseTo(value, 7)
  })

  it('give Fornberg’s weights for central differences', async () => {
    const table: readonly [number, number, readonly number[]][] = [
      [1, 2, [-1 / 2, 0, 1 / 2]],
      [1, 4, [1 / 12, -2 / 3, 0, 2 / 3, -1 / 12]],
      [1, 6, [-1 / 60, 3 / 20, -3 / 4, 0, 3 / 4, -3 / 20, 1 / 60]],
      [2, 2, [1, -2, 1]],
      [2, 4, [-1 / 12, 4 / 3, -5 / 2, 4 / 3, -1 / 12]],
      [3, 2, [-1 / 2, 1, 0, -1, 1 / 2]],
      [4, 2, [1, -4, 6, -4, 1]],
      [4, 4, [-1 / 6, 2, -13 / 2, 28 / 3, -13 / 2, 2, -1 / 6]],
    ]
    for (const [order, accuracy, want] of table) {
      const weights = await derivativeKernel({ order, accuracy }).data()
      expect(weights.length).toBe(want.length)
      for (const [i, value] of want.entries()) expect(weights[i]).toBeCloseTo(value, 6)
      const size = want.length
      await expectClose(derivativeKernel({ order, size }), derivativeKernel({ order, accuracy }), 0)
    }
    expect(await derivativeKernel({ order: 0 }).array()).toEqual([1])
  })

  it('find a Gabor wave’s own direction', async () => {
    const angle = 0.6
    const kernel = gaborKernel({ wavelength: 8, angle })
    const wave = (towards: number): Tensor =>
      plane(kernel.shape, ([y, x]) => {
        const [v, u] = [y! - (kernel.shape[0]! - 1) / 2, x! - (kernel.shape[1]! - 1) / 2]
        return Math.cos((2 * Math.PI * (u * Math.cos(towards) + v * Math.sin(towards))) / 8)
      })
    const response = async (towards: number): Promise<number> =>
      filter(wave(towards), kernel, { padding: 'valid' }).item()
    const own = await response(angle)
    for (const other of [angle + 0.5, angle - 0.5, angle + Math.PI / 2])
      expect(Math.abs(await response(other))).toBeLessThan(own * 0.8)
    expect(await gaborKernel({ wavelength: 3, phase: Math.PI / 2, size: 1 }).array()).toEqual([
      [expect.closeTo(0, 7)],
    ])
  })

  it('blur along a stroke', async () => {
    const upright = await motionBlurKernel({ length: 3, direction: [1, 0] }).data()
    expect(upright.length).toBe(5)
    expect(upright[0]).toBeCloseTo(1 / 24, 3)
    expect(upright[2]).toBeCloseTo(1 / 3, 3)
    await expectClose(
      motionBlurKernel({ length: 3, direction: [-2, 0] }),
      motionBlurKernel({ length: 3, direction: [1, 0] }),
    )
    const slanted = await motionBlurKernel({ length: 4, direction: [1, 1] }).data()
    const turned = await motionBlurKernel({ length: 4, direction: [1, -1] }).data()
    expect(slanted[0]).toBeGreaterThan(0)
    expect(slanted[4]).toBe(0)
    expect(turned[4]).toBeCloseTo(slanted[0]!, 6)
  })

  it('refuse what they cannot be', () => {
    expect(() => gaussianKernel({ sigma: 0 })).toThrow(
      'gaussianKernel: sigma must be a finite number above 0, or 2 of them (one per axis), got 0',
    )
    expect(() => sobelKernel({ axis: 2 })).toThrow(
      'sobelKernel: axis must be a whole number from -2 to 1, got 2',
    )
    expect(() => derivativeKernel({ accuracy: 3 })).toThrow(
      'derivativeKernel: accuracy must be an even whole number of at least 2, got 3',
    )
    expect(() => derivativeKernel({ order: 2, size: 4 })).toThrow(
      'derivativeKernel: size must be an odd whole number of at least 3 for order 2, got 4',
    )
    expect(() => gaborKernel({ wavelength: 4, rank: 3 })).toThrow(
      'gaborKernel: rank must be 1 or 2, got 3',
    )
    expect(() => identityKernel({ size: 4 })).toThrow(
      'identityKernel: size must be odd, so that the kernel has a centre cell, got 4',
    )
    expect(() => motionBlurKernel({ length: 3, direction: [0, 0] })).toThrow(
      'motionBlurKernel: direction must be 2 finite numbers (one per axis), not all 0, got [0, 0]',
    )
    const misspelt = { sigmas: 1, sigma: 1 }
    expect(() => gaussianKernel(misspelt)).toThrow("did you mean 'sigma'?")
  })
})

describe.each(engines)('filtering on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('with the identity changes nothing, in both layouts', async () => {
    const x = draw([2, 3, 5, 4], 1)
    await expectClose(filter(x, identityKernel()), x, 0)
    const kernel = gaussianKernel({ sigma: 0.8 })
    const last = filter(toLast(x), kernel, { layout: 'channels-last' })
    await expectClose(toFirst(last), filter(x, kernel))
  })

  it('keeps flat pictures flat up to their edges', async () => {
    const flat = plane([6, 7], () => 3)
    for (const kernel of [
      boxKernel(3),
      gaussianKernel({ sigma: 1 }),
      sharpenKernel(),
      embossKernel(),
    ])
      await expectClose(filter(flat, kernel), flat)
    for (const kernel of [sobelKernel(), laplacianKernel({ diagonal: true })])
      expect(await total(filter(flat, kernel))).toBe(0)
  })

  it('takes slopes with their true sign and size, at every rank', async () => {
    for (const rank of [1, 2, 3]) {
      for (let axis = 0; axis < rank; axis++) {
        const shape = [6, 5, 7].slice(0, rank)
        const ramp = plane(shape, (at) => 2 * at[axis]! + 1)
        const inner = { padding: 'valid' } as const
        const slope = filter(ramp, derivativeKernel({ axis, rank }), inner)
        for (const cell of await slope.data()) expect(cell).toBeCloseTo(2, 5)
        // Sobel: slope over two cells, times the weight 4 of each axis that it smooths.
        const edges = filter(ramp, sobelKernel({ axis, rank }), inner)
        for (const cell of await edges.data()) expect(cell).toBeCloseTo(4 * 4 ** (rank - 1), 4)
        const bowl = plane(shape, (at) => at[axis]! ** 2)
        const curve = filter(bowl, derivativeKernel({ order: 2, axis, rank }), inner)
        for (const cell of await curve.data()) expect(cell).toBeCloseTo(2, 4)
        const laplacian = filter(bowl, laplacianKernel({ rank }), inner)
        for (const cell of await laplacian.data()) expect(cell).toBeCloseTo(2, 4)
      }
    }
  })

  it('differentiates polynomials exactly up to the size of the kernel', async () => {
    const cubic = plane([9], ([t]) => ((t! - 4) / 2) ** 3)
    const slope = await filter(cubic, derivativeKernel({ accuracy: 4 }), {
      padding: 'valid',
    }).data()
    for (const [i, cell] of slope.entries()) expect(cell).toBeCloseTo(1.5 * ((i - 2) / 2) ** 2, 5)
  })
})
