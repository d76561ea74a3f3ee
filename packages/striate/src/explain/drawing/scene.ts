/** What the drawings of one, two and three axes share: titles, planes of cells, the kernel as it lies. */
import type { CellExplanation } from '../cell.ts'
import type { Convolution } from '../spec.ts'
import { type GridAxis, type Picture, type Places, shortText } from './grid.ts'
import type { Tile, TileCell, TileStyle } from './tile.ts'

/** What all parts of a drawing need to know. */
export interface Scene {
  readonly convolution: Convolution
  readonly cell: CellExplanation
  readonly picture: Picture
  readonly axes: readonly GridAxis[]
  readonly style: TileStyle
  readonly width: number
  /** Input channels to show. */
  readonly channels: readonly number[]
}

/** One entry a place, and `gap` where places are left out. */
export const along = <T>(places: Places, entry: (place: number) => T, gap: T): T[] =>
  places.map((place) => (place === null ? gap : entry(place)))

export const ellipsis: TileCell = { text: '…', role: 'none', isMarked: false }

/** A plane of cells with numbers beside it. */
export function plane(
  title: string,
  [rows, columns]: readonly [Places, Places],
  names: readonly [(place: number) => string, (place: number) => string],
  cell: (row: number, column: number) => TileCell,
): Tile {
  const line = (row: number): TileCell[] => along(columns, (column) => cell(row, column), ellipsis)
  return {
    title,
    cells: along(
      rows,
      line,
      columns.map(() => ellipsis),
    ),
    rowNames: along(rows, names[0], ''),
    columnNames: along(columns, names[1], ''),
  }
}

export const plain = (value: number): TileCell => ({
  text: shortText(value),
  role: 'cell',
  isMarked: false,
})

export function partTitle({ cell, channels }: Scene, channel: number): string {
  const part = cell.byChannel.find((each) => each.channel === channel)!
  const sum = channels.length > 1 || cell.bias !== null ? `: gives ${shortText(part.sum)}` : ''
  return `x, channel ${channel}${sum}`
}

export const outputTitle = ({ cell }: Scene): string => {
  const bias = cell.bias === null ? '' : `, bias ${shortText(cell.bias)}`
  return `y, channel ${cell.outputChannel}${bias}: ${cell.formula.y} = ${shortText(cell.y)}`
}

/** `' + 2'`, `' − 1'`. */
export const addedText = (value: number | null): string =>
  value === null ? '' : value < 0 ? ` − ${shortText(-value)}` : ` + ${shortText(value)}`

/** `−1 − 10 − 13 = −24`, the bias first. */
export function sumText({ bias, byChannel, y, formula }: CellExplanation): string {
  const parts = [...(bias === null ? [] : [bias]), ...byChannel.map(({ sum }) => sum)]
  if (parts.length < 2 || parts.length > 6) return `${formula.y} = ${shortText(y)}`
  const [first, ...rest] = parts
  return `${formula.y} = ${shortText(first!)}${rest.map(addedText).join('')} = ${shortText(y)}`
}

/** The last two axes of the kernel in the order in which it lies on the input, at the given taps of the others. */
export function kernelTile(
  { convolution, picture, axes, cell }: Scene,
  channel: number,
  outer: number[],
): Tile {
  const [rows, columns] = axes.slice(-2) as [GridAxis, GridAxis]
  const count = ({ axis }: GridAxis): number[] => Array.from({ length: axis.kernel }, (_, k) => k)
  const { transposed, groups, inChannels, outChannels } = convolution
  const isTurned = transposed && axes.some(({ axis }) => axis.kernel > 1)
  const row = transposed
    ? [channel, cell.outputChannel % (outChannels / groups)]
    : [cell.outputChannel, channel % (inChannels / groups)]
  return {
    title: `w[${row.join(', ')}]${isTurned ? ' turned round' : ''}`,
    cells: count(rows).map((row) =>
      count(columns).map((column) => plain(picture.weight(channel, [...outer, row, column]))),
    ),
  }
}
