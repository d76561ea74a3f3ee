/** Slices without steps backwards, which Python's libraries have not. */
import type { Operations } from './body.ts'

type Slice = Operations['slice']

export interface ForwardSlice {
  /** The same cells, forwards. */
  readonly slice: Slice
  /** Axes to turn round afterwards. */
  readonly turned: readonly number[]
}

export function forwards({ starts, steps, shape }: Slice): ForwardSlice {
  const turned = steps.flatMap((step, axis) => (step < 0 ? [axis] : []))
  const first = (start: number, axis: number): number =>
    turned.includes(axis) ? start + ((shape[axis] as number) - 1) * steps[axis]! : start
  return { slice: { starts: starts.map(first), steps: steps.map(Math.abs), shape }, turned }
}
