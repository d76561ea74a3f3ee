/** Pooling in Keras's words, which pads by name, leaves padding out of means, and never rounds up. */
import { type Layout, padWindows } from 'striate'
import {
  countsOf,
  fullPads,
  type PoolSettings,
  poolAt,
  type WindowSettings,
} from '../../source/windows.ts'
import type { Rank } from '../shapes.ts'
import {
  type Describer,
  dataFormat,
  type Entry,
  isSamePads,
  optionsAt,
  type Pairs,
  type Place,
  padEntries,
  refuse,
  sizes,
} from './entry.ts'

const layerOf = (
  kind: 'Max' | 'Average',
  kernel: readonly number[],
  strides: readonly number[],
  padding: 'valid' | 'same',
  format: string,
): Entry => ({
  className: `${kind}Pooling${kernel.length}D`,
  config: { pool_size: [...kernel], strides: [...strides], padding, data_format: format },
})

/** Cells to add, none of those that no window reads. */
const addedPads = (settings: WindowSettings): Pairs =>
  fullPads(settings).map(([low, high]) => [low, Math.max(high, 0)] as const)

/** Whether the windows are those of Keras's padding of that name. */
function isPaddedSame(settings: WindowSettings): boolean {
  const { pads } = padWindows('same', settings)
  return (
    isSamePads(addedPads(settings), pads) &&
    settings.output.every(
      (cells, a) => cells === Math.ceil(settings.input[a]! / settings.stride[a]!),
    )
  )
}

type AverageSettings = WindowSettings & Pick<PoolSettings, 'countIncludePad' | 'divisorOverride'>

/** The largest of windows, beyond whose edges there is nothing. */
export function maxPoolEntries(
  place: Place,
  settings: WindowSettings,
  layout: Layout,
  isNonNegative: boolean,
): Entry[] {
  const format = dataFormat({ layout })
  const { kernel, stride, input, output, dilation } = settings
  if (dilation.some((step) => step > 1)) refuse(place, 'a dilation')
  const added = addedPads(settings)
  if (added.every(([low, high]) => low === 0 && high === 0))
    return [layerOf('Max', kernel, stride, 'valid', format)]
  if (isPaddedSame(settings)) return [layerOf('Max', kernel, stride, 'same', format)]
  if (isNonNegative && added.every(([low]) => low >= 0))
    return [...padEntries(place, added, format), layerOf('Max', kernel, stride, 'valid', format)]
  // Windows at every cell, padded by name, of which those are kept that begin where they should.
  const ones = kernel.map(() => 1)
  const begins = kernel.map((taps, a) => Math.floor((taps - 1) / 2) - added[a]![0])
  const ends = begins.map((begin, a) => begin + (output[a]! - 1) * stride[a]!)
  if (begins.some((begin) => begin < 0) || ends.some((end, a) => end >= input[a]!))
    refuse(
      place,
      'padding in numbers',
      "Keras pads pooling by 'same' alone; zeros would count as values",
    )
  const cut = begins.map((begin, a) => {
    const kept = Math.ceil((input[a]! - begin) / stride[a]!)
    return [-begin, kept > output[a]! ? ends[a]! + 1 - input[a]! : 0] as const
  })
  return [
    layerOf('Max', kernel, ones, 'same', format),
    ...padEntries(place, cut, format),
    ...(stride.every((step) => step === 1) ? [] : [layerOf('Max', ones, stride, 'valid', format)]),
  ]
}

/** The means of windows. */
export function averagePoolEntries(
  place: Place,
  settings: AverageSettings,
  layout: Layout,
): Entry[] {
  const format = dataFormat({ layout })
  const { kernel, stride, input, dilation, divisorOverride } = settings
  if (dilation.some((step) => step > 1)) refuse(place, 'a dilation')
  const cells = kernel.reduce((all, taps) => all * taps, 1)
  if (divisorOverride !== null && divisorOverride !== cells)
    refuse(place, 'divisorOverride', 'Keras pools without it')
  const added = addedPads(settings)
  const isWhole = kernel.every((taps, a) => countsOf(settings, a).every((count) => count === taps))
  if (isWhole || divisorOverride !== null)
    return [
      ...padEntries(place, added, format),
      layerOf('Average', kernel, stride, 'valid', format),
    ]
  const inside = { ...settings, countIncludePad: false }
  const leavesOut = kernel.every((_, a) => `${countsOf(settings, a)}` === `${countsOf(inside, a)}`)
  if (leavesOut && isPaddedSame(settings))
    return [layerOf('Average', kernel, stride, 'same', format)]
  return refuse(
    place,
    `means of windows that count as Keras's do not, along ${input.length} axes`,
    "Keras pads them by 'same' alone, and leaves the padding out",
  )
}

export const pooling =
  (kind: 'Max' | 'Average'): Describer =>
  (described) => {
    const settings = poolAt(described.call)
    const { layout, isNonNegative } = described
    return kind === 'Max'
      ? maxPoolEntries(described, settings, layout, isNonNegative)
      : averagePoolEntries(described, settings, layout)
  }

export const globalPooling =
  (kind: 'Max' | 'Average'): Describer =>
  (described) => {
    const rank = described.call.inputs[0]!.shape.length - 2
    const keepdims = optionsAt(described, 0).keepDims === true
    const config = { data_format: dataFormat(described), keepdims }
    return [{ className: `Global${kind}Pooling${rank}D`, config }]
  }

/** Windows of one size where the cells can be shared out evenly, which all versions of Keras know. */
export const adaptivePooling =
  (kind: 'Max' | 'Average', rank: Rank): Describer =>
  (described) => {
    const format = dataFormat(described)
    const isLast = optionsAt(described, 1).layout === 'channels-last'
    const spaceOf = (shape: readonly unknown[]): number[] =>
      (isLast ? shape.slice(1, -1) : shape.slice(2)) as number[]
    const { inputs, output } = described.call
    const [from, to] = [spaceOf(inputs[0]!.shape), spaceOf(output.shape)]
    if (from.every((cells, a) => cells % to[a]! === 0)) {
      const window = from.map((cells, a) => cells / to[a]!)
      return [layerOf(kind, window, window, 'valid', format)]
    }
    const cells = sizes(to, rank, 1)
    const config = { output_size: cells, data_format: format }
    return [{ className: `Adaptive${kind}Pooling${rank}D`, config }]
  }
