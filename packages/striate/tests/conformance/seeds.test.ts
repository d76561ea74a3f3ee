// Every example, shape and count of the tutorials, in the layout and the words that each of them uses.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { conv1d, conv2d, mean, permute, reshape, setEngine, tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConvolutionSpec, describeConvolution } from '../../src/explain/index.ts'
import { kernelExtent, windowAxis } from '../../src/geometry/axis.ts'
import { padMap } from '../../src/geometry/axisMap.ts'
import type { Padding } from '../../src/geometry/padding.ts'
import { engines } from '../support/engines.ts'
import { maxRelative, shared } from '../support/oracle.ts'
import { tutorialNumbers } from '../support/suites/index.ts'
import { testSuite } from '../support/suites/node.ts'
import { type NumericSeed, seedWeight, tutorialOf, tutorials } from '../support/suites/seeds.ts'

interface ShapeCase {
  readonly id: string
  readonly kind: string
  readonly params: Readonly<Record<string, never>>
  readonly inputShape: readonly never[] | null
  readonly expected: {
    readonly outputShape?: readonly (number | string)[]
    readonly outputLength?: number | string
    readonly paddedLength?: number
    readonly parameters?: number
    readonly ratioToStandard?: number
    readonly dotProductLength?: number
    readonly effectiveKernel?: readonly number[]
    readonly skippedPixels?: number
    readonly weights?: number
  }
}

interface SymbolicCase {
  readonly id: string
  readonly w: readonly number[] | string
  readonly example: {
    readonly a: readonly number[]
    readonly w?: readonly number[]
    readonly expected: readonly number[]
  }
}

interface KernelCase {
  readonly id: string
  readonly shape?: readonly number[]
  readonly data?: readonly number[]
  readonly filters?: readonly { readonly name: string; readonly k: readonly number[][] }[]
}

interface Seeds {
  readonly numeric: readonly NumericSeed[]
  readonly shapesAndCounts: readonly ShapeCase[]
  readonly symbolic: readonly SymbolicCase[]
  readonly kernels: readonly KernelCase[]
}

const seeds: Seeds =
  shared === null
    ? { numeric: [], shapesAndCounts: [], symbolic: [], kernels: [] }
    : (JSON.parse(readFileSync(join(shared, 'conformance', 'seeds.json'), 'utf8')) as Seeds)

/** How the shapes and counts of one case are found; each checks everything that the case expects. */
const shapeChecks: Readonly<Record<string, (each: ShapeCase) => void | Promise<void>>> = {
  's0-keras-conv2d': kerasLayer,
  's0-keras-conv1d': kerasLayer,
  's0-keras-conv3d': kerasLayer,

  // tf.nn.conv1d(input [batch, width, in], kernel [width, in, out], padding='SAME')
  's0-tf-conv1d-same': async ({ params, inputShape, expected }) => {
    const values = [0, 1, 2, 3, 4, 5, 4, 3, 2, 1]
    const kernel = tensor(new Float32Array(20).fill(1), params.kernelShape!)
    const y = conv1d(tensor(values, inputShape!), permute(kernel, [2, 1, 0]), {
      padding: 'same',
      layout: 'channels-last',
    })
    expect(y.shape).toEqual(expected.outputShape)
    // Ones sum what a window of five sees: the whole input in the middle.
    const sums = (await y.array()) as number[][][]
    expect(sums.map((rows) => rows.map((channels) => channels[0]))).toEqual([
      [3, 6, 10, 10, 9],
      [12, 14, 15, 10, 6],
    ])
  },

  's0-k2-length': ({ params, inputShape, expected }) =>
    expect(lengths(inputShape![0]!, params)).toBe(expected.outputLength),
  's0-k3-length': ({ params, inputShape, expected }) =>
    expect(lengths(inputShape![0]!, params)).toBe(expected.outputLength),
  's0-pad1-length': ({ params, inputShape, expected }) => {
    const { padding } = params as unknown as { padding: number }
    expect(padMap(inputShape![0]!, padding, padding, 'zeros').outputSize).toBe(
      expected.paddedLength,
    )
  },
  's0-3x3-pad1-128': ({ params, inputShape, expected }) => {
    const { outputShape } = describeConvolution({
      ...params,
      input: [1, ...inputShape!],
    }).convolution
    expect(outputShape.slice(1)).toEqual(expected.outputShape)
  },
  's0-k5-pad2-same': ({ params }) => {
    for (let length = 1; length <= 40; length++) expect(lengths(length, params)).toBe(length)
  },

  // One dot product over the depth of the input at every pixel.
  's0-1x1-128': ({ params, inputShape, expected }) => {
    for (const filters of [1, 16]) {
      const d = describeConvolution({
        ...params,
        input: inputShape!,
        outChannels: filters,
        layout: 'channels-last',
        bias: false,
      })
      const wanted = expected.outputShape!.map((size) => (size === 'filters' ? filters : size))
      expect(d.convolution.outputShape).toEqual(wanted)
      expect(d.multiplyAdds / (128 * 128 * filters)).toBe(expected.dotProductLength)
    }
  },

  // Half the length exactly where one of the last two starts still fits a window, else nearly.
  's0-stride2-half': () => {
    for (let length = 1; length <= 40; length++)
      for (const kernelSize of [1, 2, 3, 5])
        for (const padding of [0, 1, 2])
          for (const dilation of [1, 2]) {
            const span = length + 2 * padding - dilation * (kernelSize - 1) - 1
            if (span < 0) continue
            const halved = lengths(length, { kernelSize, padding, dilation, stride: 2 })
            expect(halved).toBe(Math.floor(span / 2) + 1)
            if (span === length - 1 || span === length - 2)
              expect(Math.abs(halved - length / 2)).toBeLessThan(1)
          }
    expect(lengths(6, { kernelSize: 3, stride: 2 })).toBe(2)
    expect(lengths(6, { kernelSize: 3, stride: 2, padding: 1 })).toBe(3)
  },

  // nn.Conv1d(in_channels=100, out_channels=1, kernel_size=1, stride=1) of [1, 100, 4]
  's2-pytorch-conv1d-100': async ({ inputShape, expected }) => {
    const x = tensor(new Float32Array(400).fill(1), inputShape!)
    const y = conv1d(x, tensor(new Float32Array(100).fill(0.5), [1, 100, 1]), { stride: 1 })
    expect(y.shape).toEqual(expected.outputShape)
    expect(await y.array()).toEqual([[[50, 50, 50, 50]]])
  },
  's2-length': () => {
    for (let n = 1; n <= 12; n++)
      for (let m = 1; m <= n; m++) expect(lengths(n, { kernelSize: m })).toBe(n - m + 1)
  },

  's3-standard-params': ({ expected }) =>
    expect(weights({ input: [32, 8, 8], outChannels: 64, kernelSize: 3 })).toBe(
      expected.parameters,
    ),
  's3-depthwise-params': ({ expected }) =>
    expect(weights({ input: [32, 8, 8], outChannels: 32, kernelSize: 3, groups: 32 })).toBe(
      expected.parameters,
    ),
  's3-pointwise-params': ({ expected }) =>
    expect(weights({ input: [32, 8, 8], outChannels: 64, kernelSize: 1 })).toBe(
      expected.parameters,
    ),
  's3-separable-total': ({ expected }) => {
    const depthwise = weights({ input: [32, 8, 8], outChannels: 32, kernelSize: 3, groups: 32 })
    const pointwise = weights({ input: [32, 6, 6], outChannels: 64, kernelSize: 1 })
    const standard = weights({ input: [32, 8, 8], outChannels: 64, kernelSize: 3 })
    expect(depthwise + pointwise).toBe(expected.parameters)
    expect((depthwise + pointwise) / standard).toBe(expected.ratioToStandard)
  },

  // A kernel of 3×3 with dilation 2 covers 5×5 and skips a pixel between neighbours.
  's3-dilated-3x3-d2': ({ params, expected }) => {
    const { kernelSize, dilation } = params as unknown as { kernelSize: number[]; dilation: number }
    expect(kernelSize.map((k) => kernelExtent(k, dilation))).toEqual(expected.effectiveKernel)
    const d = describeConvolution({ ...params, input: [1, 9, 9], bias: false })
    expect(d.axes.map((axis) => axis.receptiveField)).toEqual(expected.effectiveKernel)
    expect(d.parameters.total).toBe(expected.weights)
    expect(dilation - 1).toBe(expected.skippedPixels)
  },

  // 2·(L − 1) + k; double the length for a kernel of 2, or of 3 with padding and output padding of 1.
  's3-transposed-stride2': ({ params }) => {
    for (let length = 1; length <= 10; length++)
      for (const kernelSize of [1, 2, 3, 4, 5]) {
        const size = (more: Partial<ConvolutionSpec>): number =>
          describeConvolution({
            ...params,
            input: [1, length],
            kernelSize,
            transposed: true,
            ...more,
          }).convolution.outputShape[1]!
        expect(size({})).toBe(2 * (length - 1) + kernelSize)
        if (kernelSize === 2) expect(size({})).toBe(2 * length)
        if (kernelSize === 3) expect(size({ padding: 1, outputPadding: 1 })).toBe(2 * length)
      }
  },
}

/** Conv1D/2D/3D(filters, kernel_size, input_shape=[...space, channels]) with a bias. */
function kerasLayer({ params, inputShape, expected }: ShapeCase): void {
  const { filters, kernelSize, stride, padding } = params as unknown as {
    filters: number
    kernelSize: number | number[]
    stride: number
    padding: Padding
  }
  const d = describeConvolution({
    input: inputShape!,
    outChannels: filters,
    kernelSize,
    stride,
    padding,
    layout: 'channels-last',
  })
  expect(d.convolution.outputShape).toEqual(expected.outputShape)
  expect(d.parameters.total).toBe(expected.parameters)
}

interface LengthSettings {
  readonly kernelSize?: number
  readonly stride?: number
  readonly padding?: number
  readonly dilation?: number
}

function lengths(input: number, settings: LengthSettings): number {
  const { kernelSize: kernel = 1, stride = 1, padding = 0, dilation = 1 } = settings
  const sizes = { input, kernel, stride, dilation, padding: [padding, padding] as const }
  return windowAxis('conv1d', sizes).output
}

const weights = (spec: ConvolutionSpec): number =>
  describeConvolution({ ...spec, bias: false }).parameters.total

describe.skipIf(shared === null)('the tutorials (needs STRIATE_SHARED)', () => {
  it('give 12 examples with numbers, 19 shapes and counts, 2 formulas and 2 kernels', () => {
    const { numeric, shapesAndCounts, symbolic, kernels } = seeds
    expect([numeric, shapesAndCounts, symbolic, kernels].map((list) => list.length)).toEqual([
      12, 19, 2, 2,
    ])
    expect(shapesAndCounts.map(({ id }) => id).sort()).toEqual(Object.keys(shapeChecks).sort())
  })

  it.each(
    seeds.shapesAndCounts.map((each) => [tutorialOf(each.id), each.kind, each.id, each] as const),
  )('%s: %s (%s)', async (_, __, id, each) => {
    setEngine('reference')
    await shapeChecks[id]!(each)
    setEngine('wasm')
  })
})

await testSuite(tutorialNumbers)

for (const engine of engines) {
  const dtype = engine === 'reference' ? 'float64' : 'float32'
  describe.skipIf(shared === null)(
    `more numbers of the tutorials on the ${engine} engine (needs STRIATE_SHARED)`,
    () => {
      beforeAll(() => setEngine(engine))
      afterAll(() => setEngine('wasm'))

      it(`${tutorials.s2}: Conv1D equals Conv2D with a height of 1`, async () => {
        const [sentence] = seeds.numeric.filter(({ id }) => id === 's2-conv1d-sentence-stride2')
        const x = tensor(sentence!.input.data, sentence!.input.shape, { dtype })
        const weight = seedWeight(sentence!, dtype)
        const line = conv1d(x, weight, { stride: 2, layout: 'channels-last' })
        const plane = conv2d(reshape(x, [1, 1, 6, 3]), reshape(weight, [1, 3, 1, 2]), {
          stride: [1, 2],
          layout: 'channels-last',
        })
        expect([...(await plane.data())]).toEqual([...(await line.data())])
      })

      it.each(seeds.symbolic.map((each) => [tutorialOf(each.id), each.id, each] as const))(
        '%s: %s',
        async (_, __, { w, example }) => {
          const a = tensor([[example.a as number[]]])
          const weight = (example.w ?? w) as number[]
          const b = conv1d(a, tensor([[weight]]))
          expect(maxRelative(await b.data(), example.expected)).toBeLessThan(1e-6)
          if (weight.length === example.a.length)
            expect(await b.item()).toBeCloseTo(await mean(a).item(), 6)
        },
      )

      it(`${tutorials.s0}: tf.nn.conv2d with three filters in one kernel`, async () => {
        const [bank] = seeds.kernels.filter(({ filters }) => filters !== undefined)
        // [height, width, in, out] as TensorFlow has it
        const kernel = permute(tensor(bank!.data!, bank!.shape, { dtype }), [3, 2, 0, 1])
        for (const [i, filter] of bank!.filters!.entries()) {
          const own = [...(await kernel.data())].slice(9 * i, 9 * i + 9)
          expect(maxRelative(own, filter.k.flat())).toBeLessThan(1e-7)
        }
        // One bright pixel comes back as each filter turned by 180 degrees.
        const image = new Float64Array(49)
        image[24] = 1
        const y = conv2d(tensor(image, [1, 7, 7, 1], { dtype }), kernel, {
          padding: 'same',
          layout: 'channels-last',
        })
        expect(y.shape).toEqual([1, 7, 7, 3])
        const seen = (await y.array()) as number[][][][]
        for (const [i, filter] of bank!.filters!.entries()) {
          const patch = [2, 3, 4].map((r) => [2, 3, 4].map((c) => seen[0]![r]![c]![i]!))
          expect(maxRelative(patch.flat(), filter.k.flat().reverse())).toBeLessThan(1e-6)
        }
      })

      it(`${tutorials.s0}: a smoothing, a middle-heavy and a boundary-heavy channel`, async () => {
        const signal = [0, 0, 0, 6, 0, 0, 0]
        const filters = [
          [1 / 3, 1 / 3, 1 / 3],
          [1 / 6, 4 / 6, 1 / 6],
          [3 / 6, 0, 3 / 6],
        ]
        const y = conv1d(tensor([[signal]]), tensor(filters.map((filter) => [filter])), {
          padding: 1,
        })
        const expected = [
          [0, 0, 2, 2, 2, 0, 0],
          [0, 0, 1, 4, 1, 0, 0],
          [0, 0, 3, 0, 3, 0, 0],
        ]
        expect(maxRelative(await y.data(), expected.flat())).toBeLessThan(1e-6)
      })
    },
  )
}
