/** A learning rate that stays, or is held back for a while (torch's ConstantLR). */
import { rejectUnknown } from '../../options.ts'
import { checkBetween, checkCount, checkEvery, type Schedule, timed } from './schedule.ts'

export interface ConstantOptions {
  /** What the learning rate is multiplied by before `total`; 1 by default. */
  readonly factor?: number
  /** How long; for ever by default. */
  readonly total?: number
  /** What time counts: `'epoch'` (the default) or `'step'`. */
  readonly every?: 'step' | 'epoch'
}

/**
 * base · factor until `total`, then base. PyTorch's defaults are a factor of 1/3 and a total of 5.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * const gentle = schedules.constant({ factor: 0.5, total: 2 })
 * const rates = [0, 1, 2].map((epoch) => gentle.rate(0.1, epoch))
 * rates // => [0.05, 0.05, 0.1]
 * ```
 */
export function constant(options: ConstantOptions = {}): Schedule {
  const op = 'constant'
  rejectUnknown(op, options, ['factor', 'total', 'every'])
  const { factor = 1, total: end = Number.POSITIVE_INFINITY, every = 'epoch' } = options
  checkBetween(op, 'factor', factor, 0)
  if (end !== Number.POSITIVE_INFINITY) checkCount(op, 'total', end, 0)
  return timed(op, checkEvery(op, every), (base, time) => (time < end ? base * factor : base), {
    factor,
    total: options.total,
  })
}
