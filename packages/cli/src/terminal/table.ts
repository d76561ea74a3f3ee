/** Columns of text, aligned: words to the left, numbers to the right. */
import { columnsOf } from './colour.ts'

export interface Column {
  readonly heading?: string
  readonly align?: 'left' | 'right'
}

const gap = '  '

/** The rows as lines, each column as wide as its widest cell; headings in the paint that is given. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paintHeading: (text: string) => string = (text) => text,
): string[] {
  const headings = columns.map(({ heading = '' }) => heading)
  const hasHeadings = headings.some((heading) => heading !== '')
  const all = hasHeadings ? [headings, ...rows] : rows
  const widths = columns.map((_, index) =>
    Math.max(0, ...all.map((row) => columnsOf(row[index] ?? ''))),
  )
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align = 'left' }, index) => {
        const cell = row[index] ?? ''
        const blank = ' '.repeat(widths[index]! - columnsOf(cell))
        return align === 'left' ? cell + blank : blank + cell
      })
      .join(gap)
      .trimEnd()
  const lines = rows.map(line)
  return hasHeadings ? [paintHeading(line(headings)), ...lines] : lines
}
