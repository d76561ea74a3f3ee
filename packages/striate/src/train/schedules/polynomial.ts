/** A learning rate that falls to 0 along a power of the time left (torch's PolynomialLR). */
import { rejectUnknown } from '../../options.ts'
import { checkBetween, checkCount, checkEvery, lengthOf, type Schedule, timed } from './schedule.ts'

export interface PolynomialOptions {
  /** The power; 1 (the default) is a straight line. */
  readonly power?: number
  /** When 0 is reached; the length of the training by default. */
  readonly total?: number
  /** What time counts: `'step'` (the default) or `'epoch'`. */
  readonly every?: 'step' | 'epoch'
}

/**
 * base · (1 − min(time, total) / total)ᵖᵒʷᵉʳ.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * schedules.polynomial({ total: 10, power: 2 }).rate(1, 5) // => 0.25
 * ```
 */
export function polynomial(options: PolynomialOptions = {}): Schedule {
  const op = 'polynomial'
  rejectUnknown(op, options, ['power', 'total', 'every'])
  const { power = 1, total: end, every = 'step' } = options
  checkBetween(op, 'power', power, 0)
  if (end !== undefined) checkCount(op, 'total', end)
  return timed(
    op,
    checkEvery(op, every),
    (base, time, total) => {
      const length = lengthOf(op, end, total)
      return base * (1 - Math.min(time, length) / length) ** power
    },
    { power, total: end },
  )
}
