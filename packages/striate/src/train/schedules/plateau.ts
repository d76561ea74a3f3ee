/** The learning rate falls when the loss has stopped falling (torch's ReduceLROnPlateau). */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { checkBetween, checkCount, type Schedule, type ScheduleState } from './schedule.ts'

export interface PlateauOptions {
  /** Whether the metric should fall (`'min'`, the default) or rise. */
  readonly mode?: 'min' | 'max'
  /** What the rate is multiplied by; 0.1 by default. */
  readonly factor?: number
  /** Epochs without improvement that are let pass; 10 by default. */
  readonly patience?: number
  /** How much counts as improvement; 1e-4 by default. */
  readonly threshold?: number
  /** Whether the threshold is a share of the best (`'rel'`, the default) or a difference. */
  readonly thresholdMode?: 'rel' | 'abs'
  /** Epochs after a fall in which nothing counts; 0 by default. */
  readonly cooldown?: number
  /** The least rate; 0 by default. */
  readonly minimum?: number
  /** A fall smaller than this is not made; 1e-8 by default. */
  readonly eps?: number
}

interface PlateauState {
  /** Null before the first epoch. */
  readonly best: number | null
  readonly badEpochs: number
  readonly cooldownLeft: number
  /** How often the rate fell. */
  readonly falls: number
}

const known = [
  'mode',
  'factor',
  'patience',
  'threshold',
  'thresholdMode',
  'cooldown',
  'minimum',
  'eps',
] as const

/**
 * The rate is multiplied by `factor` after more than `patience` epochs without improvement of what
 * `fit` watches: the validation loss, or without validation the training loss.
 *
 * @example
 * ```ts
 * import { schedules } from 'striate'
 * const watch = schedules.plateau({ patience: 1, factor: 0.5 })
 * let state = watch.initial
 * for (const loss of [1, 1, 1]) state = watch.observe(state, loss)
 * watch.rate(0.2, 3, undefined, state) // => 0.1
 * ```
 */
export function plateau(options: PlateauOptions = {}): Schedule {
  const op = 'plateau'
  rejectUnknown(op, options, known)
  const { mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4 } = options
  const { thresholdMode = 'rel', cooldown = 0, minimum = 0, eps = 1e-8 } = options
  if (mode !== 'min' && mode !== 'max')
    fail({ op, argument: 'mode', needs: "must be 'min' or 'max'", got: describe(mode) })
  if (thresholdMode !== 'rel' && thresholdMode !== 'abs') {
    const needs = "must be 'rel' or 'abs'"
    fail({ op, argument: 'thresholdMode', needs, got: describe(thresholdMode) })
  }
  checkBetween(op, 'factor', factor, 0)
  if (factor >= 1) fail({ op, argument: 'factor', needs: 'must be below 1', got: describe(factor) })
  checkCount(op, 'patience', patience, 0)
  checkBetween(op, 'threshold', threshold, 0)
  checkCount(op, 'cooldown', cooldown, 0)
  checkBetween(op, 'minimum', minimum, 0)
  checkBetween(op, 'eps', eps, 0)

  const sign = mode === 'min' ? -1 : 1
  const improves = (metric: number, best: number | null): boolean => {
    if (best === null) return Number.isFinite(metric)
    const bound = thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold
    return mode === 'min' ? metric < bound : metric > bound
  }

  return {
    name: op,
    settings: { mode, factor, patience, threshold, thresholdMode, cooldown, minimum, eps },
    every: 'epoch',
    rate(base, _time, _total, state = initial) {
      let rate = base
      for (let fall = 0; fall < (state as unknown as PlateauState).falls; fall++) {
        const next = Math.max(rate * factor, minimum)
        if (rate - next > eps) rate = next
      }
      return rate
    },
    initial,
    observe(state, metric) {
      const before = state as unknown as PlateauState
      const improved = improves(metric, before.best)
      const cools = before.cooldownLeft > 0
      const badEpochs = improved || cools ? 0 : before.badEpochs + 1
      const falls = badEpochs > patience
      const after: PlateauState = {
        best: improved ? metric : before.best,
        badEpochs: falls ? 0 : badEpochs,
        cooldownLeft: falls ? cooldown : Math.max(before.cooldownLeft - 1, 0),
        falls: before.falls + (falls ? 1 : 0),
      }
      return { ...after }
    },
    checkState(state) {
      const fields = state as Partial<Record<keyof PlateauState, unknown>> | null
      const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
      const fits =
        typeof fields === 'object' &&
        fields !== null &&
        (fields.best === null || Number.isFinite(fields.best)) &&
        [fields.badEpochs, fields.cooldownLeft, fields.falls].every(isCount)
      if (fits) return state as ScheduleState
      return fail({ op, argument: 'state', needs: 'must be one of plateau', got: describe(state) })
    },
  }
}

const initial: ScheduleState = { best: null, badEpochs: 0, cooldownLeft: 0, falls: 0 }
