/** Tables in letters: for the terminal, and in Markdown. */
import type { Entry } from './match.ts'
import { type Cell, type Column, type Table, timed } from './standings.ts'

const titles: Readonly<Record<Table['kind'], string>> = {
  forward: 'forward',
  training: 'forward and backward',
  lenet5: 'training step',
  network: 'whole network',
  resnet20: 'training step',
}

/** Three significant digits, without an exponent. */
export function short(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value.toPrecision(3).includes('e') ? value.toFixed(4) : value.toPrecision(3)
}

const threadsOf = (count: number): string => (count === 1 ? '1 thread' : `${count} threads`)

const titleOf = ({ kind, threads }: Table): string => `${titles[kind]}, ${threadsOf(threads)}`

const nameOf = ({ contestant, threads }: Column, table: Table): string =>
  threads === table.threads ? contestant : `${contestant} (${threadsOf(threads)})`

const ratioText = ({ ratio, disagrees }: Cell): string =>
  ratio === undefined ? '' : `${disagrees ? '≠' : ''}${ratio.toFixed(2)}`

/** Why cells are empty or marked, a sentence each. */
function footnotes({ rows }: Table): string[] {
  const sentences = rows.flatMap(({ match, cells }) =>
    cells.flatMap(({ entry, disagrees }) => {
      if (entry?.missing !== undefined) return [[`${entry.contestant} ${entry.missing}`, match.job]]
      if (!disagrees) return []
      const difference = entry?.deviation?.toExponential(1)
      return [[`≠ ${entry?.contestant} differs by ${difference}`, match.job]]
    }),
  ) as [string, string][]
  const jobs = new Map<string, string[]>()
  for (const [sentence, job] of sentences) jobs.set(sentence, [...(jobs.get(sentence) ?? []), job])
  return [...jobs].map(
    ([sentence, list]) =>
      `${sentence}: ${list.length === rows.length && rows.length > 1 ? 'every row' : list.join(', ')}`,
  )
}

const timeCells = (entry: Entry | undefined): string[] =>
  entry?.minimum === undefined
    ? ['–', '', '']
    : [short(entry.minimum), short(entry.median!), short(entry.gflops!)]

/** Columns for the terminal: numbers to the right. */
export function alignColumns(lines: readonly (readonly string[])[]): string[] {
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => [...(line[column] ?? '')].length)),
  )
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const space = ' '.repeat(widths[column]! - [...cell].length)
        return column === 0 ? cell + space : space + cell
      })
      .join('  ')
      .trimEnd(),
  )
}

export function terminalTable(table: Table): string {
  const { columns, rows } = timed(table)
  const units = columns.flatMap((_, i) => [
    'min ms',
    'median',
    'GFLOP/s',
    ...(i === 0 ? [] : ['ratio']),
  ])
  const body = rows.map(({ match, cells }) => [
    match.job,
    ...cells.flatMap((cell, i) => [
      ...timeCells(cell.entry),
      ...(i === 0 ? [] : [ratioText(cell)]),
    ]),
  ])
  const means = (label: string, of: (column: Column) => number | undefined): string[] => [
    label,
    ...columns.flatMap((column, i) => [
      '',
      '',
      '',
      ...(i === 0 ? [] : [of(column)?.toFixed(2) ?? '']),
    ]),
  ]
  const closing =
    rows.length > 1
      ? [
          means('geometric mean of minima', ({ mean }) => mean),
          means('geometric mean of medians', ({ medianMean }) => medianMean),
        ]
      : []
  const lines = alignColumns([['', ...units], ...body, ...closing])
  const heading = headingOver(
    lines[0]!,
    columns.map((column) => nameOf(column, table)),
  )
  return [titleOf(table), heading, ...lines, ...footnotes(table).map((each) => `  ${each}`)].join(
    '\n',
  )
}

/** Each name, ending where its group of columns does. */
function headingOver(units: string, names: readonly string[]): string {
  const groups = [...units.matchAll(/GFLOP\/s(?: +ratio)?/g)]
  return names.reduce((heading, name, i) => {
    const { index, 0: found } = groups[i]!
    return heading.padEnd(index + found.length - name.length) + name
  }, '')
}

/** The first line is the heading. */
export function markdownLines([heading, ...body]: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = heading!.map((_, column) => (column === 0 ? '---' : '---:'))
  return [heading!, rule, ...body].map(line)
}

export function markdownTable(table: Table): string {
  const { columns, rows } = timed(table)
  const heading = [
    titleOf(table),
    ...columns.flatMap((column, i) => [
      `${nameOf(column, table)}, ms (GFLOP/s)`,
      ...(i === 0 ? [] : ['ratio']),
    ]),
  ]
  const time = (entry: Entry | undefined): string =>
    entry?.minimum === undefined ? '–' : `${short(entry.minimum)} (${short(entry.gflops!)})`
  const body = rows.map(({ match, cells }) => [
    match.job,
    ...cells.flatMap((cell, i) => [time(cell.entry), ...(i === 0 ? [] : [ratioText(cell)])]),
  ])
  const means = columns.flatMap(({ mean }, i) => ['', ...(i === 0 ? [] : [mean?.toFixed(2) ?? ''])])
  const closing = rows.length > 1 ? [['geometric mean', ...means]] : []
  const notes = footnotes(table)
  return [
    ...markdownLines([heading, ...body, ...closing]),
    ...(notes.length > 0 ? ['', notes.join('; ')] : []),
  ].join('\n')
}
