/**
 * Batch normalisation in use, folded into the convolution before it: `scale · conv(x, w, b) + shift` is
 * `conv(x, scale · w, scale · b + shift)` where scale and shift have one value for each output channel.
 */
import type { GroupNode } from './fusion.ts'

type Apply = Extract<GroupNode, { kind: 'apply' }>

/** An expression of its own: the last node is its value, input i is `inputs[i]` of that which it was taken from. */
export interface Excerpt {
  readonly nodes: readonly GroupNode[]
  readonly inputs: readonly number[]
}

export interface FoldedExpression {
  /** Of the operands. */
  readonly scale: Excerpt
  readonly shift: Excerpt | null
  /** What is left to do with the sum, input 0; input i + 1 is operand `operands[i]`. */
  readonly nodes: readonly GroupNode[]
  readonly operands: readonly number[]
}

/**
 * Takes scale and shift out of an expression whose input 0 is a sum; null where no scale by a channel's
 * value comes first. `isChannelwise` and `isScalar` say which operands have a value for each channel, or one.
 */
export function foldScale(
  nodes: readonly GroupNode[],
  isChannelwise: (operand: number) => boolean,
  isScalar: (operand: number) => boolean,
): FoldedExpression | null {
  const factors: GroupNode[] = []
  const push = (node: GroupNode): number => factors.push(node) - 1
  const apply = (op: Apply['op'], ...args: number[]): number => push({ kind: 'apply', op, args })
  const copies = new Map<number, number | null>()
  /** The node among the factors, if it has one value for each channel at most. */
  const factor = (position: number): number | null => {
    const known = copies.get(position)
    if (known !== undefined) return known
    const node = nodes[position]!
    let copy: number | null = null
    if (node.kind === 'constant') copy = push(node)
    else if (node.kind === 'input') {
      const operand = node.index - 1
      const isFactor = operand >= 0 && (isChannelwise(operand) || isScalar(operand))
      copy = isFactor ? push({ kind: 'input', index: operand }) : null
    } else {
      const args = node.args.map(factor)
      if (args.every((arg) => arg !== null)) copy = apply(node.op, ...args)
    }
    copies.set(position, copy)
    return copy
  }
  let at = nodes.findIndex((node) => node.kind === 'input' && node.index === 0)
  let scale: number | null = null
  let shift: number | null = null
  let scalesChannels = false
  for (;;) {
    const users = nodes.flatMap((node, i) =>
      node.kind === 'apply' && node.args.includes(at) ? [i] : [],
    )
    const user = nodes[users[0] ?? -1]
    if (users.length !== 1 || user?.kind !== 'apply' || user.args.length !== 2) break
    const isFirst = user.args[0] === at
    const other = user.args[isFirst ? 1 : 0]!
    const value = factor(other)
    if (value === null) break
    if (user.op === 'mul' || (user.op === 'div' && isFirst)) {
      const one = (): number => push({ kind: 'constant', value: 1 })
      scale = scale === null && user.op === 'mul' ? value : apply(user.op, scale ?? one(), value)
      if (shift !== null) shift = apply(user.op, shift, value)
      scalesChannels ||= varies(factors, value, isChannelwise)
    } else if (user.op === 'add' || (user.op === 'sub' && isFirst)) {
      const zero = (): number => push({ kind: 'constant', value: 0 })
      shift = shift === null && user.op === 'add' ? value : apply(user.op, shift ?? zero(), value)
    } else break
    at = users[0]!
  }
  if (scale === null || !scalesChannels) return null
  const after = extract(nodes, nodes.length - 1, at)
  return {
    scale: extract(factors, scale),
    shift: shift === null ? null : extract(factors, shift),
    nodes: after.nodes,
    operands: after.inputs.slice(1).map((input) => input - 1),
  }
}

/** Whether a node reads a value for each channel. */
function varies(
  nodes: readonly GroupNode[],
  position: number,
  isChannelwise: (operand: number) => boolean,
): boolean {
  const node = nodes[position]!
  if (node.kind === 'input') return isChannelwise(node.index)
  return node.kind === 'apply' && node.args.some((arg) => varies(nodes, arg, isChannelwise))
}

/** The nodes that `root` needs, with the node at `from`, if any, as input 0. */
function extract(nodes: readonly GroupNode[], root: number, from?: number): Excerpt {
  const kept: GroupNode[] = []
  const inputs: number[] = from === undefined ? [] : [0]
  const known = new Map<number, number>()
  const input = (index: number): GroupNode => {
    if (!inputs.includes(index)) inputs.push(index)
    return { kind: 'input', index: inputs.indexOf(index) }
  }
  const visit = (position: number): number => {
    const before = known.get(position)
    if (before !== undefined) return before
    const node = nodes[position]!
    let copy = node
    if (position === from) copy = { kind: 'input', index: 0 }
    else if (node.kind === 'input') copy = input(node.index)
    else if (node.kind === 'apply') copy = { ...node, args: node.args.map(visit) }
    const at = kept.push(copy) - 1
    known.set(position, at)
    return at
  }
  visit(root)
  return { nodes: kept, inputs }
}
