/** Which cells of an input a cell of a result reads, through any graph of operators. */
import { describe, fail } from '../errors.ts'
import type { AxisMap } from '../geometry/axisMap.ts'
import {
  axisJump,
  cellsMapped,
  cellsRead,
  cellsReadEndlessly,
  type Ratio,
  ratio,
} from '../geometry/receptiveField.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import type { Node } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { addBox, type Box, boxesOf } from './boxes.ts'
import { type AxisReads, type ReshapedRun, readsOf } from './reads.ts'

export interface AxisReceptiveField {
  /** The cells that are read along this axis, rising: the ends and every hole left out. */
  readonly indices: readonly number[]
  /**
   * Cells from the first to the last if the axis had no ends: the receptive field that papers print.
   * (At an end, a padding mode may repeat cells that lie outside of it.)
   * An axis that is read whole on the way (a sum over it, a linear layer) has the size that this gives.
   */
  readonly size: number
  /** The first of those cells: negative in the padding; null if nothing is read. */
  readonly start: number | null
  /**
   * Cells that the field moves when the cell of the result moves by one along its axis; null if it
   * does not move, or branches disagree.
   */
  readonly jump: Ratio | null
}

export interface ReceptiveFieldOptions {
  /** The cell of the result, an index per axis. The middle one by default. */
  readonly cell?: readonly number[]
}

/** How an axis follows an axis of the result; null where branches disagree. */
type Motion = { readonly axis: number; readonly jump: Ratio } | null

/** What is read of a node. */
interface Found {
  boxes: Box[]
  /** Per axis, as if no axis had ends. */
  endless: (readonly number[])[]
  motion: (Motion | undefined)[]
}

/**
 * The cells of `x` that one cell of `y` depends on, one entry per axis of `x`. Branches are followed
 * and united; a branch that only reads padding does not count. Nothing is run. Ask before values are
 * read if the graph keeps no history.
 *
 * @throws StriateError for arguments that are not tensors, or a cell that `y` does not have.
 * @example
 * ```ts
 * import { conv1d, receptiveField, tensor } from 'striate'
 * const x = tensor([[[1, 2, 3, 4, 5, 6, 7, 8]]])
 * const kernel = tensor([[[1, 1, 1]]])
 * const y = conv1d(conv1d(x, kernel, { padding: 1, stride: 2 }), kernel, { padding: 1 })
 * const field = receptiveField(y, x, { cell: [0, 0, 1] })[2]!
 * field.indices // => [0, 1, 2, 3, 4, 5]
 * field.size // => 7
 * field.jump // => { numerator: 2, denominator: 1 }
 * ```
 */
export function receptiveField(
  y: Tensor,
  x: Tensor,
  options: ReceptiveFieldOptions = {},
): AxisReceptiveField[] {
  const op = 'receptiveField'
  requireTensor(op, 'y', y)
  requireTensor(op, 'x', x)
  rejectUnknown(op, options, ['cell'])
  const cell = checkCell(op, y, options.cell)
  const found = new Map<Node, Found>()
  found.set(y.node, {
    boxes: [cell.map((index) => [index])],
    endless: cell.map((index) => [index]),
    motion: cell.map((_, axis) => ({ axis, jump: ratio(1, 1) })),
  })
  for (const node of between(y.node, x.node)) {
    const reads = found.get(node)
    if (!reads || node === x.node) continue
    found.delete(node)
    for (const [i, input] of node.inputs.entries()) {
      if (input.id < x.node.id) continue
      const back = readBack(reads, readsOf(node, i), input.shape)
      if (back.boxes.length > 0) found.set(input, unite(found.get(input), back))
    }
  }
  return x.shape.map((_, axis) => summarise(found.get(x.node), axis))
}

function checkCell(op: string, y: Tensor, cell: readonly number[] | undefined): readonly number[] {
  if (cell === undefined) return y.shape.map((size) => Math.floor(size / 2))
  const exists =
    Array.isArray(cell) &&
    cell.length === y.rank &&
    cell.every((index, a) => Number.isSafeInteger(index) && index >= 0 && index < y.shape[a]!)
  if (!exists) {
    fail({
      op,
      argument: 'cell',
      got: describe(cell),
      needs: `must be ${y.rank} indices within the shape of y, [${y.shape.join(', ')}]`,
    })
  }
  return cell
}

/** The nodes on a path from `x` to `y`, results before what they are made of. */
function between(y: Node, x: Node): Node[] {
  const reachable = new Set<Node>()
  const open = [y]
  while (open.length > 0) {
    const node = open.pop()!
    if (reachable.has(node) || node.id < x.id) continue
    reachable.add(node)
    if (node !== x && node.operator) open.push(...node.inputs)
  }
  const depending = new Set<Node>([x])
  const rising = [...reachable].sort((a, b) => a.id - b.id)
  for (const node of rising)
    if (node.inputs.some((input) => depending.has(input))) depending.add(node)
  return rising.filter((node) => depending.has(node)).reverse()
}

/** The boxes of an input that a box of the node reads: one, unless a reshape takes it apart. */
function boxesBack(box: Box, rules: readonly AxisReads[], shape: readonly number[]): Box[] {
  let boxes: Box[] = [
    rules.map((rule, a) => (rule.kind === 'flat' ? [] : cellsOf(rule, box, shape[a]!))),
  ]
  for (const rule of rules) {
    if (rule.kind !== 'flat' || rule.member > 0) continue
    const { inputAxes } = rule.run
    const parts = unravelled(rule.run, box)
    boxes = boxes.flatMap((whole) =>
      parts.map((part) =>
        whole.map((cells, a) => (inputAxes.includes(a) ? part[inputAxes.indexOf(a)]! : cells)),
      ),
    )
  }
  return boxes
}

/** What a reshaped box is, along the axes of the input's run. */
function unravelled(run: ReshapedRun, box: Box): Box[] {
  const { outputAxes, outputSizes, inputSizes } = run
  if (outputAxes.every((axis, i) => box[axis]!.length === outputSizes[i]))
    return [inputSizes.map(range)]
  let places = [0]
  for (const [i, axis] of outputAxes.entries())
    places = places.flatMap((place) => box[axis]!.map((cell) => place * outputSizes[i]! + cell))
  return boxesOf(places, inputSizes)
}

/** What is read of an input when `reads` is read of the node. */
function readBack(reads: Found, rules: readonly AxisReads[], shape: readonly number[]): Found {
  const boxes = reads.boxes
    .flatMap((box) => boxesBack(box, rules, shape))
    .filter((box) => box.every((cells) => cells.length > 0))
    .reduce<Box[]>(addBox, [])
  return {
    boxes,
    // Parts that were concatenated and axes that were reshaped do not go on beyond their ends.
    endless: rules.map((rule, a) =>
      rule.kind === 'part' || rule.kind === 'flat'
        ? boxes.map((box) => box[a]!).reduce(union, [])
        : endlessCells(rule, reads.endless, shape[a]!),
    ),
    motion: rules.map((rule) => motionOf(rule, reads.motion)),
  }
}

function unite(before: Found | undefined, more: Found): Found {
  if (!before) return more
  return {
    boxes: more.boxes.reduce(addBox, before.boxes),
    endless: before.endless.map((cells, a) => union(cells, more.endless[a]!)),
    motion: before.motion.map((motion, a) => {
      const other = more.motion[a]
      if (motion === undefined || other === undefined) return motion ?? other
      return sameMotion(motion, other) ? motion : null
    }),
  }
}

const sameMotion = (a: Motion, b: Motion): boolean =>
  a?.axis === b?.axis &&
  a?.jump.numerator === b?.jump.numerator &&
  a?.jump.denominator === b?.jump.denominator

const union = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a === b ? a : [...new Set([...a, ...b])].sort((i, j) => i - j)

const range = (size: number): number[] => Array.from({ length: size }, (_, i) => i)

function cellsOf(rule: AxisReads, box: Box, size: number): readonly number[] {
  switch (rule.kind) {
    case 'same':
      return box[rule.axis]!
    case 'window':
      return cellsRead(rule.window, box[rule.axis]!)
    case 'part':
      return box[rule.axis]!.map((cell) => cell - rule.offset).filter(
        (cell) => cell >= 0 && cell < size,
      )
    case 'maps':
      return rule.maps.reduceRight<readonly number[]>(
        (cells, map) => cellsMapped(map, cells),
        box[rule.axis]!,
      )
    case 'group': {
      const { from, to } = rule
      const groups = new Set(box[rule.axis]!.map((channel) => Math.floor(channel / to)))
      return [...groups].flatMap((group) => range(from).map((i) => group * from + i))
    }
    case 'flat':
      return unravelled(rule.run, box)
        .map((part) => part[rule.member]!)
        .reduce(union)
    case 'whole':
      return range(size)
  }
}

function endlessCells(
  rule: AxisReads,
  reads: readonly (readonly number[])[],
  size: number,
): readonly number[] {
  switch (rule.kind) {
    case 'same':
      return reads[rule.axis]!
    case 'window':
      return cellsReadEndlessly(rule.window, reads[rule.axis]!)
    case 'maps':
      return rule.maps.reduceRight<readonly number[]>(
        (cells, map) => mapEndlessly(map, cells),
        reads[rule.axis]!,
      )
    case 'group':
    case 'part':
    case 'flat':
      return cellsOf(rule, reads, size)
    case 'whole':
      return range(size)
  }
}

/** Beyond its ends a map that follows no window goes on as its end does, `inputSize / outputSize` a step. */
function mapEndlessly(map: AxisMap, cells: readonly number[]): readonly number[] {
  if (map.window) return cellsReadEndlessly(map.window, cells)
  const read = new Set<number>()
  for (const cell of cells) {
    const near = Math.min(Math.max(cell, 0), map.outputSize - 1)
    const shift = Math.round(((cell - near) * map.inputSize) / map.outputSize)
    for (const index of cellsMapped(map, [near])) read.add(index + shift)
  }
  return [...read].sort((a, b) => a - b)
}

function motionOf(rule: AxisReads, motions: readonly (Motion | undefined)[]): Motion | undefined {
  switch (rule.kind) {
    case 'same':
    case 'part':
      return motions[rule.axis]
    case 'window':
      return times(motions[rule.axis], axisJump(rule.window))
    case 'maps':
      return rule.maps.reduceRight(
        (motion, map) =>
          times(motion, map.window ? axisJump(map.window) : ratio(map.inputSize, map.outputSize)),
        motions[rule.axis],
      )
    default:
      return undefined
  }
}

const times = (motion: Motion | undefined, { numerator, denominator }: Ratio): typeof motion =>
  motion && {
    axis: motion.axis,
    jump: ratio(motion.jump.numerator * numerator, motion.jump.denominator * denominator),
  }

function summarise(found: Found | undefined, axis: number): AxisReceptiveField {
  if (!found) return { indices: [], size: 0, start: null, jump: null }
  const indices = found.boxes.map((box) => box[axis]!).reduce(union)
  const endless = found.endless[axis]!
  const start = endless[0]!
  return {
    indices,
    size: endless.at(-1)! - start + 1,
    start,
    jump: found.motion[axis]?.jump ?? null,
  }
}
