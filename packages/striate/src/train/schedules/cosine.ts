/** Cosine annealing, with and without restarts (Loshchilov and Hutter, "SGDR", 2017; torch's CosineAnnealingLR and CosineAnnealingWarmRestarts). */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { checkBetween, checkCount, checkEvery, lengthOf, type Schedule, timed } from './schedule.ts'

export interface CosineOptions {
  /** Time from the full rate to the least; the length of the training by default. With restarts, that of the first cycle. */
  readonly total?: number
  /** The least rate; 0 by default. */
  readonly minimum?: number
  /** Whether to begin again at the full rate after each cycle, and by what factor each is longer than the one before. */
  readonly restarts?: boolean | { readonly multiplier?: number }
  /** What time counts: `'step'` (the default) or `'epoch'`. */
  readonly every?: 'step' | 'epoch'
}

/**
 * minimum + (base − minimum)·(1 + cos(π·t / T)) / 2, where T is the length of the cycle and t the time
 * in it. Without restarts the rate rises again after T, as in PyTorch.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * schedules.cosine({ total: 4 }).rate(1, 2) // => 0.5
 * schedules.cosine({ total: 4, restarts: true }).rate(1, 4) // => 1
 * ```
 */
export function cosine(options: CosineOptions = {}): Schedule {
  const op = 'cosine'
  rejectUnknown(op, options, ['total', 'minimum', 'restarts', 'every'])
  const { total: set, minimum = 0, restarts = false, every = 'step' } = options
  if (set !== undefined) checkCount(op, 'total', set)
  checkBetween(op, 'minimum', minimum, 0)
  const multiplier = readMultiplier(op, restarts)
  return timed(
    op,
    checkEvery(op, every),
    (base, time, total) => {
      const length = lengthOf(op, set, total)
      const cycle = multiplier === null ? { at: time, length } : cycleOf(time, length, multiplier)
      const share = (1 + Math.cos((Math.PI * cycle.at) / cycle.length)) / 2
      return minimum + (base - minimum) * share
    },
    { total: set, minimum, multiplier },
  )
}

function readMultiplier(op: string, restarts: CosineOptions['restarts']): number | null {
  if (restarts === undefined || restarts === false) return null
  if (restarts === true) return 1
  if (typeof restarts !== 'object' || restarts === null) {
    const needs = 'must be true, false or { multiplier }'
    fail({ op, argument: 'restarts', needs, got: describe(restarts) })
  }
  rejectUnknown(`${op}: restarts`, restarts, ['multiplier'])
  return checkCount(op, 'restarts.multiplier', restarts.multiplier ?? 1)
}

/** Where `time` lies in cycles of `first`, `first·multiplier`, `first·multiplier²`, … */
function cycleOf(time: number, first: number, multiplier: number): { at: number; length: number } {
  if (multiplier === 1) return { at: time % first, length: first }
  let at = time
  let length = first
  while (at >= length) {
    at -= length
    length *= multiplier
  }
  return { at, length }
}
