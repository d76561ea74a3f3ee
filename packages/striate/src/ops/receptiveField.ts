/** Which cells of an input a cell of a result reads, through any graph of operators. */
import { describe, fail } from '../errors.ts'
import { type Cells, listCells, mergeCells, run } from '../geometry/cells.ts'
import { type Ratio, ratio } from '../geometry/receptiveField.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import type { Node } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Found, readBack, unite } from './readBack.ts'
import { readsOf } from './reads.ts'

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
  return walkBack([{ y, cell: checkCell(op, y, options.cell) }], x)[0]!
}

/** {@link receptiveField} of the middle cells of many results, in one walk through the graph. */
export const receptiveFields = (ys: readonly Tensor[], x: Tensor): AxisReceptiveField[][] =>
  walkBack(
    ys.map((y) => ({ y, cell: middle(y) })),
    x,
  )

const middle = (y: Tensor): number[] => y.shape.map((size) => Math.floor(size / 2))

interface Target {
  readonly y: Tensor
  readonly cell: readonly number[]
}

/** What has been found of a node, by the number of the target. */
type FoundByTarget = Map<number, Found>

/** From results to what they are made of; every node is looked at once, for all targets that read it. */
function walkBack(targets: readonly Target[], x: Tensor): AxisReceptiveField[][] {
  const found = new Map<Node, FoundByTarget>()
  const of = (node: Node): FoundByTarget => {
    const known = found.get(node)
    if (known) return known
    const made: FoundByTarget = new Map()
    found.set(node, made)
    return made
  }
  for (const [number, { y, cell }] of targets.entries()) {
    const boxes = [cell.map((index) => run(index, 1))]
    const motion = cell.map((_, axis) => ({ axis, jump: ratio(1, 1) }))
    of(y.node).set(number, { boxes, endless: boxes[0]!, motion })
  }
  const ends = targets.map(({ y }) => y.node)
  for (const node of between(ends, x.node)) {
    const reads = found.get(node)
    if (!reads || node === x.node) continue
    found.delete(node)
    for (const [i, input] of node.inputs.entries()) {
      if (input.id < x.node.id) continue
      const rules = readsOf(node, i)
      const before = of(input)
      const back = sharing(reads, (own) => readBack(own, rules, input.shape))
      const next = new Map<number, Found>()
      for (const [number, more] of back) if (more.boxes.length > 0) next.set(number, more)
      for (const [number, more] of uniting(before, next)) before.set(number, more)
      if (before.size === 0) found.delete(input)
    }
  }
  const reached = found.get(x.node)
  return targets.map((_, number) =>
    x.shape.map((__, axis) => summarise(reached?.get(number), axis)),
  )
}

/** The work for each target, done once for those of which the same was found. */
function sharing(reads: FoundByTarget, work: (own: Found) => Found): FoundByTarget {
  const done = new Map<Found | string, Found>()
  const result: FoundByTarget = new Map()
  for (const [number, own] of reads) {
    const key = reads.size > 1 ? keyOf(own) : own
    const known = done.get(own) ?? done.get(key) ?? work(own)
    done.set(own, known)
    done.set(key, known)
    result.set(number, known)
  }
  return result
}

const keys = new WeakMap<Found, Found | string>()

/** Says what was found, as text; itself where that would be long. */
function keyOf(found: Found): Found | string {
  const known = keys.get(found)
  if (known !== undefined) return known
  const { boxes, endless, motion } = found
  const sets = [...boxes, endless]
  const isShort = sets.every((each) => each.every(({ list }) => list === null))
  const text = (cells: Cells): string => `${cells.first},${cells.count},${cells.step}`
  const key = isShort
    ? `${sets.map((each) => each.map(text).join(';')).join('|')}|${JSON.stringify(motion)}`
    : found
  keys.set(found, key)
  return key
}

/** What was found before and what comes, united; once for targets that have both in common. */
function uniting(before: FoundByTarget, next: FoundByTarget): FoundByTarget {
  const done = new Map<Found | undefined, Map<Found, Found>>()
  const result: FoundByTarget = new Map()
  for (const [number, more] of next) {
    const own = before.get(number)
    const known = done.get(own) ?? new Map<Found, Found>()
    done.set(own, known)
    const united = known.get(more) ?? unite(own, more)
    known.set(more, united)
    result.set(number, united)
  }
  return result
}

function checkCell(op: string, y: Tensor, cell: readonly number[] | undefined): readonly number[] {
  if (cell === undefined) return middle(y)
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

/** The nodes on a path from `x` to one of the ends, results before what they are made of. */
function between(ends: readonly Node[], x: Node): Node[] {
  const reachable = new Set<Node>()
  const open = [...ends]
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

function summarise(found: Found | undefined, axis: number): AxisReceptiveField {
  if (!found) return { indices: [], size: 0, start: null, jump: null }
  const indices = found.boxes.map((box) => box[axis]!).reduce(mergeCells)
  const { first, last } = found.endless[axis]!
  return {
    indices: listCells(indices),
    size: last - first + 1,
    start: first,
    jump: found.motion[axis]?.jump ?? null,
  }
}
