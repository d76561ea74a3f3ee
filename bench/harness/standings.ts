/** Matches as tables: for each number of threads, every contestant beside the first. */
import { type Entry, type Match, tolerance } from './match.ts'
import { geometricMean } from './statistics.ts'

export interface Cell {
  readonly entry: Entry | undefined
  /** Times of this contestant over those of the first: above 1 the first is faster. */
  readonly ratio?: number
  readonly medianRatio?: number
  /** The results differ, and so the ratio says nothing. */
  readonly disagrees: boolean
}

export interface Column {
  readonly contestant: string
  /** The largest number of threads up to the table's that it has. */
  readonly threads: number
  /** Over the rows with a ratio; undefined without any. */
  readonly mean?: number
  readonly medianMean?: number
  readonly rated: number
  /** False for one that does this kind of job in no row. */
  readonly isTimed: boolean
}

export interface Table {
  readonly kind: Match['kind']
  readonly threads: number
  readonly columns: readonly Column[]
  readonly rows: readonly { readonly match: Match; readonly cells: readonly Cell[] }[]
}

/** Tables by kind of job and number of threads; `threadCounts` rising. */
export function tablesOf(matches: readonly Match[], threadCounts: readonly number[]): Table[] {
  const kinds = [...new Set(matches.map(({ kind }) => kind))]
  return kinds.flatMap((kind) => {
    const rows = matches.filter((match) => match.kind === kind)
    return threadCounts.map((threads) => tableOf(kind, rows, threads))
  })
}

function tableOf(kind: Match['kind'], matches: readonly Match[], threads: number): Table {
  const names = [...new Set(matches.flatMap(({ entries }) => entries.map((e) => e.contestant)))]
  const fields = names.map((contestant) => ({
    contestant,
    threads: Math.max(
      ...matches.flatMap(({ entries }) =>
        entries
          .filter((entry) => entry.contestant === contestant && entry.threads <= threads)
          .map((entry) => entry.threads),
      ),
    ),
  }))
  const rows = matches.map((match) => {
    const entries = fields.map((field) =>
      match.entries.find(
        (entry) => entry.contestant === field.contestant && entry.threads === field.threads,
      ),
    )
    return { match, cells: entries.map((entry, column) => cellOf(entry, entries[0], column)) }
  })
  const columns = fields.map((field, column) => {
    const isTimed = rows.some(({ cells }) => cells[column]?.entry?.minimum !== undefined)
    const rated = rows
      .map(({ cells }) => cells[column])
      .filter((cell) => cell?.ratio !== undefined && !cell.disagrees)
    if (column === 0 || rated.length === 0) return { ...field, isTimed, rated: 0 }
    return {
      ...field,
      mean: geometricMean(rated.map((cell) => cell!.ratio!)),
      medianMean: geometricMean(rated.map((cell) => cell!.medianRatio!)),
      rated: rated.length,
      isTimed,
    }
  })
  return { kind, threads, columns, rows }
}

/** The table without the contestants that do not do its kind of job. */
export function timed(table: Table): Table {
  const isKept = (_: unknown, column: number): boolean => table.columns[column]!.isTimed
  return {
    ...table,
    columns: table.columns.filter(isKept),
    rows: table.rows.map(({ match, cells }) => ({ match, cells: cells.filter(isKept) })),
  }
}

function cellOf(entry: Entry | undefined, first: Entry | undefined, column: number): Cell {
  const disagrees = entry?.deviation !== undefined && !(entry.deviation <= tolerance)
  const isRated = entry?.minimum !== undefined && first?.minimum !== undefined && column > 0
  if (!isRated) return { entry, disagrees }
  return {
    entry,
    disagrees,
    ratio: entry.minimum! / first.minimum!,
    medianRatio: entry.median! / first.median!,
  }
}
