/** A curve in a terminal, drawn in the dots of braille characters. */
import { drawPicture } from './digits.ts'

export interface PlotOptions {
  /** Columns and lines of the drawing itself. */
  readonly columns: number
  readonly lines: number
  /** The values of the lowest and of the highest dot; the least and the largest unless told. */
  readonly range?: readonly [low: number, high: number]
}

const [dotsAcross, dotsDown] = [2, 4]
const ink = 255

/** The least and the largest of values that are finite; 0 and 1 where there are none. */
export function rangeOf(values: readonly (number | null)[]): readonly [low: number, high: number] {
  const finite = values.filter((value): value is number => Number.isFinite(value))
  if (finite.length === 0) return [0, 1]
  return [Math.min(...finite), Math.max(...finite)]
}

/**
 * The values from left to right as lines of characters, each as wide as the plot, joined by a line.
 * Where several fall into one column of dots their mean is drawn; gaps stay empty.
 */
export function plot(values: readonly (number | null)[], options: PlotOptions): string[] {
  const { columns, lines, range = rangeOf(values) } = options
  const [width, height] = [columns * dotsAcross, lines * dotsDown]
  const [low, high] = range
  const pixels = new Uint8Array(width * height)
  let before: number | null = null
  for (let x = 0; x < width; x++) {
    const mean = meanAt(values, x, width)
    if (mean === null) continue
    const share = high > low ? (mean - low) / (high - low) : 0.5
    const y = Math.round((1 - Math.min(Math.max(share, 0), 1)) * (height - 1))
    // Dots in between, so that steep curves hold together.
    const from = before === null ? y : before + Math.sign(y - before)
    for (let at = Math.min(from, y); at <= Math.max(from, y); at++) pixels[at * width + x] = ink
    before = y
  }
  return drawPicture({ pixels, height, width }).map((line) => line.padEnd(columns))
}

/** The mean of the values that belong to a column of dots; between values that are few, the line from one to the next. */
function meanAt(values: readonly (number | null)[], x: number, width: number): number | null {
  if (values.length < width) return lineAt(values, (x * (values.length - 1)) / (width - 1))
  const begin = Math.floor((x * values.length) / width)
  const own = values
    .slice(begin, Math.ceil(((x + 1) * values.length) / width))
    .filter((value): value is number => value !== null && Number.isFinite(value))
  return own.length === 0 ? null : own.reduce((sum, value) => sum + value, 0) / own.length
}

function lineAt(values: readonly (number | null)[], place: number): number | null {
  const at = Math.floor(place)
  const [from = null, to = from] = [values[at], values[at + 1]]
  if (from === null || to === null) return place === at ? from : null
  return from + (to - from) * (place - at)
}
