/** The arithmetic of one output cell as text: sentence, formula, numbers, table, sums. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import type { CellExplanation, ExplainedTap } from './cell.ts'
import { axisNames, type FormulaRange } from './formula.ts'
import { cellsText, columns, factorText, numberText, plural, wrap } from './numbers.ts'

export interface TextOptions {
  /** Characters a line may have. 80 by default. */
  readonly width?: number
  /** Rows of the table; all by default. */
  readonly limit?: number
}

/** With more terms than this the sum is not written out: the table has them. */
const mostTerms = 48

export function checkTextOptions(op: string, options: TextOptions, known: readonly string[]): void {
  rejectUnknown(op, options, known)
  const { width = 80, limit = 1 } = options
  if (!Number.isSafeInteger(width) || width < 40) {
    fail({
      op,
      argument: 'width',
      got: describe(width),
      needs: 'must be a whole number of at least 40',
    })
  }
  if (!Number.isSafeInteger(limit) || limit < 1) {
    fail({
      op,
      argument: 'limit',
      got: describe(limit),
      needs: 'must be a whole number of at least 1',
    })
  }
}

/**
 * The arithmetic of one output cell, from a sentence to every product. Lines are at most
 * `options.width` characters long; padding and holes are named in words.
 *
 * @throws StriateError for unknown options, a width below 40 or a limit below 1.
 * @example
 * ```ts
 * import { cellText, explainCell } from 'striate'
 * const spec = { input: [1, 4], kernelSize: 3, padding: 1, x: [1, 2, 3, 4], weight: [2, 2, 2] }
 * const text = cellText(explainCell({ ...spec, bias: [1] }, 0, [0]))
 * text.includes('y[0, 0] = 1 + 1·2 + 2·2') // => true
 * text.includes('0 (padding)') // => true
 * ```
 */
export function cellText(cell: CellExplanation, options: TextOptions = {}): string {
  checkTextOptions('cellText', options, ['width', 'limit'])
  const { width = 80, limit = Number.POSITIVE_INFINITY } = options
  const parts = [
    wrap(sentence(cell), width),
    indexFormula(cell, width),
    numberFormula(cell, width),
    table(cell, limit),
    channelSums(cell),
    roundingNote(cell),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

/** What the cell is, in words. */
export function sentence(cell: CellExplanation): string {
  const { convolution, outputChannel, position, taps, bias } = cell
  const { rank, groups, inChannels, plan, name } = convolution
  const names = axisNames(rank)
  const isNamed = rank <= 3
  const at = isNamed
    ? position.map((index, a) => `${names[a]} ${index}`).join(', ')
    : `[${position.join(', ')}]`
  const channels = cell.byChannel.map(({ channel }) => channel)
  const noun = channels.length === 1 ? 'channel' : 'channels'
  const group =
    groups === 1
      ? ''
      : ` (group ${channels[0]! / (inChannels / groups)} of groups 0 to ${groups - 1})`
  const inside = taps.filter((tap) => tap.kind === 'in')
  const reads = plan.axes.map((_, a) => {
    const cells = [...new Set(inside.map((tap) => tap.inputIndex[a]!))].sort((i, j) => i - j)
    const many = cells.length === 1 ? names[a] : `${names[a]}s`
    return isNamed ? `${many} ${cellsText(cells)}` : cellsText(cells)
  })
  const window = isNamed ? reads.join(', ') : `[${reads.join('; ')}]`
  const missed = [
    [count(taps, 'pad'), `on padding (${paddingWords(cell)})`],
    [count(taps, 'hole'), 'between input cells, where there is nothing'],
  ] as const
  const elsewhere = missed.filter(([n]) => n > 0).map(([n, where]) => `, ${n} ${where}`)
  const n = taps.length
  const all =
    n === 1
      ? 'Its one tap is on an input cell'
      : n === 2
        ? 'Both of its taps are on input cells'
        : `All of its ${plural(n, 'tap')} are on input cells`
  const some = `Of its ${plural(n, 'tap')} ${inside.length} ${inside.length === 1 ? 'is' : 'are'} on input cells`
  const onCells = inside.length === n ? all : some
  return [
    `${cell.formula.y} of ${name} is output channel ${outputChannel} at ${at}.`,
    inside.length === 0
      ? `Its window meets no cell of input ${noun} ${cellsText(channels)}${group}.`
      : `Its window reads ${window} of input ${noun} ${cellsText(channels)}${group}.`,
    `${onCells}${elsewhere.join('')}.`,
    bias === null ? 'There is no bias.' : `The bias is ${numberText(bias)}.`,
  ].join(' ')
}

const count = (taps: readonly ExplainedTap[], kind: ExplainedTap['kind']): number =>
  taps.filter((tap) => tap.kind === kind).length

const paddingWords = ({ convolution }: CellExplanation): string =>
  convolution.plan.paddingMode === 'zeros'
    ? 'zeros'
    : `${convolution.plan.paddingMode}: input cells again`

/** `y[…] = b[…] + Σ_c Σ_k x[…] · w[…]`, with what the letters run over. */
export function indexFormula({ formula }: CellExplanation, width = 80): string {
  const { y, bias, x, w, ranges, condition } = formula
  const runs = ranges.filter(({ from, to }) => to > from || from > 0)
  const sums = ranges.map(({ name }) => `Σ_${name}`).join(' ')
  const start = `${y} = `
  const indent = ' '.repeat(start.length)
  const head = `${start}${bias === null ? '' : `${bias} + `}${sums}`
  const line = `${head} ${x} · ${w}`
  const body =
    line.length <= width
      ? line
      : [head, wrapTerms(x, width, indent), wrapTerms(`· ${w}`, width, indent)].join('\n')
  const letters = (runs.length > 0 ? runs : ranges).map(rangeText).join(', ')
  const note = condition === null ? `for ${letters}` : `for ${letters}, ${condition}`
  return `${body}\n${wrap(note, width, indent)}`
}

/** Broken between the indices of a place, not inside one. */
const wrapTerms = (text: string, width: number, indent: string): string =>
  wrap(text.replace(/(?<!,) /g, '\u00a0'), width, indent, `${indent}  `).replaceAll('\u00a0', ' ')

const rangeText = ({ name, from, to }: FormulaRange): string =>
  from === to ? `${name} = ${from}` : `${name} = ${from} … ${to}`

/** The same with the numbers in place, one line a channel; zeros of padding and holes left out. */
export function numberFormula(cell: CellExplanation, width = 80): string {
  const { formula, bias, taps, byChannel, y } = cell
  const terms = taps.filter((tap) => tap.source !== null)
  const start = `${formula.y} = `
  const indent = ' '.repeat(start.length - 2)
  const result = ` = ${numberText(y)}`
  const head = bias === null ? [] : [numberText(bias)]
  if (terms.length > mostTerms) {
    const listed = `${plural(terms.length, 'product')} (listed below)`
    return wrap(`${[...head, listed].join(' + ')}${result}`, width, start)
  }
  const sums = byChannel
    .map(({ channel }) =>
      terms
        .filter((tap) => tap.channel === channel)
        .map(({ x, w }) => `${numberText(x)}·${factorText(w)}`)
        .join(' + '),
    )
    .filter((sum) => sum !== '')
  const parts = [...head, ...sums]
  if (parts.length === 0) return `${start}0`
  const whole = `${start}${parts.join(' + ')}${result}`
  if (whole.length <= width) return whole
  // One line, or several, for each channel.
  const [first, ...rest] = parts
  return [
    wrap(first!, width, start),
    ...rest.map((part) => wrap(part, width, `${indent}+ `)),
    `${indent}=${result.slice(2)}`,
  ].join('\n')
}

/** Every tap: channel, kernel index, input index, both factors, product, and the sum so far. */
export function table(cell: CellExplanation, limit: number = Number.POSITIVE_INFINITY): string {
  const { taps, bias } = cell
  const shown = taps.slice(0, limit)
  const values = valueColumn(shown)
  let sum = bias ?? 0
  const rows = [['channel', 'kernel', 'input', 'x', 'w', 'product', 'sum']]
  if (bias !== null) rows.push(['', '', '', '', '', 'bias', numberText(bias)])
  for (const [i, tap] of shown.entries()) {
    sum += tap.product
    rows.push([
      String(tap.channel),
      tap.kernelIndex.join(', '),
      placeText(tap),
      values[i]!,
      numberText(tap.w),
      tap.kind === 'hole' ? '' : numberText(tap.product),
      numberText(sum),
    ])
  }
  const [title, ...lines] = columns(rows)
  const rule = '─'.repeat(Math.max(...[title!, ...lines].map((line) => line.length)))
  const more = taps.length > limit ? [`… ${plural(taps.length - limit, 'row')} more`] : []
  return [title, rule, ...lines, ...more].join('\n')
}

/** Where a tap reads: its place, and for padding that repeats a cell, which. */
function placeText({ kind, inputIndex, source }: ExplainedTap): string {
  if (kind === 'hole') return '—'
  const place = inputIndex.map(numberText).join(', ')
  return kind === 'pad' && source ? `${place} → ${source.join(', ')}` : place
}

/** Values one under the other, with `(padding)` behind those that are not of an input cell. */
function valueColumn(taps: readonly ExplainedTap[]): string[] {
  const note = ' (padding)'
  const behind = taps.some((tap) => tap.kind === 'pad') ? note.length : 0
  return taps.map(({ kind, x }) => {
    if (kind === 'hole') return 'no input'
    return `${numberText(x)}${kind === 'pad' ? note : ' '.repeat(behind)}`
  })
}

/** Each channel's part, added up to the result; nothing to say of one channel. */
export function channelSums({ bias, byChannel, formula, y }: CellExplanation): string {
  if (byChannel.length === 1) return ''
  const rows = byChannel.map(({ channel, sum }) => [`channel ${channel}`, numberText(sum)])
  if (bias !== null) rows.unshift(['bias', numberText(bias)])
  const lines = columns([...rows, [formula.y, numberText(y)]], { gap: '   ', left: [0] })
  const rule = '─'.repeat(Math.max(...lines.map((line) => line.length)))
  return lines.toSpliced(-1, 0, rule).join('\n')
}

/** Said where printed numbers are rounded. */
function roundingNote({ taps, bias }: CellExplanation): string {
  const isWhole = [bias ?? 0, ...taps.flatMap(({ x, w }) => [x, w])].every(Number.isInteger)
  return isWhole ? '' : 'Numbers are printed to four decimals and summed as they are.'
}
