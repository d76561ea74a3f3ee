/** Numbers, sizes and tables as text. */

/** Sizes of a shape, `64×56×56`; `1` for no axes. */
export const times = (sizes: readonly (number | string)[]): string =>
  sizes.length === 0 ? '1' : sizes.join('×')

/** Whole numbers by thousands. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',')

/** Exact below a million, then three digits and a unit. */
export function countText(value: number): string {
  if (value < 1e6) return grouped(value)
  const [unit, size] = value < 1e9 ? ['M', 1e6] : value < 1e12 ? ['G', 1e9] : ['T', 1e12]
  return `${threeDigits(value / (size as number))} ${unit}`
}

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const [unit, size] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  return `${threeDigits(bytes / (size as number))} ${unit}`
}

export const threeDigits = (value: number): string =>
  value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)

/** Breaks a text at blanks, but not between a number and its unit. */
export function wrap(text: string, columns: number): string[] {
  const out: string[] = []
  for (const word of text.split(/(?<!\d) /)) {
    const last = out.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns)
      out[out.length - 1] = `${last} ${word}`
    else out.push(word)
  }
  return out
}

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
  readonly cells: readonly string[]
  /** Where cells that are too long lose characters; at the end unless told. */
  readonly cut?: 'end' | 'middle'
}

export const widthOf = ({ title, cells }: Column): number =>
  Math.max(title.length, ...cells.map((cell) => cell.length))

/** The title line and a line for each row. */
export function tableLines(columns: readonly Column[], gap = '  '): string[] {
  const widths = columns.map(widthOf)
  const line = (text: (column: Column) => string): string =>
    columns
      .map((column, i) =>
        column.align === 'left'
          ? text(column).padEnd(widths[i]!)
          : text(column).padStart(widths[i]!),
      )
      .join(gap)
      .trimEnd()
  const rows = columns[0]?.cells ?? []
  return [line(({ title }) => title), ...rows.map((_, i) => line(({ cells }) => cells[i]!))]
}

/** A column of words may lose so many of its columns that this many are left. */
const fewestLeft = 6

function cutTo(text: string, columns: number, cut: 'end' | 'middle'): string {
  if (text.length <= columns) return text
  const tail = cut === 'end' ? 0 : Math.ceil((2 * (columns - 1)) / 3)
  return `${text.slice(0, columns - 1 - tail)}…${text.slice(text.length - tail)}`
}

/** Shortens the cells of the widest columns of words until a line has `columns` columns. */
export function fitted(table: readonly Column[], columns: number, gap = '  '): Column[] {
  const widths = table.map(widthOf)
  const least = table.map(({ align, title }, i) =>
    align === 'left' ? Math.min(widths[i]!, Math.max(fewestLeft, title.length)) : widths[i]!,
  )
  let excess = widths.reduce((sum, width) => sum + width, gap.length * (table.length - 1)) - columns
  while (excess > 0) {
    const room = widths.map((width, i) => (width > least[i]! ? width : 0))
    const widest = room.indexOf(Math.max(...room))
    if (room[widest] === 0) break
    widths[widest]!--
    excess--
  }
  return table.map((column, i) => ({
    ...column,
    cells: column.cells.map((cell) => cutTo(cell, widths[i]!, column.cut ?? 'end')),
  }))
}
