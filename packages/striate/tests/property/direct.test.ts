// Direct convolution against the plain sum in float64, on random geometries, with canaries.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setThreads } from '../../src/engine/threads.ts'
import { probeFeatures } from '../../src/engine/wasm/features.ts'
import {
  directForm,
  directGradientModule,
  directGradientScratchBytes,
} from '../../src/engine/wasm/kernels/index.ts'
import { chooseAlgorithm, forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import { directAlgorithm } from '../../src/engine/wasm/lower/direct.ts'
import { directWeightGradientApplies } from '../../src/engine/wasm/lower/directWeightGradient.ts'
import { type Axis, transposedAxis, windowAxis } from '../../src/geometry/axis.ts'
import {
  type ConvolutionGeometry,
  inputShape,
  outputShape,
  product,
  weightShape,
} from '../../src/geometry/convolution.ts'
import { conv, gradients, setPrecision, square, sum, type TypedArray } from '../../src/index.ts'
import { adjointGeometry, convolutionWeightGradient } from '../../src/ops/primitive/convolution.ts'
import { expectAgreement, resultsOn } from '../support/agreement.ts'
import { draw } from '../support/draw.ts'
import { convolutions } from '../support/geometries.ts'
import { type ConvolutionData, plainConvolution, runAlgorithm } from '../support/loweringArena.ts'
import { run, shapesOf, wholeTensor } from '../support/runConvolution.ts'
import { Arena, randomFloats, randomNumbers } from './wasmArena.ts'

// Where V8 can join vectors to 256 bits it does so for the kernels that are run by hand too.
probeFeatures()

const axisSizes = (largest: number, kernels: number): fc.Arbitrary<AxisSizes> =>
  fc.record({
    size: fc.integer({ min: 1, max: largest }),
    kernel: fc.integer({ min: 1, max: kernels }),
    stride: fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 4 })),
    dilation: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3 })),
    padding: fc.tuple(fc.nat(4), fc.nat(4)),
  })

interface AxisSizes {
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly padding: readonly [number, number]
}

function axisOf({ size, kernel, stride, dilation, padding }: AxisSizes, transposed: boolean): Axis {
  const extent = dilation * (kernel - 1) + 1
  const sizes = { kernel, stride, dilation, padding }
  if (!transposed) {
    const input = Math.max(size, extent - padding[0] - padding[1])
    return windowAxis('test', { ...sizes, input })
  }
  const least = Math.ceil((padding[0] + padding[1] + 1 - extent) / stride) + 1
  return transposedAxis('test', { ...sizes, input: Math.max(size, least) }, size % stride)
}

/** Of the kinds for which direct kernels are made. */
const geometries: fc.Arbitrary<ConvolutionGeometry> = fc
  .record({
    rank: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom('depthwise', 'multiplied', 'few', 'groups', 'gathering'),
    channels: fc.integer({ min: 1, max: 4 }),
    outputs: fc.oneof(fc.integer({ min: 1, max: 11 }), fc.integer({ min: 1, max: 40 })),
    direction: fc.constantFrom('plain', 'adjoint', 'transposed'),
    isLast: fc.boolean(),
  })
  .chain(({ rank, batch, kind, channels, outputs, direction, isLast }) => {
    const [largest, kernels] = [
      [90, 40],
      [30, 7],
      [9, 4],
    ][rank - 1] as [number, number]
    return fc
      .array(axisSizes(largest, kernels), { minLength: rank, maxLength: rank })
      .map((axes) => {
        const [groups, inputs, each] = {
          depthwise: [outputs, 1, 1],
          multiplied: [outputs, 1, channels],
          few: [1, channels, outputs],
          groups: [2, channels, outputs],
          gathering: [1, outputs, channels],
        }[kind] as [number, number, number]
        const g: ConvolutionGeometry = {
          batch,
          groups,
          layout: isLast && kind === 'depthwise' && rank < 3 ? 'channels-last' : 'channels-first',
          inChannels: groups * inputs,
          outChannels: groups * each,
          axes: axes.map((axis) => axisOf(axis, direction === 'transposed')),
        }
        return direction === 'adjoint' ? adjointGeometry(g) : g
      })
  })
  .filter((g) => directAlgorithm.applies(g))

function dataOf(g: ConvolutionGeometry, hasBias: boolean, seed: number): ConvolutionData {
  const random = randomNumbers(seed)
  return {
    x: randomFloats(random, product(inputShape(g))),
    weight: randomFloats(random, product(weightShape(g))),
    bias: hasBias ? randomFloats(random, g.outChannels) : null,
  }
}

const options = fc.record({
  threads: fc.integer({ min: 1, max: 3 }),
  wide: fc.boolean(),
  hasBias: fc.boolean(),
})

const large = (
  space: readonly number[],
  kernel: readonly number[],
  rest: { readonly stride?: number; readonly inChannels?: number; readonly outChannels?: number },
): ConvolutionGeometry => {
  const { stride = 1, inChannels = 1, outChannels = 2 } = rest
  const axes = space.map((size, a) => {
    const low = Math.floor(kernel[a]! / 2)
    const padding = [low, low + 1] as const
    return axisOf({ size, kernel: kernel[a]!, stride, dilation: 1, padding }, false)
  })
  return { batch: 1, groups: 1, layout: 'channels-first', inChannels, outChannels, axes }
}

const largeOnes: readonly (readonly [string, ConvolutionGeometry])[] = [
  ['a signal', large([200_003], [6], {})],
  ['a signal and a stride', large([150_001], [5], { stride: 3 })],
  ['an image', large([301, 317], [5, 4], { inChannels: 2, outChannels: 3 })],
  ['an image and a stride', large([411, 333], [3, 7], { stride: 2, outChannels: 5 })],
  ['a volume', large([37, 61, 53], [3, 3, 3], { outChannels: 3 })],
]

const absolute = (values: Float32Array): Float32Array => values.map(Math.abs)

/** Largest error over the largest sum of products without their signs: sums may cancel. */
function farthest(got: Float32Array, wanted: Float64Array, sizes: Float64Array): number {
  const scale = sizes.reduce((most, each) => Math.max(most, each), 1)
  return wanted.reduce((most, want, i) => {
    const error = Math.abs(got[i]! - want) / scale
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(most, error)
  }, 0)
}

/** Largest error of the kernel, over canaries, in two calls of samples. */
function gradientError(g: ConvolutionGeometry, wide: boolean, seed: number): number {
  const random = randomNumbers(seed)
  const x = randomFloats(random, product(inputShape(g)))
  const upstream = randomFloats(random, product(outputShape(g)))
  const group = {
    axes: g.axes,
    channels: g.inChannels / g.groups,
    outputs: g.outChannels / g.groups,
  }
  const weights = product(weightShape(g))
  const arena = new Arena()
  const sources = [arena.put(x), arena.put(upstream, 4)] as const
  // The first samples of all groups; then the others, group by group.
  const targets = [0, 1].map(() => arena.output(new Float32Array(weights).fill(Number.NaN)))
  const scratch = arena.scratch(directGradientScratchBytes(group))
  const target = { sharedMemory: false, relaxed: false }
  const kernel = arena.load(directGradientModule({ ...group, ...target, wide }))
  const half = Math.floor(g.batch / 2)
  arena.guarded(() => {
    kernel.run(0, g.groups, g.groups, 0, half, ...sources, targets[0]!, scratch)
    for (let i = 0; i < g.groups; i++)
      kernel.run(i, i + 1, g.groups, half, g.batch, ...sources, targets[1]!, scratch)
  })
  const [first, second] = targets.map((each) => arena.float32(each, weights))
  const float64 = { shape: [], dtype: 'float64' as const }
  const plain = (...inputs: Float32Array[]): Float64Array => {
    const output = new Float64Array(weights)
    convolutionWeightGradient.reference({
      inputs: inputs.map((each) => Float64Array.from(each)),
      inputTypes: [float64, float64],
      output,
      outputType: { shape: weightShape(g), dtype: 'float64' },
      attributes: g,
    })
    return output
  }
  return farthest(
    first!.map((each, i) => each + second![i]!),
    plain(x, upstream),
    plain(absolute(x), absolute(upstream)),
  )
}

describe('direct convolution', () => {
  const errorOf = (
    g: ConvolutionGeometry,
    settings: { readonly threads: number; readonly wide: boolean; readonly hasBias: boolean },
    seed = 1,
  ): number => {
    const data = dataOf(g, settings.hasBias, seed)
    const sizes = { x: absolute(data.x), weight: absolute(data.weight), bias: null }
    return farthest(
      runAlgorithm(directAlgorithm, g, data, settings),
      plainConvolution(g, data),
      plainConvolution(g, sizes),
    )
  }

  it('gives the sum for any rank, size, padding, stride, dilation, groups and direction', () => {
    fc.assert(
      fc.property(geometries, options, fc.nat(), (g, settings, seed) => {
        expect(errorOf(g, settings, seed)).toBeLessThan(5e-7)
      }),
      { numRuns: 300 },
    )
  }, 120_000)

  it.each(largeOnes)('works in bands where the input is large: %s', (_, g) => {
    const { axes, inChannels, outChannels, groups } = g
    const group = { axes, channels: inChannels / groups, outputs: outChannels / groups }
    expect(directForm(group).bands).toBeGreaterThan(1)
    for (const share of [2, 3]) expect(directForm({ ...group, share }).bands % share).toBe(0)
    for (const wide of [true, false])
      expect(errorOf(g, { threads: 3, wide, hasBias: true })).toBeLessThan(5e-7)
  })
})

describe('the weight gradient', () => {
  it('gives the sum for any rank, size, padding, stride, dilation, groups and direction', () => {
    const plain = geometries.filter(directWeightGradientApplies)
    fc.assert(
      fc.property(plain, fc.boolean(), fc.nat(), (g, wide, seed) => {
        expect(gradientError(g, wide, seed)).toBeLessThan(5e-7)
      }),
      { numRuns: 300 },
    )
  }, 120_000)

  it.each(largeOnes)('works in bands where the input is large: %s', (_, g) => {
    if (!directWeightGradientApplies(g)) return
    for (const wide of [true, false]) expect(gradientError(g, wide, 1)).toBeLessThan(5e-7)
  })
})

describe('the engine with direct convolution', () => {
  // Where it does not apply another one serves, which must not round transformed values.
  beforeEach(() => setPrecision('exact'))
  afterEach(() => {
    setPrecision('fast')
    forceAlgorithm(null)
    setThreads(1)
  })

  it('agrees with the reference, forward and backward, with any number of threads', async () => {
    const settings = fc.record({
      convolution: convolutions(),
      threads: fc.integer({ min: 1, max: 2 }),
      seed: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(settings, async ({ convolution, threads, seed }) => {
        setThreads(threads)
        forceAlgorithm('direct')
        await expectAgreement(() => {
          const shapes = shapesOf(convolution)
          const x = wholeTensor(shapes.x, seed)
          const weight = wholeTensor(shapes.weight, seed + 1)
          const bias = shapes.bias ? wholeTensor(shapes.bias, seed + 2) : undefined
          const y = run(convolution, x, weight, bias)
          const first = gradients(sum(square(y)), [x, weight, ...(bias ? [bias] : [])])
          return [y, ...first]
        }, 0)
      }),
      { numRuns: 60 },
    )
  }, 120_000)

  it('takes it for depthwise, grouped and first layers, and not where channels are many', () => {
    const of = (inChannels: number, outChannels: number, groups: number): string =>
      chooseAlgorithm(
        {
          batch: 1,
          layout: 'channels-first',
          inChannels,
          outChannels,
          groups,
          axes: [56, 56].map((size) =>
            axisOf({ size, kernel: 3, stride: 1, dilation: 1, padding: [1, 1] }, false),
          ),
        },
        { relaxed: true, wide: true },
      ).name
    expect(of(64, 64, 64)).toBe('direct')
    expect(of(128, 128, 32)).toBe('direct')
    expect(of(1, 6, 1)).toBe('direct')
    expect(of(64, 64, 1)).not.toBe('direct')
  })

  it('gives the same bits with one thread and with two', async () => {
    const runWith = async (threads: number): Promise<TypedArray> => {
      setThreads(threads)
      forceAlgorithm('direct')
      const [result] = await resultsOn('wasm', () => [
        conv(draw([2, 6, 90, 70], 1), draw([12, 1, 3, 3], 2), { groups: 6, padding: 1 }),
      ])
      return result!
    }
    expect(await runWith(2)).toEqual(await runWith(1))
  })
})
