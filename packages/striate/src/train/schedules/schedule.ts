/** What a schedule is: the learning rate as a function of time, and of what was observed, if it watches. */
import { describe, fail } from '../../errors.ts'

/** What a schedule remembers, as plain JSON; null for one that follows time alone. */
export type ScheduleState = null | { readonly [key: string]: number | null }

/**
 * A learning rate over time. Time is counted in optimizer steps or in epochs, from 0.
 *
 * A schedule holds nothing itself: one that watches a metric (plateau) gets its state handed in and
 * returns the next, so training can be stopped and resumed anywhere.
 */
export interface Schedule {
  readonly name: string
  /** What it was made with, as plain data: for the record of a training. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** What one unit of `time` is. */
  readonly every: 'step' | 'epoch'
  /**
   * The learning rate at `time`, given the one in the optimizer's options. `total` is the length of
   * the training in the same unit, for schedules that were not told theirs.
   */
  rate(base: number, time: number, total?: number, state?: ScheduleState): number
  /** The state before anything was observed. */
  readonly initial: ScheduleState
  /** The state after an epoch that ended with this loss. */
  observe(state: ScheduleState, metric: number): ScheduleState
  /** @internal Throws unless the state, read from a file, is one of this schedule. */
  checkState(state: unknown): ScheduleState
}

/** A schedule that follows time alone. */
export function timed(
  name: string,
  every: 'step' | 'epoch',
  rate: (base: number, time: number, total?: number) => number,
  settings: Readonly<Record<string, unknown>>,
): Schedule {
  return {
    name,
    settings: { ...settings, every },
    every,
    rate: (base, time, total) => rate(base, checkTime(name, time), total),
    initial: null,
    observe: () => null,
    checkState: (state) => {
      if (state === null) return null
      return fail({ op: name, argument: 'state', needs: 'must be null', got: describe(state) })
    },
  }
}

function checkTime(op: string, time: number): number {
  if (typeof time === 'number' && time >= 0) return time
  const needs = 'must be a number of steps or epochs of at least 0'
  return fail({ op, argument: 'time', needs, got: describe(time) })
}

export function checkEvery(op: string, every: 'step' | 'epoch'): 'step' | 'epoch' {
  if (every === 'step' || every === 'epoch') return every
  return fail({ op, argument: 'every', needs: "must be 'step' or 'epoch'", got: describe(every) })
}

/** Throws unless `value` is a finite number from `least` to `most`. */
export function checkBetween(
  op: string,
  argument: string,
  value: number,
  least: number,
  most: number = Number.MAX_VALUE,
): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  const needs =
    most === Number.MAX_VALUE
      ? `must be a finite number of at least ${least}`
      : `must be a number from ${least} to ${most}`
  return fail({ op, argument, needs, got: describe(value) })
}

/** Throws unless `value` is a whole number of at least `least`. */
export function checkCount(op: string, argument: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  const needs = `must be a whole number of at least ${least}`
  return fail({ op, argument, needs, got: describe(value) })
}

/** The length that was set, or that of the training. */
export function lengthOf(op: string, set: number | undefined, total: number | undefined): number {
  if (set !== undefined) return set
  if (total !== undefined) return total
  return fail({
    op,
    argument: 'total',
    needs: 'must be set, in steps or epochs',
    got: 'undefined',
    hint: 'fit fills in the length of the training',
  })
}
