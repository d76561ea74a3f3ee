/** What threads bring: the time with one over the time with more, for every contestant that has more. */
import type { Entry, Match } from './match.ts'
import { alignColumns, markdownLines, short } from './text.ts'

interface Player {
  readonly contestant: string
  readonly threads: number
}

/** Contestants measured with more than one thread, in the order of the entries. */
function players(matches: readonly Match[]): Player[] {
  const found = new Map<string, Player>()
  for (const { entries } of matches)
    for (const { contestant, threads, minimum } of entries)
      if (threads > 1 && minimum !== undefined)
        found.set(`${contestant}×${threads}`, { contestant, threads })
  return [...found.values()]
}

const timeOf = (entries: readonly Entry[], contestant: string, threads: number) =>
  entries.find((entry) => entry.contestant === contestant && entry.threads === threads)?.minimum

/** A table, or nothing where nobody had more than one thread. */
export function scalingTable(matches: readonly Match[], markdown: boolean): string | null {
  const columns = players(matches)
  if (columns.length === 0) return null
  const heading = [
    'times as fast as with one thread',
    'million madds',
    ...columns.map(({ contestant, threads }) => `${contestant}×${threads}`),
  ]
  const rows = matches.map(({ job, kind, multiplyAdds, entries }) => [
    kind === 'training' ? `${job}, training` : job,
    short(multiplyAdds / 1e6),
    ...columns.map(({ contestant, threads }) => {
      const [one, more] = [timeOf(entries, contestant, 1), timeOf(entries, contestant, threads)]
      return one === undefined || more === undefined ? '–' : (one / more).toFixed(2)
    }),
  ])
  return (markdown ? markdownLines : alignColumns)([heading, ...rows]).join('\n')
}
