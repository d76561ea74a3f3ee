/**
 * How plans compute scalar functions: together, and with the sums that they follow. It comes with the
 * operator `elementwise`, so that a program without scalar functions does without it.
 */
import type { ConvolutionGeometry } from '../../geometry/convolution.ts'
import { sizeOf } from '../../tensor/shape.ts'
import { type Attachment, attach, type ChannelFold } from './epilogues.ts'
import { fuse, type GroupNode, type Groups, groupExpression } from './fusion.ts'
import { kernelEpilogue } from './kernels/index.ts'
import { isWalkable, lowerElementwise } from './lower/elementwise.ts'
import { type Afterwards, afterwards, type Operand } from './lower/epilogue.ts'
import { foldWeight } from './lower/foldedWeight.ts'
import type { LoweringContext } from './lower/host.ts'
import type { Pooling } from './lower/pooling.ts'
import type { Builder, ValueId } from './plan.ts'
import type { Structure } from './structure.ts'

/** A plan that is being made. */
export interface Planning {
  readonly structure: Structure
  readonly build: Builder
  /** The value at each position so far. */
  readonly valueAt: readonly ValueId[]
  /** Says which operations the steps that come are for. */
  aim(operations: readonly number[]): void
  /** Adds the steps of one operation, which may differ from what its operator says in what is given. */
  lower(operation: number, output: ValueId, given: Given): void
}

export type Given = Partial<
  Pick<LoweringContext<unknown>, 'build' | 'inputs' | 'epilogue' | 'inPlace' | 'pooling'>
>

export interface Scalars {
  /** Whether an operation is computed with another one, which comes later. */
  waits(position: number): boolean
  /**
   * Adds the steps that write a group, and those of what waits for it; false where there is none. With a
   * pooling, what waits for the group writes that instead.
   */
  lower(position: number, output: ValueId, pooling?: Pooling): boolean
  /** What a group is computed with, if it needs nothing besides but numbers that are the same for all cells. */
  producerOf(position: number): number | undefined
}

export function scalars(planning: Planning): Scalars {
  const { structure, build, valueAt, aim } = planning
  const { operations, types, leaves } = structure
  const groups = fuse(structure)
  const attachments = attach(structure, groups, isWalkable)
  const members = membersOf(operations.length, leaves.length, groups)
  /** Results that hold more than their operation: a scale and a shift of what reads them. */
  const foldedAt = new Map<number, ValueId>()
  const operandsAt = (positions: readonly number[]): Operand[] =>
    positions.map((at) => ({ value: foldedAt.get(at) ?? valueAt[at]!, type: types[at]! }))
  /** The inputs of a convolution whose weight and bias take over a scale and a shift. */
  const folded = (i: number, fold: ChannelFold): { readonly inputs: readonly ValueId[] } => {
    const { attributes, inputs } = operations[i]!
    const [x, weight, bias] = inputs.map((at) => valueAt[at]!) as [ValueId, ValueId, ValueId?]
    const geometry = attributes as ConvolutionGeometry
    const operands = operandsAt(fold.operands)
    const scaled = foldWeight(build, geometry, { ...fold, weight, bias, operands })
    return { inputs: [x, scaled.weight, ...(scaled.bias === undefined ? [] : [scaled.bias])] }
  }
  /** Adds the steps of an operation and of what is computed of its results. */
  const lowerWith = (i: number, output: ValueId, given: Given, after: Afterwards): void => {
    const own = afterwards(build, after, output, types[leaves.length + i]!)
    planning.lower(i, output, { ...given, build: own.build, epilogue: own.epilogue })
    own.finish()
  }
  /** Adds the steps of operations and of the scalar functions that read their results and are written instead. */
  const lowerTogether = (
    together: Attachment,
    root: number,
    output: ValueId,
    pooling?: Pooling,
  ): void => {
    for (const { position, fold } of together.before) {
      const i = position - leaves.length
      aim([i])
      const value = build.value(types[position]!)
      foldedAt.set(position, value)
      planning.lower(i, value, folded(i, fold))
    }
    const { fold, nodes } = together
    const producer = together.producer - leaves.length
    const done = [...members.get(root)!, producer, ...(pooling ? [pooling.operation] : [])]
    aim(done.sort((one, two) => one - two))
    const operands = operandsAt(together.operands)
    const given = { ...(fold ? folded(producer, fold) : {}), ...(pooling ? { pooling } : {}) }
    if (nodes.length > 1) lowerWith(producer, output, given, { nodes, operands })
    else planning.lower(producer, output, given)
  }
  return {
    waits: (position) => groups.isInlined(position) || attachments.waits(position),
    producerOf(position) {
      const together = attachments.at(position)
      if (!together) return undefined
      const given = together.operands.map((at) => types[at]!)
      const areNumbers = given.every((type) => type.dtype === 'float32' && sizeOf(type.shape) === 1)
      return areNumbers && isForKernels(together.nodes, given.length)
        ? together.producer
        : undefined
    },
    lower(position, output, pooling) {
      const together = attachments.at(position)
      if (together) {
        lowerTogether(together, position, output, pooling)
        return true
      }
      if (!groups.isFused(position)) return false
      aim(members.get(position)!)
      const group = groupExpression(structure, groups, position)
      const sources = group.inputs.map((at) => ({ value: valueAt[at]!, type: types[at]! }))
      return lowerElementwise(build, group, sources, output, types[position]!)
    },
  }
}

/** Whether kernels compute this of a result and so many numbers. */
const isForKernels = (nodes: readonly GroupNode[], numbers: number): boolean =>
  nodes.length === 1 || kernelEpilogue(nodes, Array(numbers).fill('scalar')) !== null

/** For the last function of each group, the operations that its kernel computes. */
function membersOf(count: number, leafCount: number, groups: Groups): Map<number, number[]> {
  const members = new Map<number, number[]>()
  for (let i = 0; i < count; i++) {
    const position = leafCount + i
    if (!groups.isFused(position)) continue
    const root = groups.rootOf(position)
    const known = members.get(root)
    if (known) known.push(i)
    else members.set(root, [i])
  }
  return members
}
