/** For each primitive, which cells of each input a cell of the output reads, axis by axis. */
import { type Axis, cellAxis } from '../geometry/axis.ts'
import type { AxisMap } from '../geometry/axisMap.ts'
import type { ConvolutionGeometry } from '../geometry/convolution.ts'
import { channelAxis, firstSpatialAxis } from '../geometry/layout.ts'
import type { Node } from '../tensor/node.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { AttributesOf, OperatorName } from './table.ts'

/** What determines the cells read along one axis of an input. */
export type AxisReads =
  /** The same cells as along an axis of the output. */
  | { readonly kind: 'same'; readonly axis: number }
  /** The windows of the cells along an axis of the output. */
  | { readonly kind: 'window'; readonly axis: number; readonly window: Axis }
  /** Cells from `offset` on along an axis of the output, which holds other things before and after. */
  | { readonly kind: 'part'; readonly axis: number; readonly offset: number }
  /** What the maps, applied in this order, take into the cells along an axis of the output. */
  | { readonly kind: 'maps'; readonly axis: number; readonly maps: readonly AxisMap[] }
  /** Runs of `to` channels that read runs of `from` channels. */
  | { readonly kind: 'group'; readonly axis: number; readonly from: number; readonly to: number }
  /** The cells of a run of output axes, in row-major order, are those of a run of axes of which this is one. */
  | { readonly kind: 'flat'; readonly run: ReshapedRun; readonly member: number }
  /** All of them, whichever the output cell. */
  | { readonly kind: 'whole' }

/** Axes of the input and of the output that hold the same cells in row-major order. */
export interface ReshapedRun {
  readonly outputAxes: readonly number[]
  readonly outputSizes: readonly number[]
  readonly inputAxes: readonly number[]
  readonly inputSizes: readonly number[]
}

type Rule<Attributes> = (node: Node, input: number, attributes: Attributes) => AxisReads[]

const whole: AxisReads = { kind: 'whole' }
const same = (axis: number): AxisReads => ({ kind: 'same', axis })

const everything = (node: Node, input: number): AxisReads[] =>
  node.inputs[input]!.shape.map(() => whole)

/** Aligned at the last axis; an axis of 1 is read by all. */
const broadcast = (node: Node, input: number): AxisReads[] => {
  const { shape } = node.inputs[input]!
  const lead = node.shape.length - shape.length
  return shape.map((size, a) => (size === node.shape[lead + a] ? same(lead + a) : whole))
}

/** The same cells on every axis but one, which is read whole. */
const wholeAlong = (node: Node, input: number, along: number): AxisReads[] =>
  node.inputs[input]!.shape.map((_, a) => (a === along ? whole : same(a)))

const maps = (node: Node, list: readonly (readonly [axis: number, map: AxisMap])[]): AxisReads[] =>
  node.inputs[0]!.shape.map((_, a) => {
    const own = list.filter(([axis]) => axis === a).map(([, map]) => map)
    return own.length > 0 ? { kind: 'maps', axis: a, maps: own } : same(a)
  })

function convolution(node: Node, input: number, g: ConvolutionGeometry): AxisReads[] {
  const channel = channelAxis(g.layout, node.shape.length)
  if (input === 2) return [same(channel)]
  if (input === 1) return everything(node, input)
  const first = firstSpatialAxis(g.layout)
  return node.shape.map((_, a) => {
    if (a === 0) return same(0)
    if (a !== channel) return { kind: 'window', axis: a, window: g.axes[a - first]! }
    return { kind: 'group', axis: a, from: g.inChannels / g.groups, to: g.outChannels / g.groups }
  })
}

/** Axes other than 1 are matched in runs of equal size, the shortest that there are. */
function reshape(node: Node): AxisReads[] {
  const from = node.inputs[0]!.shape
  const reads = from.map((): AxisReads => whole)
  if (sizeOf(from) === 0) return reads
  const axesOf = (shape: readonly number[]): number[] =>
    shape.flatMap((size, a) => (size === 1 ? [] : [a]))
  const inputs = axesOf(from)
  const outputs = axesOf(node.shape)
  while (inputs.length > 0 && outputs.length > 0) {
    const read = [inputs.shift()!]
    const axes = [outputs.shift()!]
    const count = (): number => sizeOf(read.map((a) => from[a]!))
    const counted = (): number => sizeOf(axes.map((a) => node.shape[a]!))
    while (count() !== counted()) {
      if (count() < counted()) read.push(inputs.shift()!)
      else axes.push(outputs.shift()!)
    }
    if (read.length === 1 && axes.length === 1) reads[read[0]!] = same(axes[0]!)
    else {
      const run = {
        outputAxes: axes,
        outputSizes: axes.map((a) => node.shape[a]!),
        inputAxes: read,
        inputSizes: read.map((a) => from[a]!),
      }
      for (const [member, a] of read.entries()) reads[a] = { kind: 'flat', run, member }
    }
  }
  return reads
}

const rules: { readonly [Name in OperatorName]: Rule<AttributesOf<Name>> } = {
  elementwise: broadcast,
  broadcast,
  reduce: (node, input, { axes }) =>
    node.inputs[input]!.shape.map((_, a) => (axes.includes(a) ? whole : same(a))),
  convolution,
  convolutionWeightGradient: everything,
  matmul(node, input, { transposeA, transposeB }) {
    const { shape } = node.inputs[input]!
    const rank = node.shape.length
    const rows = shape.length - 2
    // Rows of the first operand and columns of the second are the output's own; the rest is summed.
    const own = input === 0 ? (transposeA ? rows + 1 : rows) : transposeB ? rows : rows + 1
    return shape.map((size, a) => {
      if (a >= rows) return a === own ? same(input === 0 ? rank - 2 : rank - 1) : whole
      const axis = rank - shape.length + a
      return size === node.shape[axis] ? same(axis) : whole
    })
  },
  axisMap: (node, _, attributes) => maps(node, attributes.maps),
  windowMax: (node, _, { first, maps: plane }) =>
    maps(
      node,
      plane.map((map, a) => [first + a, map]),
    ),
  windowArgmax: (node, _, { first, maps: plane }) =>
    maps(
      node,
      plane.map((map, a) => [first + a, map]),
    ),
  reshape,
  permute: (_, __, { axes }) => axes.map((_, a) => same(axes.indexOf(a))),
  slice: (node, _, { starts, steps }) =>
    node.inputs[0]!.shape.map((size, a) => ({
      kind: 'window',
      axis: a,
      window: cellAxis(size, node.shape[a]!, { stride: steps[a]!, low: -starts[a]! }),
    })),
  place: (node, _, { starts, steps }) =>
    node.inputs[0]!.shape.map((size, a) => ({
      kind: 'window',
      axis: a,
      window: cellAxis(size, node.shape[a]!, { upsample: steps[a]!, low: starts[a]! }),
    })),
  concat(node, input, { axis }) {
    const before = node.inputs.slice(0, input).reduce((cells, { shape }) => cells + shape[axis]!, 0)
    return node.inputs[input]!.shape.map((_, a) =>
      a === axis ? { kind: 'part', axis: a, offset: before } : same(a),
    )
  },
  gatherRows: (node, input, { axis }) =>
    input === 0 ? wholeAlong(node, input, axis) : [same(axis)],
  scatterRows: (node, input, { axis }) =>
    input === 0 ? wholeAlong(node, input, axis) : everything(node, input),
  gatherElements: (node, input, { axis }) =>
    input === 0 ? wholeAlong(node, input, axis) : node.inputs[input]!.shape.map((_, a) => same(a)),
  scatterElements: (node, input, { axis }) => wholeAlong(node, input, axis),
  order: (node, input, { axis }) => wholeAlong(node, input, axis),
}

/** What the cells read of input number `input` of a node are determined by, for each axis of that input. */
export function readsOf(node: Node, input: number): AxisReads[] {
  const { name } = node.operator!
  if (!Object.hasOwn(rules, name)) return broadcast(node, input)
  const rule = rules[name as OperatorName] as Rule<unknown>
  return rule(node, input, node.attributes)
}
