/**
 * Sets of cells along an axis. Nearly all that windows read are runs, cells at equal distances, which are
 * three numbers however many cells they hold; what is no run is a rising list.
 */
import type { Axis } from './axis.ts'
import { cellsRead, cellsReadEndlessly } from './receptiveField.ts'

/** `count` cells from `first` on, `step` apart; where `list` is given, those of the list. */
export interface Cells {
  readonly first: number
  readonly last: number
  readonly count: number
  /** At least 1; 1 for a single cell. */
  readonly step: number
  readonly list: readonly number[] | null
}

export const noCells: Cells = { first: 0, last: -1, count: 0, step: 1, list: null }

/** Cells at equal distances. */
export const run = (first: number, count: number, step = 1): Cells =>
  count < 1
    ? noCells
    : {
        first,
        last: first + (count - 1) * step,
        count,
        step: count > 1 ? step : 1,
        list: null,
      }

/** The cells of a rising list. */
export function cellsOf(list: readonly number[]): Cells {
  const [first, second] = list
  if (first === undefined) return noCells
  const step = (second ?? first + 1) - first
  if (list.every((cell, i) => cell === first + i * step)) return run(first, list.length, step)
  return { first, last: list.at(-1)!, count: list.length, step: 1, list }
}

/** The cells, rising. */
export const listCells = ({ first, count, step, list }: Cells): readonly number[] =>
  list ?? Array.from({ length: count }, (_, i) => first + i * step)

export const sameCells = (a: Cells, b: Cells): boolean =>
  a === b ||
  (a.first === b.first &&
    a.count === b.count &&
    a.step === b.step &&
    (a.list === b.list ||
      (a.list !== null && b.list !== null && a.list.every((cell, i) => cell === b.list![i]))))

/** Whether every cell of the second is one of the first. */
export function holdsCells(outer: Cells, inner: Cells): boolean {
  if (outer === inner || inner.count === 0) return true
  if (outer.count < inner.count || inner.first < outer.first || inner.last > outer.last)
    return false
  if (outer.list === null) {
    if (outer.step === 1) return true
    const isOnIt = (cell: number): boolean => (cell - outer.first) % outer.step === 0
    if (inner.list === null)
      return isOnIt(inner.first) && (inner.count === 1 || inner.step % outer.step === 0)
    return inner.list.every(isOnIt)
  }
  const set = new Set(outer.list)
  return listCells(inner).every((cell) => set.has(cell))
}

/** The cells of either. */
export function mergeCells(a: Cells, b: Cells): Cells {
  if (holdsCells(a, b)) return a
  if (holdsCells(b, a)) return b
  const isClose = a.first <= b.last + 1 && b.first <= a.last + 1
  if (a.list === null && b.list === null && a.step === 1 && b.step === 1 && isClose) {
    const first = Math.min(a.first, b.first)
    return run(first, Math.max(a.last, b.last) - first + 1)
  }
  return cellsOf([...new Set([...listCells(a), ...listCells(b)])].sort((i, j) => i - j))
}

/** The cells from `first` to `last`. */
export function clipCells(cells: Cells, first: number, last: number): Cells {
  if (cells.first >= first && cells.last <= last) return cells
  if (cells.list !== null)
    return cellsOf(cells.list.filter((cell) => cell >= first && cell <= last))
  const skipped = Math.max(0, Math.ceil((first - cells.first) / cells.step))
  const count = Math.floor((last - cells.first) / cells.step) + 1
  return count <= skipped
    ? noCells
    : run(cells.first + skipped * cells.step, Math.min(count, cells.count) - skipped, cells.step)
}

export const shiftCells = (cells: Cells, by: number): Cells =>
  cells.list === null
    ? run(cells.first + by, cells.count, cells.step)
    : cellsOf(cells.list.map((cell) => cell + by))

/** What the windows of the cells fall on; endlessly, cells beyond the ends of the axis count as well. */
export function cellsOfWindows(axis: Axis, cells: Cells, endlessly: boolean): Cells {
  const { kernel, stride, dilation, upsample, low, input } = axis
  const { first, count, step, list } = cells
  if (count === 0 || kernel === 0) return noCells
  const slow = (): Cells =>
    cellsOf((endlessly ? cellsReadEndlessly : cellsRead)(axis, listCells(cells)))
  if (list !== null || upsample !== 1 || stride < 1) return slow()
  const from = first * stride - low
  const apart = step * stride
  const found = windowsRun(from, count, apart, kernel, dilation)
  if (found === null) return slow()
  return endlessly ? found : clipCells(found, 0, input - 1)
}

/** The cells `from + i·apart + k·dilation` as a run, where they are one. */
function windowsRun(
  from: number,
  count: number,
  apart: number,
  kernel: number,
  dilation: number,
): Cells | null {
  if (kernel === 1) return run(from, count, apart)
  if (count === 1) return run(from, kernel, dilation)
  // One of both distances is a multiple of the other, and what lies this far apart closes the gaps.
  const close = (narrow: number, times: number, wide: number, wideTimes: number): Cells | null =>
    wide % narrow === 0 && times * narrow >= wide
      ? run(from, ((wideTimes - 1) * wide) / narrow + times, narrow)
      : null
  return close(dilation, kernel, apart, count) ?? close(apart, count, dilation, kernel)
}
