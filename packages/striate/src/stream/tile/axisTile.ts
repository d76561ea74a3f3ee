/** A tile along one axis: its outputs, and where in the input the cells under their windows come from. */
import { type Axis, kernelExtent, tapPlace } from '../../geometry/axis.ts'
import { type PaddingMode, paddedIndex } from '../../geometry/padding.ts'

/** Cells `[start, start + count)` of the input. */
export interface Run {
  readonly start: number
  readonly count: number
}

export interface AxisTile {
  /** First output and number of outputs. */
  readonly first: number
  readonly outputs: number
  /** What must be read: runs of cells, not adjacent, by rising start; at least one. */
  readonly runs: readonly Run[]
  /** For every cell under the windows, its place among the runs laid end to end; −1 for a zero. */
  readonly cells: Int32Array
}

/** Cells under the windows of so many neighbouring outputs. */
export const cellsUnder = ({ kernel, dilation, stride }: Axis, outputs: number): number =>
  (outputs - 1) * stride + kernelExtent(kernel, dilation)

/** Tile `index` of those of `size` outputs that make up an axis; the last may be smaller. */
export function axisTile(axis: Axis, size: number, index: number, mode: PaddingMode): AxisTile {
  const first = index * size
  const outputs = Math.min(size, axis.output - first)
  const origin = tapPlace(axis, first, 0)
  const sources = Array.from({ length: cellsUnder(axis, outputs) }, (_, i) =>
    paddedIndex(mode, origin + i, axis.input),
  )
  const runs = runsOf(sources.filter((index) => index >= 0))
  const places = new Map<number, number>()
  let place = 0
  for (const { start, count } of runs)
    for (let i = 0; i < count; i++) places.set(start + i, place++)
  return {
    first,
    outputs,
    // A tile on zeros alone still reads a cell, which nothing uses.
    runs: runs.length > 0 ? runs : [{ start: 0, count: 1 }],
    cells: Int32Array.from(sources, (index) => places.get(index) ?? -1),
  }
}

function runsOf(indices: readonly number[]): Run[] {
  const runs: { start: number; count: number }[] = []
  for (const index of [...new Set(indices)].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && last.start + last.count === index) last.count++
    else runs.push({ start: index, count: 1 })
  }
  return runs
}
