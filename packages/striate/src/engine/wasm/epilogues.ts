/**
 * Which groups of scalar functions are computed with convolutions and matrix products that they alone
 * read: as an epilogue of the last one, and, where they begin with a scale and a shift for each channel,
 * in the weight of any.
 */
import type { ConvolutionGeometry } from '../../geometry/convolution.ts'
import { sameShape, sizeOf } from '../../tensor/shape.ts'
import { type Excerpt, foldScale } from './fold.ts'
import {
  type GroupExpression,
  type GroupNode,
  type Groups,
  groupExpression,
  producers,
} from './fusion.ts'
import type { Structure } from './structure.ts'

/** A scale and a shift for each output channel, over values at these positions. */
export interface ChannelFold {
  readonly scale: Excerpt
  readonly shift: Excerpt | null
  readonly operands: readonly number[]
}

export interface Attachment {
  /** Convolutions that are computed first, with their folds. */
  readonly before: readonly { readonly position: number; readonly fold: ChannelFold }[]
  /** The one whose results the group is computed from as they are written. */
  readonly producer: number
  readonly fold: ChannelFold | null
  /** What is left: input 0 is the result of the producer, input i + 1 the value at `operands[i]`. */
  readonly nodes: readonly GroupNode[]
  readonly operands: readonly number[]
}

export interface Attachments {
  /** What is computed together with the group of this root. */
  at(root: number): Attachment | undefined
  /** Whether an operation waits for the group that reads it. */
  waits(position: number): boolean
}

/** What plans may do; tests turn some of it off. */
export interface Fusion {
  /** Scalar functions with the convolution or product before them. */
  readonly epilogues: boolean
  /** Scales and shifts of channels into weights. */
  readonly folds: boolean
  /** Maximum poolings with the convolution before them. */
  readonly pools: boolean
}

let fusion: Fusion = { epilogues: true, folds: true, pools: true }

export function setFusion(wanted: Fusion): void {
  fusion = wanted
}

/** What plans depend on beside the graph; empty as usual. */
export const fusionKey = (): string =>
  `${fusion.epilogues ? '' : 'apart'}${fusion.folds ? '' : 'unfolded'}${fusion.pools ? '' : 'unpooled'}`

export const fusesPools = (): boolean => fusion.pools

/** `isWalkable` says whether a kernel can walk operands of these shapes beside results of `target`. */
export function attach(
  structure: Structure,
  groups: Groups,
  isWalkable: (shapes: readonly (readonly number[])[], target: readonly number[]) => boolean,
): Attachments {
  const { leaves, operations, types } = structure
  const found = new Map<number, Attachment>()
  const waiting = new Set<number>()
  const attachments = {
    at: (root: number) => found.get(root),
    waits: (position: number) => waiting.has(position),
  }
  if (!fusion.epilogues) return attachments
  for (const [root, [producer, ...others]] of candidates(structure, groups)) {
    const group = groupExpression(structure, groups, root)
    const shapes = group.inputs.map((input) => types[input]!.shape)
    if (!isWalkable(shapes, types[root]!.shape)) continue
    let rest: GroupExpression = group
    const foldFrom = (position: number): ChannelFold | null => {
      const { nodes, operands } = withFirst(rest, position)
      const folded = foldOf(structure, position - leaves.length, nodes, operands)
      if (!folded) return null
      const inputs = [position, ...folded.operands.map((operand) => operands[operand]!)]
      rest = { ...rest, nodes: folded.nodes, inputs }
      return { scale: folded.scale, shift: folded.shift, operands }
    }
    const before = others
      .filter((position) => operations[position - leaves.length]!.operator.name === 'convolution')
      .flatMap((position) => {
        const fold = foldFrom(position)
        return fold ? [{ position, fold }] : []
      })
    const fold = foldFrom(producer!)
    found.set(root, { before, producer: producer!, fold, ...withFirst(rest, producer!) })
    for (const position of [producer!, ...before.map((each) => each.position)])
      waiting.add(position)
  }
  return attachments
}

/** For each root the operations that its group alone reads, from the last to the first. */
function candidates(
  { leaves, operations, types, results }: Structure,
  groups: Groups,
): Map<number, number[]> {
  const readers = types.map((): number[] => [])
  for (const [i, { inputs }] of operations.entries())
    for (const input of inputs) readers[input]!.push(leaves.length + i)
  const isResult = new Set(results)
  const found = new Map<number, number[]>()
  for (let i = operations.length - 1; i >= 0; i--) {
    const position = leaves.length + i
    const type = types[position]!
    if (!producers.includes(operations[i]!.operator.name) || isResult.has(position)) continue
    const [root, ...others] = new Set(
      readers[position]!.map((reader) => (groups.isFused(reader) ? groups.rootOf(reader) : -1)),
    )
    if (root === undefined || root < 0 || others.length > 0) continue
    const written = types[root]!
    const isReal = type.dtype === 'float32' && written.dtype === 'float32'
    if (!isReal || groups.domainOf(root) !== 'f32' || !sameShape(type.shape, written.shape))
      continue
    const known = found.get(root)
    if (known) known.push(position)
    else found.set(root, [position])
  }
  return found
}

/** The nodes of a group with the value at `first` as input 0, and the other inputs in order. */
function withFirst(
  { nodes, inputs }: GroupExpression,
  first: number,
): { readonly nodes: readonly GroupNode[]; readonly operands: readonly number[] } {
  const order = [first, ...inputs.filter((position) => position !== first)]
  return {
    nodes: nodes.map((node) =>
      node.kind === 'input' ? { ...node, index: order.indexOf(inputs[node.index]!) } : node,
    ),
    operands: order.slice(1),
  }
}

/** Operations that prepare weights. */
const preparing: readonly string[] = ['elementwise', 'reshape', 'identity', 'broadcast', 'reduce']
const mostDepth = 12

/**
 * The scale and shift of a convolution's results that its weight and bias can take over: they have a
 * value for each output channel, and come of known values alone, so that they are folded once.
 */
function foldOf(
  { leaves, operations, types }: Structure,
  operation: number,
  nodes: readonly GroupNode[],
  operands: readonly number[],
): ReturnType<typeof foldScale> {
  const { operator, attributes, inputs } = operations[operation]!
  if (!fusion.folds || operator.name !== 'convolution') return null
  const { layout, outChannels } = attributes as ConvolutionGeometry
  /** Whether a position is made of known values by few steps. */
  const isSteady = (position: number, depth = 0): boolean => {
    const made = operations[position - leaves.length]
    return (
      made === undefined ||
      (depth < mostDepth &&
        preparing.includes(made.operator.name) &&
        made.inputs.every((input) => isSteady(input, depth + 1)))
    )
  }
  if (!inputs.slice(1).every((input) => isSteady(input))) return null
  const rank = types[leaves.length + operation]!.shape.length
  const channelAxis = layout === 'channels-first' ? 1 : rank - 1
  const isFactor = (operand: number, size: number): boolean => {
    const position = operands[operand]!
    const { shape, dtype } = types[position]!
    const lead = rank - shape.length
    const isVector = shape.every((length, axis) => length === 1 || axis + lead === channelAxis)
    return dtype === 'float32' && isVector && sizeOf(shape) === size && isSteady(position)
  }
  return foldScale(
    nodes,
    (operand) => isFactor(operand, outChannels),
    (operand) => isFactor(operand, 1),
  )
}
