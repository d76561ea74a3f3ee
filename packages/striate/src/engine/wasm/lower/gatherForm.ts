/**
 * The gather form of a convolution: the input continued by zeros so that every tap of every output
 * lies inside, and for each phase the taps and outputs as tables of offsets. A phase is a plain
 * convolution; a convolution has one, a transposed one as many as its strides multiply to.
 */
import { type AxisPhase, axisPhases } from '../../../geometry/axis.ts'
import { type ConvolutionGeometry, isTransposed, product } from '../../../geometry/convolution.ts'
import { layoutStrides } from '../../../geometry/layout.ts'
import { stridesOf } from '../../../tensor/shape.ts'
import { offsetTable } from './contraction.ts'

export interface GatherPhase {
  readonly taps: number
  readonly cells: number
  /** Offset in the continued input of the first tap of the first cell, for channel 0. */
  readonly start: number
  /** Input offsets of (channel in group, tap), channel outermost. */
  readonly tapOffsets: Int32Array
  /** Input offsets of each output cell of the phase. */
  readonly cellOffsets: Int32Array
  /** Output offsets of each output cell of the phase, channel 0. */
  readonly outputOffsets: Int32Array
  /** Weight offsets of (channel in group, tap), for output channel 0. */
  readonly weightOffsets: Int32Array
}

export interface GatherForm {
  /** Cells added before and after each axis. */
  readonly before: readonly number[]
  readonly after: readonly number[]
  /** Space of the continued input. */
  readonly space: readonly number[]
  readonly isContinued: boolean
  readonly input: ReturnType<typeof layoutStrides>
  readonly continued: ReturnType<typeof layoutStrides>
  readonly output: ReturnType<typeof layoutStrides>
  readonly phases: readonly GatherPhase[]
  /** Weight offset between output channels, and between groups. */
  readonly weightRow: number
  readonly weightGroup: number
}

export function gatherForm(g: ConvolutionGeometry): GatherForm {
  const { axes, groups, layout } = g
  const phases = axes.map(axisPhases)
  const reach = phases.map((list) => reachOf(list))
  const before = reach.map(([least]) => Math.max(0, -least))
  const after = reach.map(([, most], a) => Math.max(0, most - (axes[a]!.input - 1)))
  const space = axes.map((axis, a) => before[a]! + axis.input + after[a]!)
  const continued = layoutStrides(layout, g.inChannels, space)
  const output = layoutStrides(
    layout,
    g.outChannels,
    axes.map((axis) => axis.output),
  )
  const inputs = g.inChannels / groups
  const outputs = g.outChannels / groups
  const kernel = axes.map((axis) => axis.kernel)
  const kernelStrides = stridesOf(kernel)
  const kernelSize = product(kernel)
  const transposed = isTransposed(g)
  const weightRow = transposed ? kernelSize : inputs * kernelSize
  const weightInput = transposed ? outputs * kernelSize : kernelSize
  return {
    before,
    after,
    space,
    isContinued: [...before, ...after].some((cells) => cells > 0),
    input: layoutStrides(
      layout,
      g.inChannels,
      axes.map((axis) => axis.input),
    ),
    continued,
    output,
    weightRow,
    weightGroup: inputs * outputs * kernelSize,
    phases: combinations(phases).map((combination) => {
      const taps = combination.map((phase) => phase.taps)
      const cells = combination.map((phase) => phase.count)
      const sum = (each: (phase: AxisPhase, axis: number) => number): number =>
        combination.reduce((total, phase, axis) => total + each(phase, axis), 0)
      const along = (each: (phase: AxisPhase, axis: number) => number): number[] =>
        combination.map(each)
      const firstOutput = sum((phase, a) => phase.first * output.space[a]!)
      // Tap `tap + i·tapStep` of the window is stored at its mirror place in a transposed kernel.
      const stored = (a: number, tap: number): number =>
        (axes[a]!.flip ? kernel[a]! - 1 - tap : tap) * kernelStrides[a]!
      const firstWeight = sum((phase, a) => stored(a, phase.tap))
      const weightSteps = along(
        (phase, a) => (axes[a]!.flip ? -1 : 1) * phase.tapStep * kernelStrides[a]!,
      )
      const weightOffsets = offsetTable([inputs, ...taps], [weightInput, ...weightSteps])
      return {
        taps: product(taps),
        cells: product(cells),
        start: sum((phase, a) => (phase.offset + before[a]!) * continued.space[a]!),
        tapOffsets: offsetTable(
          [inputs, ...taps],
          [continued.channel, ...along((phase, a) => phase.offsetStep * continued.space[a]!)],
        ),
        cellOffsets: offsetTable(
          cells,
          along((phase, a) => phase.indexStep * continued.space[a]!),
        ),
        outputOffsets: offsetTable(
          cells,
          along((phase, a) => phase.step * output.space[a]!),
        ).map((offset) => offset + firstOutput),
        weightOffsets: weightOffsets.map((offset) => offset + firstWeight),
      }
    }),
  }
}

/** The least and the largest input index that a tap of any phase reads. */
function reachOf(phases: readonly AxisPhase[]): [least: number, most: number] {
  let least = 0
  let most = 0
  for (const { taps, count, offset, offsetStep, indexStep } of phases) {
    if (taps === 0) continue
    least = Math.min(least, offset)
    most = Math.max(most, offset + (taps - 1) * offsetStep + (count - 1) * indexStep)
  }
  return [least, most]
}

export const combinations = <Item>(lists: readonly (readonly Item[])[]): Item[][] =>
  lists.reduce<Item[][]>(
    (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  )
