/** A rising learning rate at the beginning, before another schedule takes over (torch's LinearLR, then SequentialLR). */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { constant } from './constant.ts'
import { checkBetween, checkCount, checkEvery, type Schedule } from './schedule.ts'

export interface WarmUpOptions {
  /** How long the rate rises. */
  readonly total: number
  /** The factor at time 0; 1/3 by default. */
  readonly startFactor?: number
  /** What comes after, in the same unit of time, beginning at its own time 0; the optimizer's rate by default. */
  readonly after?: Schedule
  /** What time counts: as `after`, or `'step'`. */
  readonly every?: 'step' | 'epoch'
}

/**
 * base · (startFactor + (1 − startFactor)·time / total) before `total`, then `after` at time − total.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * const rising = schedules.warmUp({ total: 4, startFactor: 0.5 })
 * const rates = [0, 2, 4, 6].map((step) => rising.rate(1, step))
 * rates // => [0.5, 0.75, 1, 1]
 * ```
 */
export function warmUp(options: WarmUpOptions): Schedule {
  const op = 'warmUp'
  rejectUnknown(op, options, ['total', 'startFactor', 'after', 'every'])
  const { total: length, startFactor = 1 / 3 } = options
  const every = checkEvery(op, options.every ?? options.after?.every ?? 'step')
  const inner = options.after ?? constant({ every })
  checkCount(op, 'total', length)
  checkBetween(op, 'startFactor', startFactor, 0, 1)
  if (typeof inner.rate !== 'function')
    fail({ op, argument: 'after', needs: 'must be a schedule', got: describe(inner) })
  if (inner.every !== every) {
    const needs = `must count the same unit of time as what follows ('${inner.every}')`
    fail({ op, argument: 'every', needs, got: describe(every) })
  }
  return {
    name: `${op}, ${inner.name}`,
    settings: { total: length, startFactor, every, after: inner.settings },
    every,
    rate(base, time, total, state) {
      if (time < length) return base * (startFactor + (1 - startFactor) * (time / length))
      const rest = total === undefined ? undefined : Math.max(total - length, 1)
      return inner.rate(base, time - length, rest, state)
    },
    initial: inner.initial,
    observe: inner.observe,
    checkState: inner.checkState,
  }
}
