/** Windows of a box of blocks, as the output transform is given them. */
import type { boxMax } from './boxMax.ts'

/** What the windows of a box are, and the code that takes their largest cells. */
export interface BoxWindows {
  /** Cells of a window along each axis: fewer are some of them twice. */
  readonly taps: readonly number[]
  /** Brought by those who bring windows. */
  readonly code: typeof boxMax
}

/** Tells boxes of different windows from each other in the name of a kernel. */
export const windowsLabel = (windows: BoxWindows | undefined): string =>
  windows ? `-max${windows.taps.join('x')}` : ''
