/** Random axes, convolutions and transposed convolutions for property tests. */
import fc from 'fast-check'
import { type Axis, transposedAxis, windowAxis } from '../../src/geometry/axis.ts'
import type { PaddingMode } from '../../src/geometry/padding.ts'

/** The axis of a convolution or a pooling window that fits its padded input. */
export const windowAxes: fc.Arbitrary<Axis> = fc
  .record({
    kernel: fc.integer({ min: 1, max: 5 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 4 }),
    low: fc.integer({ min: 0, max: 4 }),
    high: fc.integer({ min: 0, max: 4 }),
    more: fc.integer({ min: 0, max: 9 }),
    ceilMode: fc.boolean(),
  })
  .map(({ kernel, dilation, stride, low, high, more, ceilMode }) => {
    const least = Math.max(1, dilation * (kernel - 1) + 1 - low - high)
    const sizes = { input: least + more, kernel, stride, dilation, padding: [low, high] as const }
    return windowAxis('test', sizes, ceilMode)
  })

/** The axis of a transposed convolution with at least one output cell. */
export const transposedAxes: fc.Arbitrary<Axis> = fc
  .record({
    input: fc.integer({ min: 1, max: 8 }),
    kernel: fc.integer({ min: 1, max: 5 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 4 }),
    low: fc.integer({ min: 0, max: 4 }),
    high: fc.integer({ min: 0, max: 4 }),
    outputPadding: fc.integer({ min: 0, max: 3 }),
  })
  .filter((r) => fullSize(r) - r.low - r.high + outputPaddingOf(r) >= 1)
  .map((r) => {
    const { input, kernel, stride, dilation, low, high } = r
    const sizes = { input, kernel, stride, dilation, padding: [low, high] as const }
    return transposedAxis('test', sizes, outputPaddingOf(r))
  })

interface Drawn {
  readonly input: number
  readonly kernel: number
  readonly dilation: number
  readonly stride: number
  readonly outputPadding: number
}

const fullSize = ({ input, kernel, dilation, stride }: Drawn): number =>
  (input - 1) * stride + dilation * (kernel - 1) + 1

const outputPaddingOf = ({ stride, dilation, outputPadding }: Drawn): number =>
  Math.min(outputPadding, Math.max(stride, dilation) - 1)

export const axes: fc.Arbitrary<Axis> = fc.oneof(windowAxes, transposedAxes)

/** A convolution of any rank with everything that may be set, small enough for plain loops. */
export interface RandomConvolution {
  readonly rank: number
  readonly transposed: boolean
  readonly batch: number
  readonly groups: number
  readonly inPerGroup: number
  readonly outPerGroup: number
  readonly input: readonly number[]
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly paddingMode: PaddingMode
  readonly outputPadding: readonly number[]
  readonly layout: 'channels-first' | 'channels-last'
  readonly bias: boolean
}

interface RandomAxis {
  readonly input: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly padding: readonly [number, number]
  readonly outputPadding: number
}

const axisSettings = (
  rank: number,
  transposed: boolean,
  mode: PaddingMode,
): fc.Arbitrary<RandomAxis> =>
  fc
    .record({
      input: fc.integer({ min: 1, max: [9, 6, 4][rank - 1]! }),
      kernel: fc.integer({ min: 1, max: [4, 3, 3][rank - 1]! }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      padding: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
      outputPadding: fc.integer({ min: 0, max: 2 }),
    })
    .map((r) => ({ ...r, outputPadding: outputPaddingOf(r) }))
    .filter((r) => {
      const [low, high] = r.padding
      const extent = r.dilation * (r.kernel - 1) + 1
      if (!transposed && r.input + low + high < extent) return false
      const output = fullSize(r) - low - high + r.outputPadding
      if (transposed && output < 1) return false
      const most = mode === 'reflect' ? r.input - 1 : mode === 'circular' ? r.input : 99
      if (!transposed) return Math.max(low, high) <= most
      if (mode === 'zeros') return true
      // Cells beyond the ends that a window of the transposed sum falls on.
      const before = Math.floor((extent - 1 - low) / r.stride)
      const after = Math.floor((output - 1 + low) / r.stride) - (r.input - 1)
      return Math.max(before, after) <= most
    })

const modes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular']

/** Convolutions, or transposed ones, or both. */
export const convolutions = (
  limits: { readonly transposed?: boolean; readonly rank?: number } = {},
): fc.Arbitrary<RandomConvolution> =>
  fc
    .record({
      rank: limits.rank === undefined ? fc.integer({ min: 1, max: 3 }) : fc.constant(limits.rank),
      transposed: limits.transposed === undefined ? fc.boolean() : fc.constant(limits.transposed),
      paddingMode: fc.constantFrom(...modes),
      batch: fc.integer({ min: 1, max: 2 }),
      groups: fc.integer({ min: 1, max: 3 }),
      inPerGroup: fc.integer({ min: 1, max: 3 }),
      outPerGroup: fc.integer({ min: 1, max: 3 }),
      layout: fc.constantFrom('channels-first' as const, 'channels-last' as const),
      bias: fc.boolean(),
    })
    .chain((r) =>
      fc
        .array(axisSettings(r.rank, r.transposed, r.paddingMode), {
          minLength: r.rank,
          maxLength: r.rank,
        })
        .map((list) => ({
          ...r,
          input: list.map((axis) => axis.input),
          kernel: list.map((axis) => axis.kernel),
          stride: list.map((axis) => axis.stride),
          dilation: list.map((axis) => axis.dilation),
          padding: list.map((axis) => axis.padding),
          outputPadding: list.map((axis) => (r.transposed ? axis.outputPadding : 0)),
        })),
    )
