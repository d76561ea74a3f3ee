/** What this process relies on, and what it has stopped relying on because a kernel gave wrong results. */
import type { Features } from '../features.ts'

let allowed: Features = { relaxed: true, wide: true }
const banned = new Set<string>()
/** What was allowed before a suspect was found wrong for the first time. */
const before = new Map<string, Features>()

/** The features that kernels may use, of those that the machine has. */
export const trusted = ({ relaxed, wide }: Features): Features => ({
  relaxed: relaxed && allowed.relaxed,
  wide: wide && allowed.wide,
})

/** Whether an algorithm, or every kernel of an operator, is not to be used any more. */
export const isBanned = (name: string): boolean => banned.has(name)

/** What plans depend on beside the graph. */
export const trustKey = (): string =>
  `${allowed.relaxed ? '' : 'r'}${allowed.wide ? '' : 'w'}${[...banned].join()}`

/**
 * Takes back trust after `suspect` (an algorithm or an operator) was wrong with these features: first in
 * joined vectors, then in fused multiply-adds, which others depend on too, and only then, with both
 * cleared, in the suspect itself. Says what is done without.
 */
export function distrust(suspect: string, used: Features): string {
  if (!before.has(suspect)) before.set(suspect, allowed)
  if (used.wide) {
    allowed = { ...allowed, wide: false }
    return 'joined vectors'
  }
  if (used.relaxed) {
    allowed = { ...allowed, relaxed: false }
    return 'fused multiply-adds'
  }
  allowed = before.get(suspect)!
  banned.add(suspect)
  return suspect
}

let proves = true

/** Whether plans are held against the definition in their first run. Off in tests of deliberately wrong kernels. */
export function setProving(on: boolean): void {
  proves = on
}

export const isProving = (): boolean => proves

/** Forgets all that was found: for tests. */
export function trustAgain(): void {
  allowed = { relaxed: true, wide: true }
  banned.clear()
  before.clear()
}
