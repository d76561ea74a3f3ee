/** Layers that pad the space of a batch, or crop it by negative counts. */
import { describe, fail } from '../../errors.ts'
import { checkLayout, firstSpatialAxis, type Layout } from '../../geometry/layout.ts'
import { type PadOptions, pad } from '../../ops/pad.ts'
import { rejectUnknown } from '../../options.ts'
import type { Same } from '../channels.ts'
import { recipeOf } from '../recipe.ts'
import { type PerAxis, type Rank, showPadding, type Tuples } from '../sizes.ts'
import { keepsChannels, type Stateless } from './stateless.ts'

/** Cells for every side, one count per axis, or `[low, high]` per axis; negative counts crop. */
export type Cells<R extends Rank> = PerAxis<R> | Tuples<readonly [low: number, high: number]>[R]

export interface PadLayerOptions {
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

export type PadLayer = Stateless<number, Same>

function padding(
  rank: Rank,
  name: string,
  cells: Cells<Rank>,
  options: PadLayerOptions,
  how: PadOptions,
): PadLayer {
  const op = `nn.${name}${rank}d`
  rejectUnknown(op, options, ['layout'])
  const layout = checkLayout(op, options.layout)
  const perAxis: readonly unknown[] = Array.isArray(cells)
    ? cells
    : Array.from({ length: rank }, () => cells)
  const pairs = perAxis.map((each): readonly [number, number] => {
    const pair: readonly unknown[] = Array.isArray(each) ? each : [each, each]
    if (pair.length === 2 && pair.every(Number.isSafeInteger)) return pair as [number, number]
    return wrong()
  })
  function wrong(): never {
    const needs = `must be a whole number, ${rank} of them (one per axis) or ${rank} [low, high] pairs`
    return fail({ op, argument: 'padding', needs, got: describe(cells) })
  }
  if (pairs.length !== rank) wrong()
  const first = firstSpatialAxis(layout)
  const axes = pairs.map((_, a) => first + a)
  const kind = `${name[0]!.toUpperCase()}${name.slice(1)}${rank}d`
  const facts = { padding: showPadding(cells) }
  return keepsChannels(
    kind,
    (x) => {
      if (x.rank !== rank + 2)
        fail({ op, argument: 'x', needs: `expects ${rank + 2} axes`, got: describe(x) })
      return pad(x, pairs, { ...how, axes })
    },
    recipeOf(`${name}${rank}d`, cells, ...(how.value === undefined ? [] : [how.value]), options),
    facts,
  )
}

/** Zeros around the space. */
export const zeroPad1d = (cells: Cells<1>, options: PadLayerOptions = {}): PadLayer =>
  padding(1, 'zeroPad', cells, options, {})

/**
 * Zeros around the space; negative counts crop.
 *
 * @throws StriateError for counts or options that do not fit.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * const layer = nn.zeroPad2d([[1, 0], [0, 1]])
 * await layer.forward(tensor([[[[1, 2]]]])).array() // => [[[[0, 0, 0], [1, 2, 0]]]]
 * ```
 */
export const zeroPad2d = (cells: Cells<2>, options: PadLayerOptions = {}): PadLayer =>
  padding(2, 'zeroPad', cells, options, {})

/** Zeros around the space. */
export const zeroPad3d = (cells: Cells<3>, options: PadLayerOptions = {}): PadLayer =>
  padding(3, 'zeroPad', cells, options, {})

/** The space continued by its mirror image, without repeating the end. */
export const reflectPad1d = (cells: Cells<1>, options: PadLayerOptions = {}): PadLayer =>
  padding(1, 'reflectPad', cells, options, { mode: 'reflect' })

/** The space continued by its mirror image, without repeating the end. */
export const reflectPad2d = (cells: Cells<2>, options: PadLayerOptions = {}): PadLayer =>
  padding(2, 'reflectPad', cells, options, { mode: 'reflect' })

/** The space continued by its mirror image, without repeating the end. */
export const reflectPad3d = (cells: Cells<3>, options: PadLayerOptions = {}): PadLayer =>
  padding(3, 'reflectPad', cells, options, { mode: 'reflect' })

/** The space continued by its end cells. */
export const replicatePad1d = (cells: Cells<1>, options: PadLayerOptions = {}): PadLayer =>
  padding(1, 'replicatePad', cells, options, { mode: 'replicate' })

/** The space continued by its end cells. */
export const replicatePad2d = (cells: Cells<2>, options: PadLayerOptions = {}): PadLayer =>
  padding(2, 'replicatePad', cells, options, { mode: 'replicate' })

/** The space continued by its end cells. */
export const replicatePad3d = (cells: Cells<3>, options: PadLayerOptions = {}): PadLayer =>
  padding(3, 'replicatePad', cells, options, { mode: 'replicate' })

/** The space continued from its other end. */
export const circularPad1d = (cells: Cells<1>, options: PadLayerOptions = {}): PadLayer =>
  padding(1, 'circularPad', cells, options, { mode: 'circular' })

/** The space continued from its other end. */
export const circularPad2d = (cells: Cells<2>, options: PadLayerOptions = {}): PadLayer =>
  padding(2, 'circularPad', cells, options, { mode: 'circular' })

/** The space continued from its other end. */
export const circularPad3d = (cells: Cells<3>, options: PadLayerOptions = {}): PadLayer =>
  padding(3, 'circularPad', cells, options, { mode: 'circular' })

/** A constant around the space. */
export const constantPad1d = (
  cells: Cells<1>,
  value: number,
  options: PadLayerOptions = {},
): PadLayer => padding(1, 'constantPad', cells, options, { value })

/** A constant around the space. */
export const constantPad2d = (
  cells: Cells<2>,
  value: number,
  options: PadLayerOptions = {},
): PadLayer => padding(2, 'constantPad', cells, options, { value })

/** A constant around the space. */
export const constantPad3d = (
  cells: Cells<3>,
  value: number,
  options: PadLayerOptions = {},
): PadLayer => padding(3, 'constantPad', cells, options, { value })
