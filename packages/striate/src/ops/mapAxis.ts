/** A linear map along one axis, given row by row: what resizing and filtering in general are. */
import { describe, fail } from '../errors.ts'
import { rowsMap } from '../geometry/axisMap.ts'
import { requireTensor } from '../tensor/build.ts'
import { checkAxis } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { mapAxes } from './mapAxes.ts'

/** The weighted sum that one cell of the result is: which cells, and how much of each. */
export type AxisRow = readonly (readonly [index: number, weight: number])[]

/**
 * The cells along `axis` replaced by weighted sums of them, one for each of `rows`:
 *
 *     y[…, o, …] = Σ weight · x[…, index, …]       over the pairs of rows[o]
 *
 * An empty row gives 0. Interpolation, running sums and resampling are such maps. Whole numbers
 * stay whole, their sums cut towards 0.
 *
 * @throws StriateError for an axis that does not exist, no rows, or an index outside the axis.
 * @example
 * ```ts
 * import { mapAxis, tensor } from 'striate'
 * const x = tensor([[1, 2, 6]])
 * await mapAxis(x, 1, [[[0, 1]], [[0, 0.5], [1, 0.5]], [[2, -1]], []]).array() // => [[1, 1.5, -6, 0]]
 * ```
 */
export function mapAxis(x: Tensor, axis: number, rows: readonly AxisRow[]): Tensor {
  const op = 'mapAxis'
  requireTensor(op, 'x', x)
  const along = checkAxis(op, axis, x.rank)
  const size = x.shape[along]!
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) &&
    pair.length === 2 &&
    Number.isSafeInteger(pair[0]) &&
    pair[0] >= 0 &&
    pair[0] < size &&
    Number.isFinite(pair[1])
  const isRow = (row: unknown): boolean => Array.isArray(row) && row.every(isPair)
  if (!Array.isArray(rows) || rows.length === 0 || !rows.every(isRow)) {
    fail({
      op,
      argument: 'rows',
      got: describe(rows),
      needs: `must be a list of rows of [index, weight] pairs, each index from 0 to ${size - 1}`,
    })
  }
  return mapAxes(x, [[along, rowsMap(size, rows)]])
}
