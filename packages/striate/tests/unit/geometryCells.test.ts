// Sets of cells as runs are the sets of cells that they stand for, and one walk finds what many find.
import fc from 'fast-check'
import { add, concat, conv2d, maxPool2d, ones, receptiveField, reshape, type Tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import {
  type Cells,
  cellsOf,
  cellsOfWindows,
  clipCells,
  holdsCells,
  listCells,
  mergeCells,
  run,
  sameCells,
  shiftCells,
} from '../../src/geometry/cells.ts'
import { cellsRead, cellsReadEndlessly } from '../../src/geometry/receptiveField.ts'
import { receptiveFields } from '../../src/ops/receptiveField.ts'
import { axes } from '../support/geometries.ts'

const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

const runs: fc.Arbitrary<Cells> = fc
  .tuple(whole(-10, 10), whole(0, 6), whole(1, 4))
  .map(([first, count, step]) => run(first, count, step))

const lists: fc.Arbitrary<Cells> = fc
  .uniqueArray(whole(-10, 20), { maxLength: 6 })
  .map((cells) => cellsOf(cells.sort((a, b) => a - b)))

const anyCells = fc.oneof(runs, lists)
const rising = (cells: Iterable<number>): number[] => [...new Set(cells)].sort((a, b) => a - b)

describe('cells', () => {
  it('are united, compared, cut and moved as the lists that they stand for', () => {
    const check = (a: Cells, b: Cells, from: number, to: number): void => {
      const [first, second] = [listCells(a), listCells(b)]
      expect(listCells(mergeCells(a, b))).toEqual(rising([...first, ...second]))
      expect(holdsCells(a, b)).toBe(second.every((cell) => first.includes(cell)))
      expect(sameCells(a, b)).toBe(String(first) === String(second))
      const inside = first.filter((cell) => cell >= from && cell <= to)
      expect(listCells(clipCells(a, from, to))).toEqual(inside)
      expect(listCells(shiftCells(a, from))).toEqual(first.map((cell) => cell + from))
      expect([a.count, a.count > 0 ? a.last : null]).toEqual([first.length, first.at(-1) ?? null])
    }
    fc.assert(fc.property(anyCells, anyCells, whole(-8, 8), whole(-8, 16), check), {
      numRuns: 3000,
    })
  })

  it('are read through windows as lists are', () => {
    fc.assert(
      fc.property(axes, anyCells, (axis, cells) => {
        const own = clipCells(cells, 0, axis.output - 1)
        const list = listCells(own)
        expect(listCells(cellsOfWindows(axis, own, false))).toEqual(cellsRead(axis, list))
        expect(listCells(cellsOfWindows(axis, own, true))).toEqual(cellsReadEndlessly(axis, list))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('many receptive fields', () => {
  it('are those of each', () => {
    const x = ones([1, 4, 12, 10])
    const values: Tensor[] = [x]
    const weight = (from: number, to: number, size: number): Tensor => ones([to, from, size, size])
    values.push(conv2d(x, weight(4, 4, 3), { padding: 1 }))
    values.push(add(values[1]!, x))
    values.push(
      conv2d(values[2]!, weight(2, 4, 3), { stride: 2, padding: 2, dilation: 2, groups: 2 }),
    )
    values.push(concat([values[3]!, maxPool2d(values[2]!, 2)], 1))
    values.push(reshape(values[4]!, [1, values[4]!.size]))
    values.push(conv2d(x, weight(4, 1, 1)))
    expect(receptiveFields(values, x)).toEqual(values.map((y) => receptiveField(y, x)))
  })
})
