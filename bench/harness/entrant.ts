/** Who takes part: contestants with a number of threads, found by opening each of them once. */
import type { Player } from './player.ts'
import type { Places } from './protocol.ts'

export interface Candidate {
  readonly name: string
  readonly places: Places
  start(): Promise<Player>
}

export interface Entrant extends Candidate {
  readonly version: string
  /** What to ask for, and what is really used. */
  readonly threads: number
}

export interface Absent {
  readonly name: string
  readonly reason: string
}

export interface Field {
  readonly entrants: readonly Entrant[]
  readonly absent: readonly Absent[]
}

/** Opens every candidate with every number of threads; one that has fewer takes part once. */
export async function gather(
  candidates: readonly Candidate[],
  threadCounts: readonly number[],
): Promise<Field> {
  const entrants: Entrant[] = []
  const absent: Absent[] = []
  for (const candidate of candidates) {
    for (const wanted of threadCounts) {
      try {
        const { version, threads } = await tryOut(candidate, wanted)
        const isKnown = entrants.some(
          (each) => each.name === candidate.name && each.threads === threads,
        )
        if (!isKnown) entrants.push({ ...candidate, version, threads })
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        const isMissing = /Cannot find (package|module)|ENOENT|No module named/.test(reason)
        absent.push({ name: candidate.name, reason: isMissing ? 'not installed' : reason })
        break
      }
    }
  }
  return { entrants, absent }
}

async function tryOut(
  candidate: Candidate,
  threads: number,
): Promise<{ readonly version: string; readonly threads: number }> {
  const player = await candidate.start()
  try {
    return await player.ask(openRequest(candidate, threads))
  } finally {
    await player.close()
  }
}

export const openRequest = (
  { name, places }: Candidate,
  threads: number,
): { op: 'open'; contestant: string; threads: number; places: Places } => ({
  op: 'open',
  // A second build of Striate carries a label: striate:label.
  contestant: name.split(':')[0]!,
  threads,
  places,
})
