/** What operations between layers read and give, and how they become layers. */
import type { Tensor, TypedArray } from 'striate'
import type { Operation, Operations } from '../../source/body.ts'
import type { AxisOrder } from '../../source/keras/flow.ts'
import type { WindowSettings } from '../../source/windows.ts'
import { type Chart, type Held, type PathPlace, sizesOf, under } from './chart.ts'
import { type Entry, refuse } from './entry.ts'
import { averagePoolEntries } from './pools.ts'
import { inTurn, reduced } from './spread.ts'

/** A value that weights and constants alone decide. */
export interface Known {
  readonly kind: 'known'
  readonly tensor: Tensor
  /** Those of a constant. */
  readonly values?: TypedArray
}

/** Cells along axes of the network that become one. */
export interface Reduction {
  readonly of: Held
  readonly axes: readonly number[]
  /** What they become, without the batch. */
  readonly shape: readonly number[]
}

/** A sum, which with a division becomes a mean: Keras has layers for means. */
export interface Total extends Reduction {
  readonly kind: 'total'
}

/** Sums of windows, which with a division by the cells of each become means. */
export interface WindowTotal {
  readonly kind: 'windowTotal'
  readonly of: Held
  readonly windows: WindowSettings
}

/** Whether `of` is above the bound, or whether it is below: half of a rectifier. */
export interface Compared {
  readonly kind: 'compared'
  readonly of: Held
  readonly isAbove: boolean
  readonly bound: number
}

export type Value = Held | Known | Total | WindowTotal | Compared
/** What an operation reads: a value, or a number. */
export type Given = Value | number

/** Where layers are added. */
export interface Charting extends PathPlace {
  readonly chart: Chart
}

export type Lower<Name extends keyof Operations> = (
  operation: Extract<Operation, { readonly name: Name }>,
  inputs: readonly Given[],
  charting: Charting,
) => Value

export const asSource = 'exportSource writes it as a program for Keras'

/** A layer at this place. */
export const layer = (
  { chart, path }: Charting,
  entry: Entry,
  inputs: readonly Held[],
  order: AxisOrder,
): Held => chart.add(entry, inputs, { path: under(path, entry.className.toLowerCase()), order })

export const rescaled = (charting: Charting, x: Held, scale: number, offset: number): Held =>
  layer(charting, { className: 'Rescaling', config: { scale, offset } }, [x], x.order)

export const countOf = ({ of, axes }: Reduction): number =>
  axes.reduce((all, axis) => all * sizesOf(of)[axis - 1]!, 1)

export const windowCells = ({ windows }: WindowTotal): number =>
  windows.kernel.reduce((all, taps) => all * taps, 1)

/** The means of windows, which count their padding or leave it out. */
export function windowMeans(
  { of, windows }: WindowTotal,
  countIncludePad: boolean,
  charting: Charting,
): Held {
  const settings = { ...windows, countIncludePad, divisorOverride: null }
  return inTurn(charting, averagePoolEntries(charting, settings, windows.layout), of)
}

/** A value as a layer gives it. */
export function held(given: Given | undefined, charting: Charting): Held {
  if (typeof given === 'number' || given === undefined || given.kind === 'known')
    return refuse(charting, 'weights that are computed with as if they were values', asSource)
  if (given.kind === 'held') return given
  if (given.kind === 'compared') return refuse(charting, 'a comparison', asSource)
  if (given.kind === 'windowTotal')
    return refuse(charting, 'cells that are weighed along an axis', asSource)
  return rescaled(charting, reduced('Average', given, charting), countOf(given), 0)
}
