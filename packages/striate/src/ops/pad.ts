/** Padding and cropping in every mode. */
import { describe, fail } from '../errors.ts'
import { type AxisMap, padMap } from '../geometry/axisMap.ts'
import { firstSpatialAxis, type Layout } from '../geometry/layout.ts'
import { checkPaddingMode, type PaddingMode } from '../geometry/padding.ts'
import { rejectUnknown } from '../options.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import { checkAxis } from '../tensor/shape.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { broadcastTo } from './broadcastTo.ts'
import { where } from './elementwise/comparison.ts'
import { mapAxes, mapReal } from './mapAxes.ts'
import { placeOperator, slice } from './slice.ts'

type Pairs = readonly (readonly [low: number, high: number])[]

export interface PadOptions {
  /** What the new cells hold: `'constant'` (the default; see `value`), `'reflect'`, `'replicate'` or `'circular'`. */
  readonly mode?: 'constant' | Exclude<PaddingMode, 'zeros'>
  /** The constant. 0 by default. */
  readonly value?: number
  /** The axes that `padding` speaks of; by default the last ones. */
  readonly axes?: readonly number[]
}

/**
 * Adds `[low, high]` cells before and after each of the last axes (or `options.axes`); negative
 * counts crop.
 *
 * @throws StriateError if a mode cannot fill that many cells, or a crop takes everything.
 * @example
 * ```ts
 * import { pad, tensor } from 'striate'
 * const x = tensor([[1, 2, 3]])
 * await pad(x, [[1, 2]]).array() // => [[0, 1, 2, 3, 0, 0]]
 * await pad(x, [[2, 1]], { mode: 'reflect' }).array() // => [[3, 2, 1, 2, 3, 2]]
 * await pad(x, [[-1, 0]]).array() // => [[2, 3]]
 * ```
 */
export function pad(x: Tensor, padding: Pairs, options: PadOptions = {}): Tensor {
  requireTensor('pad', 'x', x)
  rejectUnknown('pad', options, ['mode', 'value', 'axes'])
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every(Number.isSafeInteger)
  if (!Array.isArray(padding) || !padding.every(isPair) || padding.length > x.rank) {
    fail({
      op: 'pad',
      argument: 'padding',
      got: describe(padding),
      needs: `must be a list of at most ${x.rank} [low, high] pairs of whole numbers`,
    })
  }
  const axes = options.axes ?? padding.map((_, i) => x.rank - padding.length + i)
  if (axes.length !== padding.length) {
    fail({
      op: 'pad',
      argument: 'axes',
      got: `${axes.length} axes for ${padding.length} pairs`,
      needs: 'needs one axis per pair',
    })
  }
  const pairs = x.shape.map((): [number, number] => [0, 0])
  for (const [i, axis] of axes.entries())
    pairs[checkAxis('pad', axis, x.rank, 'axes')] = [padding[i]![0], padding[i]![1]]
  const { mode = 'constant' } = options
  const cropped = crop(x, pairs)
  const added = pairs.map(([low, high]): [number, number] => [Math.max(low, 0), Math.max(high, 0)])
  if (mode !== 'constant') return padModes(cropped, added, mode)
  return padConstant(cropped, added, options.value ?? 0)
}

function crop(x: Tensor, pairs: Pairs): Tensor {
  const starts = pairs.map(([low]) => Math.max(-low, 0))
  const ends = pairs.map(([, high], axis) => x.shape[axis]! - Math.max(-high, 0))
  for (const [axis, end] of ends.entries()) {
    if (end <= starts[axis]!) {
      fail({
        op: 'pad',
        argument: 'padding',
        got: `${describe(pairs[axis])} on axis ${axis} of size ${x.shape[axis]}`,
        needs: 'must leave at least one cell when it crops',
      })
    }
  }
  return slice(x, starts, ends)
}

function padConstant(x: Tensor, pairs: Pairs, value: number): Tensor {
  if (pairs.every(([low, high]) => low === 0 && high === 0)) return x
  const place = (each: Tensor): Tensor =>
    apply(placeOperator, [each], {
      starts: pairs.map(([low]) => low),
      steps: pairs.map(() => 1),
      shape: pairs.map(([low, high], axis) => low + x.shape[axis]! + high),
    })
  if (value === 0) return place(x)
  const inside = place(broadcastTo(tensor(new Uint8Array([1])), x.shape))
  return where(inside, place(x), value)
}

function padModes(x: Tensor, pairs: Pairs, mode: PaddingMode): Tensor {
  for (const [axis, [low, high]] of pairs.entries())
    checkPaddingMode('pad', mode, x.shape[axis]!, low, high)
  return mapAxes(x, mapsOf(x, pairs, mode))
}

const mapsOf = (
  { shape }: Tensor,
  pairs: Pairs,
  mode: PaddingMode,
): (readonly [axis: number, map: AxisMap])[] =>
  pairs.map(([low, high], axis) => [axis, padMap(shape[axis]!, low, high, mode)] as const)

/** Pads the spatial axes of a batch of real numbers with something else than zeros; the caller has checked that the mode can. */
export function padSpace(x: Tensor, pairs: Pairs, mode: PaddingMode, layout: Layout): Tensor {
  const first = firstSpatialAxis(layout)
  const all = x.shape.map((_, axis): readonly [number, number] => pairs[axis - first] ?? [0, 0])
  return mapReal(x, mapsOf(x, all, mode))
}
