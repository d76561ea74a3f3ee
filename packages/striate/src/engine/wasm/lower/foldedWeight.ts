/** Steps that multiply the weight of a convolution by a value for each output channel, once per weight. */
import { type ConvolutionGeometry, isTransposed } from '../../../geometry/convolution.ts'
import type { Excerpt } from '../fold.ts'
import type { GroupNode } from '../fusion.ts'
import type { Builder, ValueId } from '../plan.ts'
import { lowerElementwise } from './elementwise.ts'
import type { Operand } from './epilogue.ts'

interface Foldable {
  /** Of the operands, each of which holds a value for every output channel, or one. */
  readonly scale: Excerpt
  readonly shift: Excerpt | null
  readonly operands: readonly Operand[]
  readonly weight: ValueId
  readonly bias: ValueId | undefined
}

/** `scale · weight` and `scale · bias + shift`. */
export function foldWeight(
  build: Builder,
  g: ConvolutionGeometry,
  { scale, shift, operands, weight, bias }: Foldable,
): { readonly weight: ValueId; readonly bias: ValueId | undefined } {
  const kernel = g.axes.map((axis) => axis.kernel)
  const ones = kernel.map(() => 1)
  const [inputs, outputs] = [g.inChannels / g.groups, g.outChannels / g.groups]
  // Groups apart, so that the output channels of transposed weights are axes of their own.
  const [shape, along] = isTransposed(g)
    ? [
        [g.groups, inputs, outputs, ...kernel],
        [g.groups, 1, outputs, ...ones],
      ]
    : [
        [g.outChannels, inputs, ...kernel],
        [g.outChannels, 1, ...ones],
      ]
  const real = (sizes: readonly number[]) => ({ shape: sizes, dtype: 'float32' }) as const
  const channels = [g.outChannels]
  /** The value of an expression whose first inputs are `own`, of the shape of the result, and the rest operands. */
  const make = (
    own: readonly ValueId[],
    { nodes, inputs: read }: Excerpt,
    target: readonly number[],
    channel: readonly number[],
  ): ValueId => {
    const output = build.value(real(target))
    const sources = [
      ...own.map((value) => ({ value, type: real(target) })),
      ...read.map((operand) => {
        const { value, type } = operands[operand]!
        const isOne = type.shape.every((size) => size === 1)
        return { value, type: real(isOne ? [] : channel) }
      }),
    ]
    lowerElementwise(build, { domain: 'f32', nodes }, sources, output, real(target), [output])
    return output
  }
  const scaled = make([weight], times(scale), shape, along)
  if (bias === undefined)
    return { weight: scaled, bias: shift ? make([], shift, channels, channels) : undefined }
  const product = make([bias], times(scale), channels, channels)
  return {
    weight: scaled,
    bias: shift ? make([product], plus(shift), channels, channels) : product,
  }
}

/** Input 0 joined with an expression, whose inputs move up by one. */
function joined(op: 'add' | 'mul', { nodes, inputs }: Excerpt): Excerpt {
  const moved = nodes.map((node): GroupNode => {
    if (node.kind === 'input') return { ...node, index: node.index + 1 }
    return node.kind === 'apply' ? { ...node, args: node.args.map((arg) => arg + 1) } : node
  })
  const first: GroupNode = { kind: 'input', index: 0 }
  return { nodes: [first, ...moved, { kind: 'apply', op, args: [0, nodes.length] }], inputs }
}

const times = (each: Excerpt): Excerpt => joined('mul', each)
const plus = (each: Excerpt): Excerpt => joined('add', each)
