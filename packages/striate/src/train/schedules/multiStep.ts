/** A learning rate that falls by a factor at given times (torch's MultiStepLR). */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { checkBetween, checkEvery, type Schedule, timed } from './schedule.ts'

export interface MultiStepOptions {
  /** The times of the falls, rising. */
  readonly milestones: readonly number[]
  /** The factor; 0.1 by default. */
  readonly gamma?: number
  /** What time counts: `'epoch'` (the default) or `'step'`. */
  readonly every?: 'step' | 'epoch'
}

/**
 * base · gammaᵏ where k milestones have passed.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * const falls = schedules.multiStep({ milestones: [1, 3], gamma: 0.5 })
 * const rates = [0, 1, 2, 3].map((epoch) => falls.rate(1, epoch))
 * rates // => [1, 0.5, 0.5, 0.25]
 * ```
 */
export function multiStep(options: MultiStepOptions): Schedule {
  const op = 'multiStep'
  rejectUnknown(op, options, ['milestones', 'gamma', 'every'])
  const { milestones, gamma = 0.1, every = 'epoch' } = options
  const isRising =
    Array.isArray(milestones) &&
    milestones.every(
      (time, at) => Number.isSafeInteger(time) && time >= (at === 0 ? 0 : milestones[at - 1]),
    )
  if (!isRising) {
    const needs = 'must be rising whole numbers'
    fail({ op, argument: 'milestones', needs, got: describe(milestones) })
  }
  checkBetween(op, 'gamma', gamma, 0)
  return timed(
    op,
    checkEvery(op, every),
    (base, time) => base * gamma ** milestones.filter((milestone) => milestone <= time).length,
    { milestones, gamma },
  )
}
