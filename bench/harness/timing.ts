/** The clock, on the contestant's side. */
import type { Work } from '../contestants/contestant.ts'
import type { Turn } from './protocol.ts'

async function millisecondsOf(work: Work, calls: number): Promise<number> {
  await work.provide?.(calls)
  const started = performance.now()
  for (let call = 0; call < calls; call++) await work.run()
  return (performance.now() - started) / calls
}

/** Stretches of a warm-up: at least, and at most. */
const stretches = [2, 8] as const
/** Milliseconds; a call as long as that is code that has long been optimised. */
const longCall = 1000
/** A stretch that is faster than the one before by less than this ends the warm-up. */
const gain = 0.95

/**
 * Runs until optimised code has arrived: until another stretch of `milliseconds` brings nothing. The
 * shortest call in milliseconds.
 */
export async function warm(work: Work, milliseconds: number): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY
  for (let stretch = 1; stretch <= stretches[1]; stretch++) {
    const before = shortest
    const end = performance.now() + milliseconds
    do shortest = Math.min(shortest, await millisecondsOf(work, 1))
    while (performance.now() < end)
    if (shortest > longCall || (stretch >= stretches[0] && shortest > gain * before)) break
  }
  return shortest
}

export async function takeTurn(work: Work, turn: Turn): Promise<number[]> {
  if (turn.uncounted > 0) await millisecondsOf(work, turn.uncounted)
  const samples: number[] = []
  while (samples.length < turn.samples)
    samples.push(await millisecondsOf(work, turn.callsPerSample))
  return samples
}
