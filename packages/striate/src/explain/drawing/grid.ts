/** The numbers of a convolution laid out for drawing: places of the input with padding and holes, kernel, output. */
import { type Axis, axisTaps, standsAt, tapPlace } from '../../geometry/axis.ts'
import { paddedIndex } from '../../geometry/padding.ts'
import { cellValue, inputsOf, weightsOf } from '../cell.ts'
import type { Convolution, ConvolutionValues } from '../spec.ts'
import type { TileCell } from './tile.ts'

/** Places along an axis in rising order; null where some are left out. */
export type Places = readonly (number | null)[]

/** All of `[from, to)`, or at most about `most`: a run around the wanted ones, or these alone if they lie far apart. */
function shownPlaces(from: number, to: number, wanted: readonly number[], most: number): Places {
  const range = (first: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => first + i)
  if (to - from <= most) return range(from, to - from)
  const [first, last] = [wanted[0]!, wanted.at(-1)!]
  const spare = most - (last - first + 1)
  const start = Math.min(Math.max(first - Math.floor(spare / 2), from), to - most)
  const shown = spare >= 0 ? range(start, most) : wanted.slice(0, most)
  const places: (number | null)[] = shown[0]! > from ? [null] : []
  for (const [i, place] of shown.entries()) {
    if (i > 0 && place > shown[i - 1]! + 1) places.push(null)
    places.push(place)
  }
  return shown.at(-1)! < to - 1 ? [...places, null] : places
}

/** One axis of the picture: places of the (spread) input that exist or are read, and the taps of one output cell. */
export interface GridAxis {
  readonly axis: Axis
  readonly places: Places
  readonly outputs: Places
  /** Places that the output cell reads. */
  readonly taps: readonly number[]
}

export function gridAxis(axis: Axis, o: number, most: number): GridAxis {
  const from = Math.min(0, tapPlace(axis, 0, 0))
  const end = Math.max(
    (axis.input - 1) * axis.upsample,
    tapPlace(axis, axis.output - 1, axis.kernel - 1),
  )
  const taps = Array.from({ length: axis.kernel }, (_, k) => tapPlace(axis, o, k))
  const wanted = [...new Set([...taps, centreOf(axis, o)])].sort((a, b) => a - b)
  return {
    axis,
    places: shownPlaces(from, end + 1, wanted, most),
    outputs: shownPlaces(0, axis.output, [o], most),
    taps,
  }
}

/** The place under which an output cell is drawn: the middle of its window, rounded down. */
export const centreOf = (axis: Axis, o: number): number =>
  Math.floor((tapPlace(axis, o, 0) + tapPlace(axis, o, axis.kernel - 1)) / 2)

/** Number of a place: of the input cell or padding cell there, empty for a hole. */
export function placeName({ axis }: GridAxis, place: number): string {
  const { index, kind } = standsAt(axis, place)
  return kind === 'hole' ? '' : String(index).replace('-', '−')
}

/** Numbers in a picture: at most two decimals. */
export function shortText(value: number): string {
  const size = Math.abs(value)
  const text = Number.isInteger(value)
    ? String(size)
    : size < 1000
      ? size.toFixed(2).replace(/\.?0+$/, '')
      : size.toPrecision(3)
  return value < 0 && text !== '0' ? `−${text}` : text
}

/** Reads what a picture shows of one convolution's cell. */
export interface Picture {
  input(channel: number, places: readonly number[]): TileCell
  /** The weight that lies on the given taps of the window, counted in its order. */
  weight(channel: number, taps: readonly number[]): number
  output(position: readonly number[]): number
}

export function pictureOf(
  convolution: Convolution,
  values: ConvolutionValues,
  outputChannel: number,
  axes: readonly GridAxis[],
): Picture {
  const inputAt = inputsOf(convolution, values)
  const weightAt = weightsOf(convolution, values, outputChannel)
  const { paddingMode } = convolution.plan
  const known = new Map<string, number>()
  return {
    input(channel, places) {
      const met = places.map((place, a) => standsAt(axes[a]!.axis, place))
      const isMarked = places.every((place, a) => axes[a]!.taps.includes(place))
      if (met.some(({ kind }) => kind === 'hole')) return { text: '', role: 'hole', isMarked }
      const source = met.map(({ index }, a) => paddedIndex(paddingMode, index, axes[a]!.axis.input))
      const value = source.every((index) => index >= 0) ? inputAt(channel, source) : 0
      const role = met.every(({ kind }) => kind === 'in') ? 'cell' : 'padding'
      return { text: shortText(value), role, isMarked }
    },
    weight: (channel, taps) =>
      weightAt(
        channel,
        taps.map((k, a) => axisTaps(axes[a]!.axis, 0)[k]!.kernel),
      ),
    output(position) {
      const key = position.join()
      const value = known.get(key) ?? cellValue(convolution, values, outputChannel, position)
      known.set(key, value)
      return value
    },
  }
}
