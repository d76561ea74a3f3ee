// Winograd's convolution against the plain sum in float64, on random geometries, and when it is chosen.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { setThreads } from '../../src/engine/threads.ts'
import {
  amplification,
  type Tile,
  tileName,
  transformMatrices,
} from '../../src/engine/wasm/kernels/winograd/points.ts'
import { chooseAlgorithm, forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import { chooseTiles } from '../../src/engine/wasm/lower/winograd/choice.ts'
import { winogradAlgorithm } from '../../src/engine/wasm/lower/winograd.ts'
import {
  type ConvolutionGeometry,
  inputShape,
  product,
  weightShape,
} from '../../src/geometry/convolution.ts'
import { conv, gradients, square, sum } from '../../src/index.ts'
import { adjointGeometry } from '../../src/ops/primitive/convolution.ts'
import { distance, expectAgreement, resultsOn } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'
import { type ConvolutionData, plainConvolution, runAlgorithm } from '../support/loweringArena.ts'
import { geometries, geometry } from '../support/winogradGeometries.ts'
import { randomFloats, randomNumbers } from './wasmArena.ts'

const wide = { relaxed: true, wide: true }
const tileSizes = [2, 3, 4, 5, 6] as const
const tiles: readonly Tile[] = [2, 3, 4, 5].flatMap((taps) =>
  Array.from({ length: 8 - taps }, (_, i) => ({ size: i + 2, taps })),
)

function dataOf(g: ConvolutionGeometry, hasBias: boolean, seed: number): ConvolutionData {
  const random = randomNumbers(seed)
  return {
    x: randomFloats(random, product(inputShape(g))),
    weight: randomFloats(random, product(weightShape(g))),
    bias: hasBias ? randomFloats(random, g.outChannels) : null,
  }
}

/** Largest error over largest result of the lowering. */
function errorOf(
  g: ConvolutionGeometry,
  options: { readonly threads?: number; readonly wide?: boolean; readonly hasBias?: boolean } = {},
  seed = 1,
): number {
  expect(winogradAlgorithm.applies(g)).toBe(true)
  const data = dataOf(g, options.hasBias ?? true, seed)
  const got = runAlgorithm(winogradAlgorithm, g, data, { threads: 1, wide: true, ...options })
  return distance(got, plainConvolution(g, data))
}

describe('the matrices', () => {
  it.each(tiles)('give F($size, $taps) up to rounding', (tile) => {
    const { size, taps } = tile
    const { input, weight, output } = transformMatrices(tile)
    const random = randomNumbers(size)
    const multiply = (matrix: readonly (readonly number[])[], by: readonly number[]): number[] =>
      matrix.map((row) => row.reduce((total, factor, i) => total + factor * by[i]!, 0))
    const d = Array.from({ length: size + taps - 1 }, random)
    const g = Array.from({ length: taps }, random)
    const [v, u] = [multiply(input, d), multiply(weight, g)]
    const y = multiply(
      output,
      v.map((each, i) => each * u[i]!),
    )
    for (const [k, each] of y.entries())
      expect(each).toBeCloseTo(
        g.reduce((sum, factor, t) => sum + factor * d[k + t]!, 0),
        12,
      )
  })

  it('amplify rounding errors as little as their size allows', () => {
    const factors = tileSizes.map((size) => amplification({ size, taps: 3 }))
    expect(factors).toEqual(factors.toSorted((a, b) => a - b))
    expect(factors.at(-1)).toBeLessThan(7)
  })
})

describe('winograd', () => {
  it('gives the sum for any rank, size, kernel, stride, padding, dilation, groups, layout and direction', () => {
    const options = fc.record({
      threads: fc.integer({ min: 1, max: 3 }),
      wide: fc.boolean(),
      hasBias: fc.boolean(),
    })
    fc.assert(
      fc.property(geometries, options, fc.nat(), (g, settings, seed) => {
        expect(errorOf(g, settings, seed)).toBeLessThan(5e-6)
      }),
      { numRuns: 120 },
    )
  }, 120_000)

  it('has a tile for every size of output', () => {
    const chosen = new Set<string>()
    for (const size of tileSizes) {
      for (const g of [
        geometry([{ size }], 16, 16),
        geometry([{ size }, { size }], 16, 16, { batch: 3 }),
      ]) {
        for (const { tile } of chooseTiles(g, wide).forms[0]!.axes) chosen.add(tileName(tile))
        expect(errorOf(g)).toBeLessThan(5e-6)
      }
    }
    expect([...chosen]).toEqual(expect.arrayContaining(tileSizes.map(String)))
  })

  it('works in bands where a sample is large, and over samples where they are small', () => {
    const padding = [3, 0] as const
    expect(errorOf(geometry([{ size: 3000, padding }], 16, 8), { threads: 2 })).toBeLessThan(5e-6)
    const large = geometry([{ size: 61 }, { size: 47, padding }], 32, 40)
    for (const threads of [1, 2, 3]) expect(errorOf(large, { threads })).toBeLessThan(5e-6)
    const small = geometry([{ size: 5 }, { size: 6 }], 24, 24, { batch: 40 })
    for (const threads of [1, 2, 3]) expect(errorOf(small, { threads })).toBeLessThan(5e-6)
    expect(
      errorOf(
        geometry(
          [
            { size: 30, dilation: 7 },
            { size: 30, dilation: 4 },
          ],
          16,
          16,
        ),
      ),
    ).toBeLessThan(5e-6)
  })

  it('rounds little over many channels', () => {
    for (const size of [6, 10, 12]) {
      const g = geometry([{ size }, { size }], 512, 24)
      expect(errorOf(g, { wide: false })).toBeLessThan(1e-5)
      expect(errorOf(g)).toBeLessThan(1e-5)
    }
  })

  it('gives the same bits for any number of threads', () => {
    const g = geometry([{ size: 33 }, { size: 29 }], 48, 40, { batch: 2 })
    const data = dataOf(g, true, 5)
    const results = [1, 2, 5].map((threads) =>
      runAlgorithm(winogradAlgorithm, g, data, { threads, wide: true }),
    )
    for (const result of results) expect(result).toEqual(results[0])
  })
})

describe('the choice', () => {
  afterEach(() => {
    forceAlgorithm(null)
    setThreads(1)
  })

  it('does not apply where no axis has taps to share, or a channel is by itself', () => {
    const sizes = { size: 12 }
    const other = [
      geometry([{ ...sizes, kernel: 1 }], 32, 32),
      geometry([{ ...sizes, kernel: 2, stride: 2 }], 32, 32),
      geometry([{ ...sizes, size: 3, dilation: 4, padding: [4, 4] }], 32, 32),
      geometry([sizes], 32, 32, { groups: 32 }),
      adjointGeometry(geometry([{ ...sizes, kernel: 2, stride: 3 }], 32, 32)),
    ]
    for (const g of other) {
      expect(winogradAlgorithm.applies(g)).toBe(false)
      forceAlgorithm('winograd')
      expect(chooseAlgorithm(g, wide).name).not.toBe('winograd')
      forceAlgorithm(null)
    }
  })

  it.each([
    [
      'a strided kernel',
      geometry(
        [
          { size: 90, kernel: 7, stride: 2 },
          { size: 75, kernel: 7, stride: 2 },
        ],
        3,
        64,
      ),
    ],
    ['a long kernel', geometry([{ size: 300, kernel: 9, padding: [4, 4] }], 64, 64)],
    [
      'two taps far apart',
      geometry([{ size: 900, kernel: 2, dilation: 200, padding: [200, 0] }], 64, 64),
    ],
    [
      'a transposed kernel',
      adjointGeometry(
        geometry(
          [
            { size: 32, kernel: 4, stride: 2 },
            { size: 32, kernel: 4, stride: 2 },
          ],
          64,
          64,
        ),
      ),
    ],
  ])('gives the sum for %s', (_, g) => {
    for (const threads of [1, 2]) expect(errorOf(g, { threads })).toBeLessThan(5e-6)
  })

  it('gives the same bits to any number of threads, with jobs of their own or all at one', () => {
    const cases = [
      geometry([{ size: 28 }, { size: 28 }], 24, 40),
      geometry([{ size: 14 }, { size: 9 }], 13, 11, { batch: 3 }),
      geometry([{ size: 30, kernel: 7, stride: 2, padding: [3, 3] }, { size: 21 }], 6, 19),
      geometry(
        [
          { size: 20, kernel: 5, stride: 2 },
          { size: 20, stride: 2 },
        ],
        16,
        8,
        { groups: 2 },
      ),
      geometry([{ size: 40, kernel: 9 }], 17, 23, { layout: 'channels-last' }),
      geometry([{ size: 6 }, { size: 17, dilation: 2, padding: [2, 2] }, { size: 8 }], 9, 10),
      adjointGeometry(geometry([{ size: 15, kernel: 4, stride: 2 }, { size: 15 }], 20, 12)),
    ]
    for (const [i, g] of cases.entries()) {
      const data = dataOf(g, true, i)
      const results = [1, 2, 3, 4].map((threads) =>
        runAlgorithm(winogradAlgorithm, g, data, { threads, wide: true }),
      )
      expect(distance(results[0]!, plainConvolution(g, data))).toBeLessThan(5e-6)
      for (const other of results.slice(1)) expect(other).toEqual(results[0])
    }
  })

  it('counts the transform of the weight in every run where the graph trains', () => {
    const g = geometry([{ size: 14 }, { size: 14 }], 256, 256)
    expect(chooseTiles(g, { ...wide, trains: true }).cost).toBeGreaterThan(
      chooseTiles(g, wide).cost,
    )
  })

  it('takes it where there are many channels and cells, unless another is forced', () => {
    const g = geometry([{ size: 56 }, { size: 56 }], 64, 64)
    for (const features of [wide, { relaxed: true, wide: false }, { relaxed: false, wide: false }])
      for (const each of [g, adjointGeometry(g)])
        expect(chooseAlgorithm(each, features).name).toBe('winograd')
    forceAlgorithm('contraction')
    expect(chooseAlgorithm(g, wide).name).toBe('contraction')
    forceAlgorithm(null)
    expect(chooseAlgorithm(geometry([{ size: 1 }, { size: 1 }], 512, 512), wide).name).toBe(
      'contraction',
    )
  })

  it('changes what the engine computes next, and gives the same results and gradients', async () => {
    const build = (): ReturnType<typeof draw>[] => {
      const x = draw([2, 16, 13, 11], 1)
      const w = draw([24, 16, 3, 3], 2)
      const bias = draw([24], 3)
      const y = conv(x, w, { bias, padding: [1, 2], dilation: [1, 2] })
      return [y, ...gradients(sum(square(y)), [x, w, bias])]
    }
    const results = []
    for (const threads of [1, 2]) {
      setThreads(threads)
      for (const name of ['contraction', 'winograd']) {
        forceAlgorithm(name)
        await expectAgreement(build, 1e-5)
        results.push(await resultsOn('wasm', build))
      }
    }
    const [direct, tiled] = results.map(([y]) => y!)
    expect(tiled).not.toEqual(direct)
    expect(distance(tiled!, direct!)).toBeLessThan(5e-6)
  })
})
