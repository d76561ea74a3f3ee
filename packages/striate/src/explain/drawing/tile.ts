/** Grids of numbers as text: framed where there is room, in brackets where there is less. */

export interface TileCell {
  /** The number; empty for nothing. */
  readonly text: string
  /** A cell that exists, padding beside it, a hole between cells, or nothing at all. */
  readonly role: 'cell' | 'padding' | 'hole' | 'none'
  /** Whether it is singled out: read by the output cell, or the output cell itself. */
  readonly isMarked: boolean
}

export interface Tile {
  readonly title: string
  readonly cells: readonly (readonly TileCell[])[]
  /** Numbers of the columns, written above them. */
  readonly columnNames?: readonly string[]
  /** Numbers of the rows, written before them. */
  readonly rowNames?: readonly string[]
  /** Digits that a cell has room for at least, so that tiles can be laid under each other. */
  readonly digits?: number
  /** Whether cells leave room for the brackets of padding, though there may be none. */
  readonly hasPadding?: boolean
}

export type TileStyle = 'frames' | 'brackets'

export const nothing: TileCell = { text: '', role: 'none', isMarked: false }

/** Lines of a block of text, all of one length. */
export type Block = readonly string[]

export function renderTile(tile: Tile, style: TileStyle): Block {
  const { cells, columnNames, rowNames, title } = tile
  const flat = cells.flat()
  const hasPadding = tile.hasPadding ?? flat.some(({ role }) => role === 'padding')
  const names = columnNames ?? []
  const digits = Math.max(tile.digits ?? 1, ...flat.map(({ text }) => text.length))
  const inner = Math.max(digits, ...names.map((name) => name.length - 2))
  const body = style === 'frames' ? framed(cells, inner) : bracketed(cells, inner, hasPadding)
  const left = Math.max(0, ...(rowNames ?? []).map((name) => name.length))
  const shift = left > 0 ? left + 1 : 0
  const lines = body.map((line, i) => {
    // Framed rows have a border line above each.
    const row = style === 'brackets' ? i : i % 2 === 1 ? (i - 1) / 2 : -1
    return (rowNames?.[row] ?? '').padStart(left).padEnd(shift) + line
  })
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop()
  if (lines[0]?.trim() === '') lines.shift()
  if (names.length > 0) {
    const isFramed = style === 'frames'
    const width = cellWidth({ digits: inner, hasPadding }, style)
    const head = names.map((name) => centred(name, isFramed ? width - 1 : width))
    lines.unshift(' '.repeat(shift) + (isFramed ? ' ' : '') + head.join(isFramed ? ' ' : ''))
  }
  return evened(title === '' ? lines : [title, ...lines])
}

/** Characters from the beginning of a cell to that of the next. */
export const cellWidth = (
  { digits, hasPadding }: { readonly digits: number; readonly hasPadding: boolean },
  style: TileStyle,
): number => digits + (style === 'frames' ? 3 : hasPadding ? 4 : 2)

const centred = (text: string, width: number): string => {
  const before = Math.ceil((width - text.length) / 2)
  return text.padStart(text.length + Math.max(0, before)).padEnd(width)
}

/** Lines filled up to one length. */
export function evened(lines: readonly string[]): Block {
  const width = Math.max(0, ...lines.map((line) => line.length))
  return lines.map((line) => line.padEnd(width))
}

/** Brackets and number of a cell: `' 3 '`, `'(0)'`, `' · '`. */
function content({ text, role }: TileCell, width: number): string {
  if (role === 'none') return centred(text, width + 2)
  if (role === 'padding') return `(${text})`.padStart(width + 2)
  return ` ${(role === 'hole' ? '·' : text).padStart(width)} `
}

function bracketed(
  cells: readonly (readonly TileCell[])[],
  width: number,
  hasPadding: boolean,
): string[] {
  return cells.map((row) =>
    row
      .map((cell) => {
        const inside = content(cell, width)
        const text = hasPadding ? inside : inside.slice(1, -1)
        return cell.isMarked ? `[${text}]` : ` ${text} `
      })
      .join(''),
  )
}

/** 0 for no line, 1 for a light, 2 for a heavy one. */
type Line = 0 | 1 | 2

function between(a: TileCell, b: TileCell): Line {
  if (a.isMarked !== b.isMarked) return 2
  return a.isMarked || a.role === 'cell' || b.role === 'cell' ? 1 : 0
}

function framed(cells: readonly (readonly TileCell[])[], width: number): string[] {
  const rows = cells.length
  const columns = cells[0]?.length ?? 0
  const at = (r: number, c: number): TileCell => cells[r]?.[c] ?? nothing
  /** The line above cell (r, c), and the line before it. */
  const above = (r: number, c: number): Line => between(at(r - 1, c), at(r, c))
  const before = (r: number, c: number): Line => between(at(r, c - 1), at(r, c))
  const lines: string[] = []
  for (let r = 0; r <= rows; r++) {
    let border = ''
    let row = ''
    for (let c = 0; c <= columns; c++) {
      const corner = [before(r - 1, c), above(r, c), before(r, c), above(r, c - 1)].join('')
      border += corners.get(corner) ?? ' '
      if (c < columns) border += horizontal[above(r, c)].repeat(width + 2)
      row += vertical[before(r, c)]
      if (c < columns) row += content(at(r, c), width)
    }
    lines.push(border)
    if (r < rows) lines.push(row)
  }
  return lines
}

const horizontal = [' ', '─', '━'] as const
const vertical = [' ', '│', '┃'] as const

/** Box-drawing characters by the lines that meet: up, right, down, left. */
const corners: ReadonlyMap<string, string> = new Map(
  `0101─ 0202━ 0201╼ 0102╾ 1010│ 2020┃ 1020╽ 2010╿ 0110┌ 0210┍ 0120┎ 0220┏ 0011┐ 0012┑ 0021┒ 0022┓
  1100└ 1200┕ 2100┖ 2200┗ 1001┘ 1002┙ 2001┚ 2002┛ 1110├ 1210┝ 2110┞ 1120┟ 2120┠ 2210┡ 1220┢ 2220┣
  1011┤ 1012┥ 2011┦ 1021┧ 2021┨ 2012┩ 1022┪ 2022┫ 0111┬ 0112┭ 0211┮ 0212┯ 0121┰ 0122┱ 0221┲ 0222┳
  1101┴ 1102┵ 1201┶ 1202┷ 2101┸ 2102┹ 2201┺ 2202┻ 1111┼ 1112┽ 1211┾ 1212┿ 2111╀ 1121╁ 2121╂ 2112╃
  2211╄ 1122╅ 1221╆ 2212╇ 1222╈ 2122╉ 2221╊ 2222╋ 0001╴ 1000╵ 0100╶ 0010╷ 0002╸ 2000╹ 0200╺ 0020╻`
    .split(/\s+/)
    .map((entry) => [entry.slice(0, 4), entry.slice(4)]),
)

/** Blocks side by side, centred on one line, with `gaps[i]` after block i. */
export function beside(blocks: readonly Block[], gaps: readonly string[]): Block {
  const height = Math.max(0, ...blocks.map((block) => block.length))
  const columns: Block[] = []
  for (const [i, block] of blocks.entries()) {
    columns.push(middle(block, height))
    const gap = gaps[i]
    if (gap !== undefined && i < blocks.length - 1) columns.push(middle([gap], height))
  }
  return Array.from({ length: height }, (_, line) => columns.map((block) => block[line]!).join(''))
}

/** Blocks side by side with their first lines level. */
export function aligned(blocks: readonly Block[], gap: string): Block {
  const height = Math.max(0, ...blocks.map((block) => block.length))
  return Array.from({ length: height }, (_, line) =>
    blocks.map((block) => block[line] ?? ' '.repeat(block[0]?.length ?? 0)).join(gap),
  )
}

function middle(block: Block, height: number): Block {
  const blank = ' '.repeat(block[0]?.length ?? 0)
  const top = Math.floor((height - block.length) / 2)
  return Array.from({ length: height }, (_, line) => block[line - top] ?? blank)
}
