/** Prints a ledger as a table. */
import type { Ratio } from '../../geometry/receptiveField.ts'
import { bytesText, type Column, countText, grouped, tableLines, times, wrap } from '../../text.ts'
import { convention, type Summary, type SummaryRow } from './summary.ts'

/** One number where all axes agree. */
const brief = (sizes: readonly (number | string)[]): string =>
  sizes.length > 0 && sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : times(sizes)

const ratio = (jump: Ratio | null): string =>
  jump === null
    ? '–'
    : jump.denominator === 1
      ? String(jump.numerator)
      : `${jump.numerator}/${jump.denominator}`

/** The window in short: what is as by default is left out. */
function windowText({ facts }: SummaryRow): string {
  const { kernelSize, stride = [1], padding = '0', dilation = [1], groups = 1 } = facts
  const parts = kernelSize ? [times(kernelSize)] : []
  if (brief(stride) !== '1') parts.push(`s${brief(stride)}`)
  if (padding !== '0')
    parts.push(`p${padding === 'same' || padding === 'causal' ? ` ${padding}` : padding}`)
  if (brief(dilation) !== '1') parts.push(`d${brief(dilation)}`)
  if (groups !== 1) parts.push(`g${groups}`)
  return parts.join(' ')
}

/** The last part of the name within the row above it that holds it. */
function label(row: SummaryRow): string {
  const own = row.name.slice(row.name.lastIndexOf('.') + 1)
  return `${'  '.repeat(row.depth)}${own === '' ? '' : `${own} `}${row.kind}`
}

/** From wide to narrow: all shapes; an input only where it is not what stands above; outputs alone. */
const spellings = ['full', 'short', 'outputs', 'narrow'] as const
type Spelling = (typeof spellings)[number]

/** Whether a row reads what the row above it gave, or what the layer around it was given. */
function reads(row: SummaryRow, above: SummaryRow | undefined): boolean {
  if (!above || !row.inputShape) return false
  const source = above.depth < row.depth ? above.inputShape : above.outputShape
  return source !== null && times(source) === times(row.inputShape)
}

function columnsOf(rows: readonly SummaryRow[], spelling: Spelling): Column[] {
  const left = (title: string, cell: (row: SummaryRow, i: number) => string): Column => ({
    title,
    align: 'left',
    cells: rows.map(cell),
  })
  const right = (title: string, cell: (row: SummaryRow) => string): Column => ({
    ...left(title, cell),
    align: 'right',
  })
  const orBlank = (value: number, text: string): string => (value === 0 ? '' : text)
  const shapes = (row: SummaryRow, i: number): string => {
    if (row.outputShape === null) return 'not used'
    const output = times(row.outputShape)
    if (!hasInputs) return output
    const isKnown = spelling === 'short' && reads(row, rows[i - 1])
    return isKnown ? `→ ${output}` : `${times(row.inputShape ?? [])} → ${output}`
  }
  const isNarrow = spelling === 'narrow'
  const hasInputs = spelling === 'full' || spelling === 'short'
  const all = [
    left('layer', label),
    left(hasInputs ? 'in → out' : 'out', shapes),
    left('window', windowText),
    right(isNarrow ? 'params' : 'parameters', (row) =>
      orBlank(row.parameters, grouped(row.parameters)),
    ),
    right('mult-adds', (row) => orBlank(row.multiplyAdds, countText(row.multiplyAdds))),
    right('useful', (row) => orBlank(row.multiplyAdds, countText(row.usefulMultiplyAdds))),
    right('memory', (row) => orBlank(row.activationBytes, bytesText(row.activationBytes))),
    right('field', ({ receptiveField }) => (receptiveField ? brief(receptiveField) : '')),
    right('jump', ({ jump }) => (jump ? brief(jump.map(ratio)) : '')),
  ]
  return all.filter(({ cells }) => cells.some((cell) => cell !== ''))
}

export function renderTable({ kind, rows, totals }: Summary, columns: number): string {
  const tables = spellings.map((spelling) =>
    tableLines(columnsOf(rows, spelling), spelling === 'narrow' ? ' ' : '  '),
  )
  const fits = (table: readonly string[]): boolean => table.every((line) => line.length <= columns)
  const [head, ...body] = tables.find(fits) ?? tables.at(-1)!
  const width = Math.max(head!.length, ...body.map((line) => line.length))
  const rule = '─'.repeat(width)
  const frozen = totals.parameters - totals.trainableParameters
  const field = totals.receptiveField
  const facts = [
    `parameters  ${grouped(totals.parameters)} (${bytesText(totals.parameterBytes)})` +
      (frozen > 0 ? `, ${grouped(frozen)} of them frozen` : '') +
      (totals.bufferValues > 0 ? `; buffers ${grouped(totals.bufferValues)}` : ''),
    `mult-adds   ${grouped(totals.multiplyAdds)}, useful ${grouped(totals.usefulMultiplyAdds)}; ` +
      `other operations ${grouped(totals.otherOperations)}`,
    `memory      ${bytesText(totals.activationBytes)} of layer outputs` +
      (field ? `; receptive field ${times(field)}` : ''),
  ]
  const legend =
    `${convention} Window: kernel, s stride, p padding, d dilation, g groups; what is 1, and no ` +
    'padding, is left out.'
  return [
    `${kind}  ${times(totals.inputShape)} → ${times(totals.outputShape)}`,
    ...wrap(legend, Math.max(width, 60)),
    rule,
    head,
    rule,
    ...body,
    rule,
    ...facts,
  ].join('\n')
}
