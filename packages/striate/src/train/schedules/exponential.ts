/** A learning rate that falls by a factor per unit of time (torch's ExponentialLR). */
import { rejectUnknown } from '../../options.ts'
import { checkBetween, checkEvery, type Schedule, timed } from './schedule.ts'

export interface ExponentialOptions {
  /** The factor per unit of time. */
  readonly gamma: number
  /** What time counts: `'epoch'` (the default) or `'step'`. */
  readonly every?: 'step' | 'epoch'
}

/**
 * base · gammaᵗⁱᵐᵉ.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * schedules.exponential({ gamma: 0.5 }).rate(1, 3) // => 0.125
 * ```
 */
export function exponential(options: ExponentialOptions): Schedule {
  const op = 'exponential'
  rejectUnknown(op, options, ['gamma', 'every'])
  const { gamma, every = 'epoch' } = options
  checkBetween(op, 'gamma', gamma, 0)
  return timed(op, checkEvery(op, every), (base, time) => base * gamma ** time, { gamma })
}
