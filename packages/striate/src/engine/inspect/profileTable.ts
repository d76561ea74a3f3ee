/** Prints a profile: what was measured in one sentence, then a table of steps or of layers. */
import { bytesText, type Column, countText, fitted, tableLines, times, wrap } from '../../text.ts'
import { machineText } from './explanation.ts'
import type { Profile, ProfiledLayer, ProfiledStep, Speeds } from './profileReport.ts'
import { keptLines, kernelText, layerText, operatorText } from './wording.ts'

function columnsOf<Row>(rows: readonly Row[]) {
  return (
    title: string,
    align: 'left' | 'right',
    cell: (row: Row) => string,
    cut: 'end' | 'middle' = 'end',
  ): Column => ({ title, align, cells: rows.map(cell), cut })
}

const speedColumns = <Row extends Speeds & { readonly share: number }>(
  rows: readonly Row[],
): Column[] => {
  const column = columnsOf(rows)
  return [
    column('ms', 'right', ({ milliseconds }) => milliseconds.toFixed(3)),
    column('share', 'right', ({ share }) => `${(100 * share).toFixed(1)} %`),
    column('GFLOP/s', 'right', ({ gigaflops }) => gigaflops.toFixed(1)),
    column('GB/s', 'right', (row) => row.gigabytesPerSecond.toFixed(1)),
  ]
}

export function stepColumns(steps: readonly ProfiledStep[]): Column[] {
  const column = columnsOf(steps)
  return [
    column('layer', 'left', layerText, 'middle'),
    column('operator', 'left', operatorText),
    column('algorithm', 'left', ({ algorithm }) => algorithm ?? ''),
    column('kernel', 'left', kernelText),
    column('output', 'left', ({ outputShape }) => times(outputShape)),
    ...speedColumns(steps),
  ]
}

export function layerColumns(layers: readonly ProfiledLayer[]): Column[] {
  const column = columnsOf(layers)
  return [
    column('layer', 'left', (row) => layerText(row) || 'elsewhere', 'middle'),
    column('algorithm', 'left', ({ algorithm }) => algorithm ?? ''),
    column('kernel', 'left', kernelText),
    column('mult-adds', 'right', (row) => (row.multiplyAdds ? countText(row.multiplyAdds) : '')),
    column('bytes', 'right', ({ bytes }) => bytesText(bytes)),
    ...speedColumns(layers),
  ]
}

export function profileText(profile: Profile, table: readonly Column[], columns: number): string {
  const { milliseconds, copyMilliseconds, gigaflops, multiplyAdds, bytes } = profile.totals
  const facts =
    `${milliseconds.toFixed(3)} ms on ${machineText(profile)} (median of ${profile.runs}): ` +
    `${countText(multiplyAdds)} multiply-adds, ${gigaflops.toFixed(1)} GFLOP/s, ` +
    `${bytesText(bytes)} read and written; copies in and out ${copyMilliseconds.toFixed(3)} ms`
  const used = table.filter(({ cells }) => cells.some((cell) => cell !== ''))
  const [title, ...body] = tableLines(fitted(used, columns))
  const notes = table.some((column) => column.title === 'operator') ? keptLines(profile.steps) : []
  const rule = '─'.repeat(Math.max(title!.length, ...body.map((line) => line.length)))
  return [...wrap(facts, columns), rule, title!, rule, ...body, rule, ...notes].join('\n')
}
