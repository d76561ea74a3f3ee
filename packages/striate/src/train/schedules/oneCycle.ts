/** One cycle up and down (Smith and Topin, "Super-convergence", 2019; torch's OneCycleLR without its cycle of momentum). */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { checkBetween, checkCount, checkEvery, lengthOf, type Schedule, timed } from './schedule.ts'

export interface OneCycleOptions {
  /** The highest rate; that of the optimizer by default. */
  readonly maxLearningRate?: number
  /** How long the cycle is; the length of the training by default. */
  readonly total?: number
  /** The share of the cycle that rises; 0.3 by default. */
  readonly rise?: number
  /** `'cosine'` (the default) or `'linear'`. */
  readonly anneal?: 'cosine' | 'linear'
  /** The highest rate over the first; 25 by default. */
  readonly divFactor?: number
  /** The first rate over the last; 1e4 by default. */
  readonly finalDivFactor?: number
  /** Whether to come down to the first rate as fast as it rose, and then go to the last. */
  readonly threePhase?: boolean
  /** What time counts: `'step'` (the default) or `'epoch'`. */
  readonly every?: 'step' | 'epoch'
}

const known = [
  'maxLearningRate',
  'total',
  'rise',
  'anneal',
  'divFactor',
  'finalDivFactor',
  'threePhase',
  'every',
] as const

/**
 * From max / divFactor up to max, then down to max / (divFactor · finalDivFactor), which is reached
 * at time total − 1 and kept.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * const cycle = schedules.oneCycle({ maxLearningRate: 1, total: 11, anneal: 'linear', divFactor: 2 })
 * cycle.rate(0, 0) // => 0.5
 * Math.max(...Array.from({ length: 11 }, (_, step) => cycle.rate(0, step))) <= 1 // => true
 * ```
 */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  const op = 'oneCycle'
  rejectUnknown(op, options, known)
  const { maxLearningRate, total: set, rise = 0.3, anneal = 'cosine', every = 'step' } = options
  const { divFactor = 25, finalDivFactor = 1e4, threePhase = false } = options
  if (maxLearningRate !== undefined) checkBetween(op, 'maxLearningRate', maxLearningRate, 0)
  if (set !== undefined) checkCount(op, 'total', set)
  checkBetween(op, 'rise', rise, 0, threePhase ? 0.5 : 1)
  checkBetween(op, 'divFactor', divFactor, Number.MIN_VALUE)
  checkBetween(op, 'finalDivFactor', finalDivFactor, Number.MIN_VALUE)
  if (anneal !== 'cosine' && anneal !== 'linear') {
    const needs = "must be 'cosine' or 'linear'"
    fail({ op, argument: 'anneal', needs, got: describe(anneal) })
  }
  return timed(
    op,
    checkEvery(op, every),
    (base, time, total) => {
      const length = lengthOf(op, set, total)
      const highest = maxLearningRate ?? base
      const first = highest / divFactor
      const last = first / finalDivFactor
      const phases = threePhase
        ? [
            { end: rise * length - 1, from: first, to: highest },
            { end: 2 * rise * length - 2, from: highest, to: first },
            { end: length - 1, from: first, to: last },
          ]
        : [
            { end: rise * length - 1, from: first, to: highest },
            { end: length - 1, from: highest, to: last },
          ]
      const now = Math.min(time, length - 1)
      const at = phases.findIndex(({ end }, i) => now <= end || i === phases.length - 1)
      const { end, from, to } = phases[at]!
      const begin = at === 0 ? 0 : phases[at - 1]!.end
      const share = end > begin ? (now - begin) / (end - begin) : 1
      if (anneal === 'linear') return from + (to - from) * share
      return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share))
    },
    { maxLearningRate, total: set, rise, anneal, divFactor, finalDivFactor, threePhase },
  )
}
