/** Text of nested calls and lists that is broken over lines where it is too long for one. */

/** Words as they stand, or a bracket around parts. */
export type Text = string | Bracket

export interface Bracket {
  readonly open: string
  readonly parts: readonly Text[]
  readonly close: string
}

export const bracket = (open: string, parts: readonly Text[], close: string): Bracket => ({
  open,
  parts,
  close,
})

/** `head(part, part)`. */
export const call = (head: string, ...parts: readonly Text[]): Bracket =>
  bracket(`${head}(`, parts, ')')

/** Words before a text: `key: …`. */
export const after = (words: string, text: Text): Text =>
  typeof text === 'string' ? words + text : { ...text, open: words + text.open }

/** Words behind a text. */
export const before = (text: Text, words: string): Text =>
  typeof text === 'string' ? text + words : { ...text, close: text.close + words }

/** On one line. */
export function flat(text: Text): string {
  if (typeof text === 'string') return text
  const inside = text.parts.map(flat).join(', ')
  return text.open.endsWith(' ') && inside === ''
    ? `${text.open.trimEnd()}${text.close.trimStart()}`
    : `${text.open}${inside}${text.close}`
}

export interface Lines {
  readonly indent: string
  readonly width: number
}

/** The text, behind `column` characters of an outer indent; a part a line where it is too long. */
export function broken(text: Text, { indent, width }: Lines, column = 0, tail = 0): string {
  const line = flat(text)
  if (typeof text === 'string' || column + line.length + tail <= width) return line
  const [only, ...others] = text.parts
  // A bracket that holds nothing but a bracket needs no lines of its own.
  if (typeof only === 'object' && others.length === 0) {
    const around = text.open.length + text.close.length
    const inside = broken(only, { indent, width }, column, tail + around)
    return `${text.open}${inside}${text.close}`
  }
  const inner = column + indent.length
  const blank = ' '.repeat(inner)
  const parts = text.parts.map((part) => `${blank}${broken(part, { indent, width }, inner, 1)},\n`)
  return `${text.open.trimEnd()}\n${parts.join('')}${' '.repeat(column)}${text.close.trimStart()}`
}

/** The shortest decimal that is the number: as float32 where it is one. */
export function decimal(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value) || Math.fround(value) !== value)
    return String(value)
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(value)
}

/** A name for a class: `DenseLayer`. */
export const className = (words: string): string => {
  const joined = words
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('')
  return /^[A-Za-z]/.test(joined) ? joined : `Network${joined}`
}

export const isIdentifier = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
