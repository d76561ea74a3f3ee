/** A learning rate that falls by a factor at regular times (torch's StepLR). */
import { rejectUnknown } from '../../options.ts'
import { checkBetween, checkCount, checkEvery, type Schedule, timed } from './schedule.ts'

export interface StepOptions {
  /** Time between two falls. */
  readonly stepSize: number
  /** The factor; 0.1 by default. */
  readonly gamma?: number
  /** What time counts: `'epoch'` (the default) or `'step'`. */
  readonly every?: 'step' | 'epoch'
}

/**
 * base · gammaᵏ with k = ⌊time / stepSize⌋.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * const halves = schedules.step({ stepSize: 2, gamma: 0.5 })
 * const rates = [0, 1, 2, 3, 4].map((epoch) => halves.rate(0.8, epoch))
 * rates // => [0.8, 0.8, 0.4, 0.4, 0.2]
 * ```
 */
export function step(options: StepOptions): Schedule {
  const op = 'step'
  rejectUnknown(op, options, ['stepSize', 'gamma', 'every'])
  const { stepSize, gamma = 0.1, every = 'epoch' } = options
  checkCount(op, 'stepSize', stepSize)
  checkBetween(op, 'gamma', gamma, 0)
  return timed(
    op,
    checkEvery(op, every),
    (base, time) => base * gamma ** Math.floor(time / stepSize),
    { stepSize, gamma },
  )
}
