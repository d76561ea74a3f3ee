/** What is read of an input of an operator where certain cells of its result are read. */
import type { AxisMap } from '../geometry/axisMap.ts'
import {
  type Cells,
  cellsOf,
  cellsOfWindows,
  clipCells,
  holdsCells,
  listCells,
  mergeCells,
  noCells,
  run,
  sameCells,
  shiftCells,
} from '../geometry/cells.ts'
import { axisJump, cellsMapped, type Ratio, ratio } from '../geometry/receptiveField.ts'
import { boxesOf, unionOfBoxes } from './boxes.ts'
import type { AxisReads, ReshapedRun } from './reads.ts'

/** How an axis follows an axis of the result; null where branches disagree. */
type Motion = { readonly axis: number; readonly jump: Ratio } | null

type Box = readonly Cells[]

const addBox = unionOfBoxes<Cells>({ same: sameCells, holds: holdsCells, merge: mergeCells })

/** What is read of a node. */
export interface Found {
  readonly boxes: Box[]
  /** Per axis, as if no axis had ends. */
  readonly endless: readonly Cells[]
  readonly motion: readonly (Motion | undefined)[]
}

/** The boxes of an input that a box of the node reads: one, unless a reshape takes it apart. */
function boxesBack(box: Box, rules: readonly AxisReads[], shape: readonly number[]): Box[] {
  let boxes: Box[] = [
    rules.map((rule, a) => (rule.kind === 'flat' ? noCells : readThrough(rule, box, shape[a]!))),
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
  if (outputAxes.every((axis, i) => box[axis]!.count === outputSizes[i]))
    return [inputSizes.map(range)]
  let places = [0]
  for (const [i, axis] of outputAxes.entries()) {
    const cells = listCells(box[axis]!)
    places = places.flatMap((place) => cells.map((cell) => place * outputSizes[i]! + cell))
  }
  return boxesOf(places, inputSizes).map((part) => part.map(cellsOf))
}

/** What is read of an input when `reads` is read of the node. */
export function readBack(
  reads: Found,
  rules: readonly AxisReads[],
  shape: readonly number[],
): Found {
  const boxes = reads.boxes
    .flatMap((box) => boxesBack(box, rules, shape))
    .filter((box) => box.every((cells) => cells.count > 0))
    .reduce<Box[]>(addBox, [])
  return {
    boxes,
    // Parts that were concatenated and axes that were reshaped do not go on beyond their ends.
    endless: rules.map((rule, a) =>
      rule.kind === 'part' || rule.kind === 'flat'
        ? boxes.map((box) => box[a]!).reduce(mergeCells, noCells)
        : endlessCells(rule, reads.endless, shape[a]!),
    ),
    motion: rules.map((rule) => motionOf(rule, reads.motion)),
  }
}

export function unite(before: Found | undefined, more: Found): Found {
  if (!before) return more
  return {
    boxes: more.boxes.reduce(addBox, before.boxes),
    endless: before.endless.map((cells, a) => mergeCells(cells, more.endless[a]!)),
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

const range = (size: number): Cells => run(0, size)

/** The cells of a map that the cells of its result are made of. */
const readMapped = (cells: Cells, map: AxisMap): Cells =>
  cellsOf(cellsMapped(map, listCells(cells)))

function readThrough(rule: AxisReads, box: Box, size: number): Cells {
  switch (rule.kind) {
    case 'same':
      return box[rule.axis]!
    case 'window':
      return cellsOfWindows(rule.window, box[rule.axis]!, false)
    case 'part':
      return clipCells(shiftCells(box[rule.axis]!, -rule.offset), 0, size - 1)
    case 'maps':
      return rule.maps.reduceRight(readMapped, box[rule.axis]!)
    case 'group': {
      const { from, to } = rule
      const channels = box[rule.axis]!
      const [first, last] = [Math.floor(channels.first / to), Math.floor(channels.last / to)]
      const groups = last - first + 1
      // Channels that leave no group out.
      if (channels.list === null && channels.step <= to) return run(first * from, groups * from)
      const read = new Set(listCells(channels).map((channel) => Math.floor(channel / to)))
      return cellsOf([...read].flatMap((group) => listCells(run(group * from, from))))
    }
    case 'flat':
      return unravelled(rule.run, box)
        .map((part) => part[rule.member]!)
        .reduce(mergeCells)
    case 'whole':
      return range(size)
  }
}

function endlessCells(rule: AxisReads, reads: readonly Cells[], size: number): Cells {
  switch (rule.kind) {
    case 'same':
      return reads[rule.axis]!
    case 'window':
      return cellsOfWindows(rule.window, reads[rule.axis]!, true)
    case 'maps':
      return rule.maps.reduceRight(
        (cells: Cells, map) => mapEndlessly(map, cells),
        reads[rule.axis]!,
      )
    case 'group':
    case 'part':
    case 'flat':
      return readThrough(rule, reads, size)
    case 'whole':
      return range(size)
  }
}

/** Beyond its ends a map that follows no window goes on as its end does, `inputSize / outputSize` a step. */
function mapEndlessly(map: AxisMap, cells: Cells): Cells {
  if (map.window) return cellsOfWindows(map.window, cells, true)
  const read = new Set<number>()
  for (const cell of listCells(cells)) {
    const near = Math.min(Math.max(cell, 0), map.outputSize - 1)
    const shift = Math.round(((cell - near) * map.inputSize) / map.outputSize)
    for (const index of cellsMapped(map, [near])) read.add(index + shift)
  }
  return cellsOf([...read].sort((a, b) => a - b))
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
