/** One cell of a convolution, or of its weight gradient, as the sum that defines it. */
import { type Axis, axisTaps, standsAt, tapPlace } from '../../../geometry/axis.ts'
import { type ConvolutionGeometry, isTransposed, product } from '../../../geometry/convolution.ts'
import { layoutStrides } from '../../../geometry/layout.ts'
import { stridesOf } from '../../../tensor/shape.ts'
import type { CellContext } from './cells.ts'
import { unravel } from './rules.ts'

type Strides = ReturnType<typeof layoutStrides>

/** Pairs of offsets, one into each operand. */
type Pairs = readonly (readonly [number, number])[]

/** Sums of one pair of each list. */
const combined = (lists: readonly Pairs[]): Pairs =>
  lists.reduce<Pairs>(
    (all, list) => all.flatMap(([a, b]) => list.map(([c, d]): [number, number] => [a + c, b + d])),
    [[0, 0]],
  )

function stridesOfSide(g: ConvolutionGeometry, side: 'input' | 'output'): Strides {
  const channels = side === 'input' ? g.inChannels : g.outChannels
  return layoutStrides(
    g.layout,
    channels,
    g.axes.map((axis) => axis[side]),
  )
}

/** Sample, channel and place of a cell of the output. */
function partsOf(
  g: ConvolutionGeometry,
  index: number,
): { sample: number; channel: number; place: number[] } {
  const space = g.axes.map(({ output }) => output)
  if (g.layout === 'channels-last') {
    const [sample, ...rest] = unravel(index, [g.batch, ...space, g.outChannels])
    return { sample: sample!, channel: rest.pop()!, place: rest }
  }
  const [sample, channel, ...place] = unravel(index, [g.batch, g.outChannels, ...space])
  return { sample: sample!, channel: channel!, place }
}

export function convolutionCell(
  { attributes: g, inputTypes, cell, expect }: CellContext<ConvolutionGeometry>,
  index: number,
): number {
  const { sample, channel, place } = partsOf(g, index)
  const [inputs, outputs] = [g.inChannels / g.groups, g.outChannels / g.groups]
  const kernel = g.axes.map((axis) => axis.kernel)
  const kernelSize = product(kernel)
  const kernelStrides = stridesOf(kernel)
  const xs = stridesOfSide(g, 'input')
  expect(2 * inputs * kernelSize)
  const taps = combined(
    g.axes.map((axis, a) =>
      axisTaps(axis, place[a]!)
        .filter(({ kind }) => kind === 'in')
        .map((tap) => [tap.index * xs.space[a]!, tap.kernel * kernelStrides[a]!] as const),
    ),
  )
  const group = Math.floor(channel / outputs)
  let total = inputTypes.length > 2 ? cell(2, channel) : 0
  for (let i = 0; i < inputs; i++) {
    const from = sample * xs.batch + (group * inputs + i) * xs.channel
    const row = isTransposed(g)
      ? (group * inputs + i) * outputs + (channel % outputs)
      : channel * inputs + i
    for (const [x, w] of taps) total += cell(0, from + x) * cell(1, row * kernelSize + w)
  }
  return total
}

/** Outputs of an axis whose tap meets an input, as offsets into input and output. */
const meetings = (axis: Axis, tap: number, inputStep: number, outputStep: number): Pairs =>
  Array.from({ length: axis.output }, (_, o) => ({ o, ...standsAt(axis, tapPlace(axis, o, tap)) }))
    .filter(({ kind }) => kind === 'in')
    .map(({ o, index }) => [index * inputStep, o * outputStep] as const)

export function weightGradientCell(
  { attributes: g, outputType, cell, expect }: CellContext<ConvolutionGeometry>,
  index: number,
): number {
  const [row, column, ...stored] = unravel(index, outputType.shape) as [number, number, ...number[]]
  const [inputs, outputs] = [g.inChannels / g.groups, g.outChannels / g.groups]
  const isTurned = isTransposed(g)
  const group = Math.floor(row / (isTurned ? inputs : outputs))
  const input = isTurned ? row : group * inputs + column
  const output = isTurned ? group * outputs + column : row
  const [xs, ys] = [stridesOfSide(g, 'input'), stridesOfSide(g, 'output')]
  expect(2 * g.batch * product(g.axes.map((axis) => axis.output)))
  const cells = combined(
    g.axes.map((axis, a) => {
      const tap = axis.flip ? axis.kernel - 1 - stored[a]! : stored[a]!
      return meetings(axis, tap, xs.space[a]!, ys.space[a]!)
    }),
  )
  let total = 0
  for (let n = 0; n < g.batch; n++) {
    const x = n * xs.batch + input * xs.channel
    const y = n * ys.batch + output * ys.channel
    for (const [dx, dy] of cells) total += cell(0, x + dx) * cell(1, y + dy)
  }
  return total
}
