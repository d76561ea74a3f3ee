/** Small grey pictures in a terminal: eight dots in a character, so that 28 pixels take 14 columns and 7 lines. */
import { columnsOf } from './colour.ts'

export interface Picture {
  /** Row by row; 0 is paper, 255 is ink. */
  readonly pixels: ArrayLike<number>
  readonly height: number
  readonly width: number
}

/** Unicode's braille patterns: the bit of each dot, by its row and column in a cell. */
const dots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const
const firstPattern = 0x2800
const [cellRows, cellColumns] = [dots.length, dots[0].length]
const inkFrom = 102

/** The picture as lines of text; strokes where there is more ink than 40 %. */
export function drawPicture({ pixels, height, width }: Picture): string[] {
  const lines = Math.ceil(height / cellRows)
  const columns = Math.ceil(width / cellColumns)
  return Array.from({ length: lines }, (_, line) =>
    Array.from({ length: columns }, (_, column) => {
      let pattern = 0
      for (const [row, bits] of dots.entries()) {
        for (const [side, bit] of bits.entries()) {
          const [y, x] = [line * cellRows + row, column * cellColumns + side]
          if (y < height && x < width && pixels[y * width + x]! >= inkFrom) pattern |= bit
        }
      }
      return pattern === 0 ? ' ' : String.fromCharCode(firstPattern + pattern)
    }).join(''),
  )
}

const gap = '  '

/** How many pictures of this width stand beside each other in so many columns. */
export const picturesBeside = (width: number, columns: number): number =>
  Math.max(1, Math.floor((columns + gap.length) / (Math.ceil(width / cellColumns) + gap.length)))

/** Pictures beside each other, each with its caption in the middle below. */
export function drawRow(
  pictures: readonly Picture[],
  captions: readonly string[],
  paint: (text: string) => string = (text) => text,
): string[] {
  const drawn = pictures.map(drawPicture)
  const height = Math.max(0, ...drawn.map((lines) => lines.length))
  const widths = pictures.map(({ width }) => Math.ceil(width / cellColumns))
  const rows = Array.from({ length: height }, (_, row) =>
    drawn.map((lines, index) => (lines[row] ?? '').padEnd(widths[index]!)).join(gap),
  )
  const inked = rows.filter((row, index) => row.trim() !== '' || isInside(rows, index))
  const below = captions.map((caption, index) => centred(caption, widths[index]!)).join(gap)
  return [...inked.map((row) => paint(row.trimEnd())), below.trimEnd()]
}

/** Whether a blank row has ink above and below it. */
const isInside = (rows: readonly string[], index: number): boolean =>
  rows.slice(0, index).some((row) => row.trim() !== '') &&
  rows.slice(index).some((row) => row.trim() !== '')

function centred(text: string, columns: number): string {
  const blank = Math.max(0, columns - columnsOf(text))
  const left = Math.floor(blank / 2)
  return ' '.repeat(left) + text + ' '.repeat(blank - left)
}
