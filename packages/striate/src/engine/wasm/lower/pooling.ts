/** A maximum pooling that is computed with the convolution whose results it alone reads. */
import type { BoxWindows } from '../kernels/index.ts'
import type { PooledRegions } from './winograd/pooled.ts'

export interface Pooling extends BoxWindows {
  /** Its number among the operations. */
  readonly operation: number
  readonly regions: PooledRegions
  /** Windows along each axis. */
  readonly outputs: readonly number[]
  /** Whether a window has cells on both sides of the beginning of a cell. */
  isCut(axis: number, cell: number): boolean
  /** The windows within cells `from` to `to` of an axis: the first one, and the cells of each, tap by tap. */
  within(axis: number, from: number, to: number): WindowRange
}

export interface WindowRange {
  readonly first: number
  readonly count: number
  readonly cells: readonly number[]
}
