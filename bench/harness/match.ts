/** A match: one job, all entrants, in rounds that each begin with the next of them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { writeInputs } from './data.ts'
import { type Entrant, openRequest } from './entrant.ts'
import { type Job, nameOf, workOf } from './job.ts'
import type { Player } from './player.ts'
import type { Turn } from './protocol.ts'
import { median, minimum, relativeDifference } from './statistics.ts'

export interface MatchSettings {
  readonly rounds: number
  /** Milliseconds that each entrant runs before the rounds, and in a turn. */
  readonly warmUp: number
  readonly turn: number
  /** Only compare what comes out. */
  readonly checkOnly: boolean
  /** Under what the players find a folder of this machine. */
  readonly addressOf: (folder: string) => string
}

export interface Entry {
  readonly contestant: string
  readonly threads: number
  /** Why there are no times. */
  readonly missing?: string
  /** Largest difference from the first entrant's results, over the largest of those. */
  readonly deviation?: number
  readonly samples: readonly number[]
  /** Milliseconds a call. */
  readonly minimum?: number
  readonly median?: number
  /** Thousand millions of nominal operations (two a multiply-add) a second, from the minimum. */
  readonly gflops?: number
}

export interface Match {
  readonly job: string
  readonly kind: Job['kind']
  readonly multiplyAdds: number
  readonly entries: readonly Entry[]
}

/** Results that differ by more do not come from the same sum. */
export const tolerance = 1e-3

interface Seat {
  readonly entrant: Entrant
  readonly player: Player
  readonly samples: number[]
  missing?: string
  deviation?: number
  pace?: number
}

export async function play(
  job: Job,
  entrants: readonly Entrant[],
  settings: MatchSettings,
): Promise<Match> {
  const folder = await mkdtemp(join(tmpdir(), 'striate-bench-'))
  const seats: Seat[] = []
  try {
    await writeInputs(job, folder)
    for (const entrant of entrants)
      seats.push({ entrant, player: await entrant.start(), samples: [] })
    await Promise.all(seats.map((seat) => prepare(seat, job, settings.addressOf(folder))))
    await compare(seats, folder, settings)
    if (!settings.checkOnly) await race(seats, settings)
    return {
      job: nameOf(job),
      kind: job.kind,
      multiplyAdds: workOf(job),
      entries: seats.map((seat) => entryOf(seat, workOf(job))),
    }
  } finally {
    await Promise.all(seats.map(({ player }) => player.close()))
    await rm(folder, { recursive: true, force: true })
  }
}

const playing = (seats: readonly Seat[]): Seat[] =>
  seats.filter(({ missing }) => missing === undefined)

/** Does something with a seat; one that fails takes no further part. */
async function attempt(seat: Seat, act: () => Promise<void>): Promise<void> {
  if (seat.missing !== undefined) return
  try {
    await act()
  } catch (error) {
    seat.missing = `failed: ${error instanceof Error ? error.message : error}`
  }
}

function prepare(seat: Seat, job: Job, data: string): Promise<void> {
  const { entrant, player } = seat
  return attempt(seat, async () => {
    await player.ask<'open'>(openRequest(entrant, entrant.threads))
    const { unsupported } = await player.ask<'prepare'>({ op: 'prepare', job, data })
    if (unsupported !== null) seat.missing = unsupported
  })
}

/** Holds everyone's results against those of the first. */
async function compare(
  seats: readonly Seat[],
  folder: string,
  { addressOf }: MatchSettings,
): Promise<void> {
  let wanted: ReadonlyMap<string, Float32Array> | undefined
  for (const [index, seat] of seats.entries()) {
    await attempt(seat, async () => {
      const prefix = `${addressOf(folder)}/outputs${index}`
      const { names } = await seat.player.ask<'outputs'>({ op: 'outputs', prefix })
      const found = new Map<string, Float32Array>()
      for (const name of names)
        found.set(name, await readFloats(join(folder, `outputs${index}.${name}.f32`)))
      wanted ??= found
      seat.deviation = Math.max(
        ...[...wanted].map(([name, values]) =>
          relativeDifference(found.get(name) ?? new Float32Array(0), values),
        ),
      )
    })
  }
}

async function readFloats(path: string): Promise<Float32Array> {
  const { buffer, byteOffset, byteLength } = await readFile(path)
  await rm(path)
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
}

/** A sample is the mean of calls that last a millisecond together. */
const sampleMilliseconds = 1
/** Calls longer than this are counted from the first: caches hardly matter to them. */
const longCall = 30
/** After a turn: threads of a pool spin for a while when their work is done. */
const restMilliseconds = 20
/** Calls longer than this take part in two rounds only. */
const slowCall = 1000

export function turnOf(pace: number, milliseconds: number): Turn {
  const callsPerSample = Math.max(1, Math.ceil(sampleMilliseconds / pace))
  const samples = Math.round(milliseconds / (pace * callsPerSample))
  return {
    uncounted: pace > longCall ? 0 : callsPerSample,
    samples: Math.min(50, Math.max(1, samples)),
    callsPerSample,
  }
}

async function race(seats: readonly Seat[], settings: MatchSettings): Promise<void> {
  for (const seat of seats)
    await attempt(seat, async () => {
      const request = { op: 'warm', milliseconds: settings.warmUp } as const
      seat.pace = (await seat.player.ask<'warm'>(request)).milliseconds
    })
  for (let round = 0; round < settings.rounds; round++) {
    const order = playing(seats)
    const first = round % Math.max(1, order.length)
    for (const seat of [...order.slice(first), ...order.slice(0, first)]) {
      const pace = seat.pace ?? 1
      if (pace > slowCall && round >= 2) continue
      await attempt(seat, async () => {
        const turn = turnOf(pace, settings.turn)
        const { samples } = await seat.player.ask<'turn'>({ op: 'turn', turn })
        seat.samples.push(...samples)
      })
      await setTimeout(restMilliseconds)
    }
  }
}

function entryOf({ entrant, samples, missing, deviation }: Seat, work: number): Entry {
  const shortest = minimum(samples)
  return {
    contestant: entrant.name,
    threads: entrant.threads,
    ...(missing === undefined ? {} : { missing }),
    ...(deviation === undefined ? {} : { deviation }),
    samples: samples.map((each) => Number(each.toPrecision(5))),
    ...(samples.length === 0
      ? {}
      : {
          minimum: shortest,
          median: median(samples),
          gflops: (2 * work) / shortest / 1e6,
        }),
  }
}
