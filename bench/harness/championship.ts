/** All matches of a bench, one after the other, and the report: on the screen and as a file. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Candidate, gather } from './entrant.ts'
import { type Job, nameOf } from './job.ts'
import { load, machine, machineLine } from './machine.ts'
import { type Entry, type Match, play, tolerance } from './match.ts'
import type { BenchOptions } from './options.ts'
import { resultsFolder } from './places.ts'
import { short } from './text.ts'

export interface Championship {
  /** As in the name of the results' file. */
  readonly name: string
  /** Node and V8, or the browser. */
  readonly runtime: string
  readonly candidates: readonly Candidate[]
  readonly jobs: readonly Job[]
  readonly options: BenchOptions
  readonly addressOf?: (folder: string) => string
  /** The tables, from the matches. */
  report(matches: readonly Match[]): string
}

/** Says on standard error what is going on; the report alone goes to standard output. */
const note = (line: string): boolean => process.stderr.write(`${line}\n`)

/** True when every contestant's results agree with Striate's and none of Striate's failed. */
export async function hold(championship: Championship): Promise<boolean> {
  const { name, runtime, candidates, jobs, options, report } = championship
  const started = new Date()
  const before = load()
  const { entrants, absent } = await gather(candidates, options.threads)
  const host = machine(runtime)
  const settings = { ...options, addressOf: championship.addressOf ?? ((folder) => folder) }
  const matches: Match[] = []
  for (const [index, job] of jobs.entries()) {
    const match = await play(job, entrants, settings)
    matches.push(match)
    note(`${index + 1}/${jobs.length} ${nameOf(job)} ${job.kind}: ${inOneLine(match)}`)
  }
  const after = load()
  const versions = entrants.map(
    (each) =>
      `${each.name} ${each.version} (${each.threads === 1 ? '1 thread' : `${each.threads} threads`})`,
  )
  const lines = [
    machineLine(host, before, after),
    `contestants: ${versions.join(', ')}`,
    ...absent.map((each) => `absent: ${each.name}, ${each.reason}`),
    ...(options.checkOnly ? [] : ['', report(matches)]),
    '',
    ...verdict(matches),
  ]
  console.log(lines.join('\n'))
  const file = save(name, started, {
    date: started.toISOString(),
    machine: { ...host, loadBefore: before, loadAfter: after },
    options,
    contestants: entrants.map(({ name: contestant, version, threads }) => ({
      contestant,
      version,
      threads,
    })),
    absent,
    matches,
  })
  note(`written to ${relative(process.cwd(), file)}`)
  return matches.every(isSound)
}

function save(name: string, started: Date, results: unknown): string {
  mkdirSync(resultsFolder, { recursive: true })
  const stamp = started.toISOString().slice(0, 19).replaceAll(':', '-')
  const file = join(resultsFolder, `${stamp}-${name}.json`)
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`)
  return file
}

/** What was measured or failed; who does not do the job is in the tables. */
const inOneLine = ({ entries }: Match): string =>
  entries
    .flatMap(({ contestant, threads, minimum, deviation, missing }) => {
      const who = threads === 1 ? contestant : `${contestant}×${threads}`
      if (minimum !== undefined) return [`${who} ${short(minimum)} ms`]
      if (missing?.startsWith('failed')) return [`${who} ${missing}`]
      return deviation === undefined ? [] : [`${who} deviates by ${deviation.toExponential(1)}`]
    })
    .join(', ')

/** A peer may lack a job; Striate may not. */
const isRight = ({ contestant, missing, deviation }: Entry): boolean =>
  (deviation === undefined || deviation <= tolerance) &&
  !(contestant.startsWith('striate') && missing !== undefined)

const isSound = ({ entries }: Match): boolean => entries.every(isRight)

function verdict(matches: readonly Match[]): string[] {
  const wrong = matches.filter((match) => !isSound(match))
  if (wrong.length === 0)
    return [`results agree within ${tolerance} of the largest value, all ${matches.length} jobs`]
  return wrong.map(({ job, kind, entries }) => {
    const said = entries
      .filter((entry) => !isRight(entry))
      .map(
        ({ contestant, deviation, missing }) =>
          `${contestant} ${missing ?? `differs by ${deviation?.toExponential(1)}`}`,
      )
    return `NOT SOUND ${job} ${kind}: ${said.join(', ')}`
  })
}
