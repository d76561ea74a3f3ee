// Geometries for tests of Winograd's algorithm.
import fc from 'fast-check'
import { winogradAlgorithm } from '../../src/engine/wasm/lower/winograd.ts'
import { type Axis, windowAxis } from '../../src/geometry/axis.ts'
import type { ConvolutionGeometry } from '../../src/geometry/convolution.ts'
import type { Layout } from '../../src/geometry/layout.ts'
import { adjointGeometry } from '../../src/ops/primitive/convolution.ts'

export interface AxisSizes {
  readonly size: number
  readonly kernel?: number
  readonly dilation?: number
  readonly stride?: number
  readonly padding?: readonly [number, number]
}

const axis = ({ size, kernel = 3, dilation = 1, stride = 1, padding = [1, 1] }: AxisSizes): Axis =>
  windowAxis('test', {
    input: Math.max(size, dilation * (kernel - 1) + 1 - padding[0] - padding[1]),
    kernel,
    stride,
    dilation,
    padding,
  })

export const geometry = (
  axes: readonly AxisSizes[],
  inChannels: number,
  outChannels: number,
  rest: { readonly batch?: number; readonly groups?: number; readonly layout?: Layout } = {},
): ConvolutionGeometry => ({
  batch: 1,
  groups: 1,
  layout: 'channels-first',
  ...rest,
  inChannels,
  outChannels,
  axes: axes.map(axis),
})

const axisSizes = (largest: number, kernel: fc.Arbitrary<number>): fc.Arbitrary<AxisSizes> =>
  fc.record({
    size: fc.integer({ min: 1, max: largest }),
    kernel,
    dilation: fc.integer({ min: 1, max: 3 }),
    stride: fc.constantFrom(1, 1, 2, 3),
    padding: fc.tuple(fc.nat(3), fc.nat(3)),
  })
/** Geometries of any kind that Winograd's algorithm applies to. */
export const geometries: fc.Arbitrary<ConvolutionGeometry> = fc
  .record({
    rank: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 2 }),
    inputs: fc.integer({ min: 1, max: 20 }),
    outputs: fc.integer({ min: 1, max: 26 }),
    layout: fc.constantFrom('channels-first' as const, 'channels-last' as const),
    isAdjoint: fc.boolean(),
  })
  .chain((r) => {
    const largest = [40, 14, 6][r.rank - 1]!
    const most = [11, 7, 4][r.rank - 1]!
    const kernels = fc.oneof(fc.constant(3), fc.integer({ min: 1, max: most }))
    return fc
      .array(axisSizes(largest, kernels), { minLength: r.rank, maxLength: r.rank })
      .map((axes) => {
        const { batch, groups, layout, inputs, outputs } = r
        const rest = { batch: r.rank === 3 ? 1 : batch, groups, layout }
        const g = geometry(axes, inputs * groups, outputs * groups, rest)
        return r.isAdjoint ? adjointGeometry(g) : g
      })
  })
  .filter((g) => winogradAlgorithm.applies(g))
