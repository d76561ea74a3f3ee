/** Numbers, times and plurals as a reader wants them. */
import { columnsOf } from './colour.ts'

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** 61706 as 61,706. */
export const count = (value: number): string => grouped.format(value)

/** 0.98765 as 98.77 %. */
export const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)} %`

/** Seconds as 7 s, 1:05 or 2:03:09. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  const two = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`
}

/** 1 epoch, 3 epochs. */
export const plural = (amount: number, word: string): string =>
  `${count(amount)} ${word}${amount === 1 ? '' : 's'}`

/** The text as lines of at most so many columns, broken at blanks. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
