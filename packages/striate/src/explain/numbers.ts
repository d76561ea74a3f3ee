/** Numbers, sentences and columns as text: true minus signs, a number of decimals, aligned columns. */

/** `-1.5` as `'−1.5'`: whole numbers in full, others to four decimals, large and small ones in powers of ten. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  const size = Math.abs(value)
  const text = !Number.isFinite(size)
    ? '∞'
    : Number.isInteger(size) && size < 1e9
      ? String(size)
      : size >= 1e-3 && size < 1e6
        ? size.toFixed(4).replace(/\.?0+$/, '')
        : size.toExponential(3)
  return value < 0 ? `−${text.replace('e-', 'e−')}` : text.replace('e-', 'e−')
}

/** Negative numbers in brackets, as the right factor of a product. */
export const factorText = (value: number): string =>
  value < 0 ? `(${numberText(value)})` : numberText(value)

/** Whole numbers in groups of three: `'18 432'`, with a no-break space. */
export const countText = (count: number): string =>
  String(count).replace(/\B(?=(\d{3})+$)/g, '\u00a0')

/** Rising whole numbers in words: `'1 to 3'`, `'0, 2 and 4'`, `'0, 2, … 30'`. */
export function cellsText(cells: readonly number[]): string {
  if (cells.length === 0) return 'none'
  const text = cells.map(numberText)
  if (cells.length === 1) return text[0]!
  const isRun = cells.every((cell, i) => cell === cells[0]! + i)
  if (cells.length > 2 && isRun) return `${text[0]} to ${text.at(-1)}`
  if (cells.length > 6) return `${text[0]}, ${text[1]}, … ${text.at(-1)}`
  return `${text.slice(0, -1).join(', ')} and ${text.at(-1)}`
}

/** `'1 channel'`, `'3 channels'`. */
export const plural = (count: number, noun: string): string =>
  `${countText(count)} ${noun}${count === 1 ? '' : 's'}`

/**
 * Text broken at spaces into lines of at most `width`; the first line begins with `start`, the others
 * with as many spaces, or `hang`.
 */
export function wrap(
  text: string,
  width: number,
  start = '',
  hang: string = ' '.repeat(start.length),
): string {
  const lines: string[] = []
  let line = start
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = hang + word
    } else {
      line += isEmpty ? word : ` ${word}`
      isEmpty = false
    }
  }
  return [...lines, line].join('\n')
}

/** Rows as columns, each as wide as its widest entry; aligned to the right unless listed in `left`. */
export function columns(
  rows: readonly (readonly string[])[],
  { gap = '  ', left = [] }: { readonly gap?: string; readonly left?: readonly number[] } = {},
): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, entry] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, entry.length)
  return rows.map((row) =>
    row
      .map((entry, i) => (left.includes(i) ? entry.padEnd(widths[i]!) : entry.padStart(widths[i]!)))
      .join(gap)
      .trimEnd(),
  )
}
