/**
 * Canaries: in tests, bytes of a known pattern around every value, table and block of the engine's
 * memory. A kernel that writes beyond what it was given breaks them, and the run says where. What
 * nobody has written holds NaN then, so that a result made of it shows.
 */
import { debugs } from '../debug.ts'
import type { Lifetime } from './arena.ts'
import { canaryBytes } from './canaryPattern.ts'
import { guardBy } from './guard.ts'
import { GuardedMemory } from './guardedMemory.ts'
import { watched } from './watch.ts'

let chosen: boolean | null = null

/** Has engines that start from now on look to {@link setCanaries} and to `STRIATE_DEBUG=canaries`. */
export function bringCanaries(): void {
  guardBy({
    gap: canaryBytes,
    isOn: () => chosen ?? debugs('canaries'),
    memory: () => new GuardedMemory(),
    layOut: layOutApart,
    watched,
  })
}

/** Turns canaries on or off for plans and blocks made from now on; null goes back to `STRIATE_DEBUG=canaries`. */
export function setCanaries(on: boolean | null): void {
  chosen = on
  bringCanaries()
}

const alignment = 64

/** Offsets for values that share no byte, each with room for canaries before and after it. */
function layOutApart(values: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  let bytes = 0
  const offsets = values.map((value) => {
    const offset = bytes + canaryBytes
    bytes = Math.ceil((offset + value.bytes + canaryBytes) / alignment) * alignment
    return offset
  })
  return { offsets, bytes }
}
