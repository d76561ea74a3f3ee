/** The arguments of operators that move elements without computing: shapes, axes, boxes, parts. */
import { showShape } from '../complain.ts'
import { sizeOf } from '../known/arrays.ts'
import type { NodeContext } from '../operator.ts'

/** Axes counted from the start, each once. */
export function axesOf(node: NodeContext, axes: readonly number[], rank: number): number[] {
  const found = axes.map((axis) => node.axis(axis, rank))
  if (new Set(found).size === found.length) return found
  return node.fail('needs each axis once', showShape(axes))
}

/** The target of Reshape: 0 keeps a size (unless `allowzero`), −1 takes what is left. */
function reshapeTarget(node: NodeContext): number[] {
  const { shape } = node.value(0)
  const wanted = node.numbersOr(1, 'shape') ?? node.fail('needs a shape', 'none')
  const keepsZero = node.flag('allowzero')
  const sizes = wanted.map((size, axis) => (size === 0 && !keepsZero ? (shape[axis] ?? 0) : size))
  const open = sizes.indexOf(-1)
  const known = sizeOf(sizes.filter((_, axis) => axis !== open))
  const rest = known > 0 ? sizeOf(shape) / known : 0
  const full = open < 0 ? sizes : sizes.with(open, rest)
  if (
    full.every((size) => Number.isSafeInteger(size) && size >= 0) &&
    sizeOf(full) === sizeOf(shape)
  )
    return full
  return node.fail(
    `needs a shape of ${sizeOf(shape)} elements for ${showShape(shape)}`,
    showShape(wanted),
  )
}

function flattened(node: NodeContext): number[] {
  const { shape } = node.value(0)
  const given = node.int('axis', 1)
  const axis = given === shape.length ? given : node.axis(given, shape.length)
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]
}

function squeezed(node: NodeContext): number[] {
  const { shape } = node.value(0)
  const given = node.numbersOr(1, 'axes')
  const axes = given
    ? axesOf(node, given, shape.length)
    : shape.flatMap((size, axis) => (size === 1 ? [axis] : []))
  const wrong = axes.find((axis) => shape[axis] !== 1)
  if (wrong !== undefined)
    node.fail('needs axes of size 1 to squeeze', `axis ${wrong} of ${showShape(shape)}`)
  return shape.filter((_, axis) => !axes.includes(axis))
}

function unsqueezed(node: NodeContext): number[] {
  const rest = node.value(0).shape.slice()
  const given = node.numbersOr(1, 'axes') ?? node.fail('needs axes', 'none')
  const rank = rest.length + given.length
  const axes = axesOf(node, given, rank)
  return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!))
}

/** Operators that keep the elements and their order: the new shape of each. */
export const reshapings: Readonly<Record<string, (node: NodeContext) => number[]>> = {
  Identity: (node) => node.value(0).shape.slice(),
  Reshape: reshapeTarget,
  Flatten: flattened,
  Squeeze: squeezed,
  Unsqueeze: unsqueezed,
}

export function permutation(node: NodeContext): number[] {
  const { shape } = node.value(0)
  const order = node.ints('perm') ?? shape.map((_, axis) => shape.length - 1 - axis)
  if (order.length !== shape.length)
    node.fail(`needs a permutation of ${shape.length} axes`, showShape(order))
  return axesOf(node, order, shape.length)
}

/** A box of cells: the first of each axis, how many, and how far apart. */
export interface Box {
  readonly starts: readonly number[]
  readonly steps: readonly number[]
  readonly shape: readonly number[]
}

/** The box of Slice, by NumPy's rules. Before opset 10 attributes say it. */
export function sliceBox(node: NodeContext): Box {
  const { shape } = node.value(0)
  const begin = node.numbersOr(1, 'starts') ?? node.fail('needs starts', 'none')
  const end = node.numbersOr(2, 'ends') ?? node.fail('needs ends', 'none')
  const axes = node.numbersOr(3, 'axes') ?? begin.map((_, i) => i)
  const step = node.has(4) ? node.numbers(4) : begin.map(() => 1)
  if ([end, axes, step].some((each) => each.length !== begin.length) || step.includes(0))
    node.fail('needs as many ends, axes and steps (none of them 0) as starts', showShape(begin))
  const starts = shape.map(() => 0)
  const steps = shape.map(() => 1)
  const counts = shape.slice()
  for (const [i, axis] of axesOf(node, axes, shape.length).entries()) {
    const size = shape[axis]!
    const by = step[i]!
    const [least, most] = by > 0 ? [0, size] : [-1, size - 1]
    const cut = (position: number): number =>
      Math.min(Math.max(position < 0 ? position + size : position, least), most)
    starts[axis] = by > 0 ? cut(begin[i]!) : Math.max(cut(begin[i]!), 0)
    // A step that leaves the axis at once may be as large as an int64.
    steps[axis] = Math.sign(by) * Math.min(Math.abs(by), Math.max(size, 1))
    counts[axis] = Math.max(0, Math.ceil((cut(end[i]!) - starts[axis]) / by))
  }
  return { starts, steps, shape: counts }
}

/** The sizes of the parts of Split, and their axis. */
export function splitSizes(node: NodeContext): { axis: number; sizes: number[] } {
  const { shape } = node.value(0)
  const axis = node.axis(node.int('axis', 0), shape.length)
  const whole = shape[axis]!
  const count = node.int('num_outputs', node.wanted)
  const even = Math.ceil(whole / count)
  const sizes =
    node.numbersOr(1, 'split') ??
    Array.from({ length: count }, (_, i) => Math.max(0, Math.min(even, whole - i * even)))
  if (sizes.every((size) => size >= 0) && sizes.reduce((sum, size) => sum + size, 0) === whole)
    return { axis, sizes }
  return node.fail(`needs parts that make up axis ${axis} of ${showShape(shape)}`, showShape(sizes))
}

/** The shape of a constant that is made of its shape. */
export function filledShape(node: NodeContext): number[] {
  const shape = node.numbers(0)
  const fits = shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  // More bytes than this fit no array.
  if (fits && sizeOf(shape) <= 2 ** 31) return shape
  return node.fail('needs sizes of at least 0 of at most 2³¹ elements in all', showShape(shape))
}
