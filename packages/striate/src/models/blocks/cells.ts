/** How many cells windows leave of an axis, for the linear layers behind them. */
import { describe, fail } from '../../errors.ts'

export interface Step {
  readonly kernelSize: number
  /** The kernel size by default, as in pooling. */
  readonly stride?: number
  /** Cells added on each side. None by default. */
  readonly padding?: number
}

/** Cells left of `cells` after windows one after the other; throws where none is. */
export function cellsAfter(
  op: string,
  argument: string,
  cells: number,
  steps: readonly Step[],
): number {
  const left = steps.reduce(
    (size, { kernelSize, stride = kernelSize, padding = 0 }) =>
      size < 1 ? 0 : Math.floor((size + 2 * padding - kernelSize) / stride) + 1,
    cells,
  )
  if (left >= 1) return left
  const least = steps.reduceRight(
    (size, { kernelSize, stride = kernelSize, padding = 0 }) =>
      Math.max(1, (size - 1) * stride + kernelSize - 2 * padding),
    1,
  )
  const needs = `must be at least ${least}, for the windows to leave a cell`
  return fail({ op, argument, needs, got: describe(cells) })
}
