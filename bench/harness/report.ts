/** The report of a bench: a table for each kind of job and number of threads, and what threads bring. */
import type { Match } from './match.ts'
import type { BenchOptions } from './options.ts'
import { scalingTable } from './scaling.ts'
import { tablesOf } from './standings.ts'
import { markdownTable, terminalTable } from './text.ts'

export function report(matches: readonly Match[], { threads, markdown }: BenchOptions): string {
  const write = markdown ? markdownTable : terminalTable
  const tables = tablesOf(matches, threads).map(write)
  const scaling = scalingTable(matches, markdown)
  return [...tables, ...(scaling === null ? [] : [scaling])].join('\n\n')
}
