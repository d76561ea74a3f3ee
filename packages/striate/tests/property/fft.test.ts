// Convolution by Fourier transforms against the plain sum in float64, and when it is chosen.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { setThreads } from '../../src/engine/threads.ts'
import { chooseAlgorithm, forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import { chooseForm } from '../../src/engine/wasm/lower/fft/form.ts'
import { lowerFftWeightGradient } from '../../src/engine/wasm/lower/fft/weightGradient.ts'
import { fftAlgorithm } from '../../src/engine/wasm/lower/fft.ts'
import { type Axis, cellAxis, windowAxis } from '../../src/geometry/axis.ts'
import {
  type ConvolutionGeometry,
  inputShape,
  outputShape,
  product,
  weightShape,
} from '../../src/geometry/convolution.ts'
import type { Layout } from '../../src/geometry/layout.ts'
import { conv, explainPlan, gradients, setPrecision, square, sum } from '../../src/index.ts'
import { adjointGeometry } from '../../src/ops/primitive/convolution.ts'
import { distance, expectAgreement, resultsOn } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'
import {
  type ConvolutionData,
  plainConvolution,
  plainWeightGradient,
  runAlgorithm,
  runWeightGradient,
} from '../support/loweringArena.ts'
import { randomFloats, randomNumbers } from './wasmArena.ts'

const wide = { relaxed: true, wide: true }

interface LineSizes {
  readonly size: number
  readonly kernel: number
  readonly stride?: number
  readonly dilation?: number
  readonly padding?: readonly [number, number]
}

interface Rest {
  readonly inputs?: number
  readonly outputs?: number
  readonly batch?: number
  readonly groups?: number
  readonly layout?: Layout
  /** Sizes of the axes around the long one. */
  readonly before?: readonly number[]
  readonly after?: readonly number[]
}

const plain = (size: number): Axis => cellAxis(size, size, {})

function geometry(
  { size, kernel, stride = 1, dilation = 1, padding = [0, 0] }: LineSizes,
  { inputs = 1, outputs = 1, groups = 1, batch = 1, ...rest }: Rest = {},
): ConvolutionGeometry {
  const least = dilation * (kernel - 1) + 1 - padding[0] - padding[1]
  const sizes = { input: Math.max(size, least, 1), kernel, stride, dilation, padding }
  return {
    batch,
    groups,
    layout: rest.layout ?? 'channels-first',
    inChannels: inputs * groups,
    outChannels: outputs * groups,
    axes: [
      ...(rest.before ?? []).map(plain),
      windowAxis('test', sizes),
      ...(rest.after ?? []).map(plain),
    ],
  }
}

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
  expect(fftAlgorithm.applies(g)).toBe(true)
  const data = dataOf(g, options.hasBias ?? true, seed)
  const got = runAlgorithm(fftAlgorithm, g, data, { threads: 1, wide: false, ...options })
  return distance(got, plainConvolution(g, data))
}

const geometries = fc
  .record({
    size: fc.integer({ min: 1, max: 200 }),
    kernel: fc.integer({ min: 2, max: 90 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    padding: fc.tuple(fc.nat(100), fc.nat(100)),
    inputs: fc.integer({ min: 1, max: 4 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    layout: fc.constantFrom('channels-first' as const, 'channels-last' as const),
    before: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1 }),
    after: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1 }),
    isAdjoint: fc.boolean(),
  })
  .map(({ isAdjoint, ...sizes }) => {
    const g = geometry(sizes, sizes)
    return isAdjoint ? adjointGeometry(g) : g
  })

describe('overlap-save', () => {
  it('gives the sum for any size, padding, stride, dilation, groups, layout and direction', () => {
    const options = fc.record({
      threads: fc.integer({ min: 1, max: 3 }),
      wide: fc.boolean(),
      hasBias: fc.boolean(),
    })
    fc.assert(
      fc.property(geometries, options, fc.nat(), (g, settings, seed) => {
        expect(errorOf(g, settings, seed)).toBeLessThan(2e-6)
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  it('cuts long lines into blocks, and shares transforms between samples', () => {
    const long = { size: 30_000, kernel: 600, padding: [599, 0] as const }
    for (const threads of [1, 2, 3]) expect(errorOf(geometry(long), { threads })).toBeLessThan(2e-6)
    expect(errorOf(adjointGeometry(geometry(long)))).toBeLessThan(2e-6)
    const depthwise = { groups: 5, batch: 3 }
    expect(errorOf(geometry({ size: 500, kernel: 61 }, depthwise))).toBeLessThan(2e-6)
  })

  it('meets a kernel with several blocks where spectra are many', () => {
    const channels = { inputs: 24, outputs: 20 }
    const g = geometry({ size: 1200, kernel: 100, padding: [50, 49] }, channels)
    const { spectrumBytes } = chooseForm(g)!.form
    expect(spectrumBytes * 24 * 20).toBeGreaterThan(2 ** 18)
    for (const threads of [1, 3]) expect(errorOf(g, { threads })).toBeLessThan(2e-6)
  })

  it('stays within 1e-5 for the longest kernels', () => {
    // A kernel of 48,000 taps of which a few are set is quickly summed by hand.
    const g = geometry({ size: 100_000, kernel: 48_000, padding: [47_999, 0] })
    const random = randomNumbers(9)
    const x = randomFloats(random, 100_000)
    const weight = new Float32Array(48_000)
    const taps = Array.from({ length: 40 }, () => Math.floor(48_000 * Math.abs(random())) % 48_000)
    for (const tap of taps) weight[tap] = random()
    const got = runAlgorithm(fftAlgorithm, g, { x, weight, bias: null }, { threads: 2, wide: true })
    const expected = got.map((_, o) =>
      [...new Set(taps)].reduce((sum, k) => sum + weight[k]! * (x[o + k - 47_999] ?? 0), 0),
    )
    expect(distance(got, expected)).toBeLessThan(1e-5)
  })

  it('gives the same bits for any number of threads', () => {
    const g = geometry({ size: 3000, kernel: 200 }, { inputs: 3, outputs: 4, groups: 2, batch: 2 })
    const data = dataOf(g, true, 5)
    const results = [1, 2, 5].map((threads) =>
      runAlgorithm(fftAlgorithm, g, data, { threads, wide: false }),
    )
    for (const result of results) expect(result).toEqual(results[0])
  })
})

describe('the gradient of the weight', () => {
  const operandsOf = (g: ConvolutionGeometry, seed: number) => {
    const random = randomNumbers(seed)
    return [inputShape(g), outputShape(g)].map((shape) => randomFloats(random, product(shape))) as [
      Float32Array,
      Float32Array,
    ]
  }

  it('is the sum for any size, padding, stride, dilation, groups, layout and direction', () => {
    const options = fc.record({ threads: fc.integer({ min: 1, max: 3 }), wide: fc.boolean() })
    fc.assert(
      fc.property(geometries, options, fc.nat(), (g, machine, seed) => {
        const [x, upstream] = operandsOf(g, seed)
        const got = runWeightGradient(lowerFftWeightGradient, g, x, upstream, machine)
        expect(distance(got, plainWeightGradient(g, x, upstream))).toBeLessThan(3e-6)
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  it('adds chunk to chunk, with the same bits for any number of threads', () => {
    const many = { inputs: 9, outputs: 7, batch: 20 }
    const g = geometry({ size: 3000, kernel: 40, padding: [39, 0] }, many)
    const { spectrumBytes, pairs } = chooseForm(g, 'gradient')!.form
    expect(pairs * spectrumBytes * 16).toBeGreaterThan(2 ** 22)
    const [x, upstream] = operandsOf(g, 3)
    const results = [1, 2, 5].map((threads) =>
      runWeightGradient(lowerFftWeightGradient, g, x, upstream, { threads, wide: true }),
    )
    expect(distance(results[0]!, plainWeightGradient(g, x, upstream))).toBeLessThan(3e-6)
    for (const result of results) expect(result).toEqual(results[0])
  })

  it('is taken for long kernels, never for short ones or where precision is exact', async () => {
    const algorithmOf = async (shape: readonly number[], kernel: readonly number[]) => {
      const [x, w] = [draw(shape, 1), draw(kernel, 2)]
      const gradient = gradients(sum(square(conv(x, w))), [w])
      const { steps } = await explainPlan(gradient)
      return steps.find(({ operator }) => operator === 'convolutionWeightGradient')?.algorithm
    }
    expect(await algorithmOf([1, 1, 60_000], [1, 1, 2000])).toBe('fft')
    expect(await algorithmOf([1, 16, 1000], [16, 16, 5])).not.toBe('fft')
    setPrecision('exact')
    try {
      expect(await algorithmOf([1, 1, 60_000], [1, 1, 2000])).not.toBe('fft')
    } finally {
      setPrecision('fast')
    }
  })
})

describe('the choice', () => {
  afterEach(() => {
    forceAlgorithm(null)
    setThreads(1)
  })

  it('applies where one axis alone has a kernel', () => {
    const line = { size: 100, kernel: 20 }
    expect(fftAlgorithm.applies(geometry(line, { before: [7], after: [5] }))).toBe(true)
    expect(fftAlgorithm.applies(geometry({ size: 100, kernel: 1 }))).toBe(false)
    const two = { ...geometry(line), axes: [...geometry(line).axes, ...geometry(line).axes] }
    expect(fftAlgorithm.applies(two)).toBe(false)
    const dropping = {
      ...geometry(line),
      axes: [cellAxis(9, 5, { stride: 2 }), ...geometry(line).axes],
    }
    expect(fftAlgorithm.applies(dropping)).toBe(false)
  })

  it('takes it for long kernels in both directions, and never for short ones', () => {
    const fir = geometry({ size: 480_000, kernel: 4095, padding: [2047, 2047] })
    for (const features of [wide, { relaxed: false, wide: false }])
      for (const g of [fir, adjointGeometry(fir)])
        expect(chooseAlgorithm(g, features).name).toBe('fft')
    forceAlgorithm('contraction')
    expect(chooseAlgorithm(fir, wide).name).toBe('contraction')
    forceAlgorithm(null)
    for (const channels of [1, 16, 64]) {
      const g = geometry({ size: 1024, kernel: 5 }, { inputs: channels, outputs: channels })
      expect(chooseAlgorithm(g, wide).name).not.toBe('fft')
    }
  })

  it('costs as the logarithm of the kernel', () => {
    const costs = [256, 1024, 4096, 16_384].map((kernel) =>
      fftAlgorithm.cost(geometry({ size: 480_000, kernel }), wide),
    )
    for (const [i, cost] of costs.entries()) {
      if (i > 0) expect(cost).toBeLessThan(1.4 * costs[i - 1]!)
    }
    expect(costs.at(-1)!).toBeLessThan(2.2 * costs[0]!)
  })

  it('changes what the engine computes next, and gives the same results and gradients', async () => {
    const build = (): ReturnType<typeof draw>[] => {
      const x = draw([2, 4, 300], 1)
      const w = draw([6, 2, 40], 2)
      const bias = draw([6], 3)
      const y = conv(x, w, { bias, padding: 30, dilation: 2, stride: 2, groups: 2 })
      return [y, ...gradients(sum(square(y)), [x, w, bias])]
    }
    const results = []
    for (const threads of [1, 2]) {
      setThreads(threads)
      for (const name of ['contraction', 'fft']) {
        forceAlgorithm(name)
        await expectAgreement(build, 1e-5)
        results.push(await resultsOn('wasm', build))
      }
    }
    const [direct, transformed] = results.map(([y]) => y!)
    expect(transformed).not.toEqual(direct)
    expect(distance(transformed!, direct!)).toBeLessThan(2e-6)
  })
})
