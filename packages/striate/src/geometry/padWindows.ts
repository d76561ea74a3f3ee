/** Padding in any spelling as cells per side: what programs that write layers down need to know. */
import {
  type Padding,
  type PaddingContext,
  resolvePadding,
  resolveTransposedPadding,
} from './padding.ts'

export interface WindowPads {
  /** `[low, high]` per axis: added to the input or, of transposed windows, cut from the output. */
  readonly pads: readonly (readonly [low: number, high: number])[]
  /** Cells added to the end of the output of transposed windows by `'same'` and `'causal'`; else 0. */
  readonly outputPadding: readonly number[]
}

/**
 * The cells that a padding stands for on an input of a size, per axis and side.
 *
 * @throws StriateError for a padding that does not fit the axes.
 * @example
 * ```ts
 * import { padWindows } from 'striate'
 * const windows = { input: [6], kernel: [3], stride: [2], dilation: [1] }
 * padWindows('same', windows).pads // => [[0, 1]]
 * padWindows('causal', windows).pads // => [[2, 0]]
 * ```
 */
export function padWindows(
  padding: Padding | undefined,
  windows: PaddingContext,
  transposed = false,
): WindowPads {
  const op = 'padWindows'
  if (transposed) {
    const { pairs, outputPadding } = resolveTransposedPadding(op, padding, windows)
    return { pads: pairs, outputPadding }
  }
  const pads = resolvePadding(op, padding, windows)
  return { pads, outputPadding: pads.map(() => 0) }
}
