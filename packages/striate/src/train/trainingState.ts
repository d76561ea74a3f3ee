/** Where training stands, apart from weights and optimizer: what a checkpoint holds of it, and the checks of that. */
import { describe, fail } from '../errors.ts'
import type { RandomState } from '../random/index.ts'
import type { WatchState } from './earlyStopping.ts'
import type { ScheduleState } from './schedules/schedule.ts'
import type { TallyState, Total } from './tally.ts'
import { checkSameConfig, type TrainingConfig } from './trainingConfig.ts'

export interface TrainingState {
  /** What must be the same for training to go on as if never stopped. */
  readonly config: TrainingConfig
  /** Epochs that are done. */
  readonly epoch: number
  /** Batches of the running epoch that are done. */
  readonly batch: number
  /** Steps that are done in all. */
  readonly step: number
  /** That of the last step. */
  readonly learningRate: number
  /** Totals of the running epoch. */
  readonly tally: TallyState
  readonly schedule: ScheduleState
  /** Of early stopping; null without. */
  readonly watch: WatchState | null
  /** Where the layers' random streams stand, by name. */
  readonly random: Readonly<Record<string, RandomState>>
  /** The records of the epochs that are done. */
  readonly history: readonly Readonly<Record<string, unknown>>[]
}

/** What a training expects of the state that it goes on from. */
export interface Expected {
  readonly config: TrainingConfig
  /** Settings that may differ. */
  readonly accept: true | readonly string[]
  /** Names of the totals. */
  readonly totals: readonly string[]
}

const op = 'resume'

/** The state of a checkpoint, checked: damage and another training are told apart. */
export function readTrainingState(value: unknown, expected: Expected): TrainingState {
  const state = record('the state', value)
  const { config, accept } = expected
  const batch = count('batch', state.batch)
  checkSameConfig(record('config', state.config), config, accept, batch > 0)
  const tally = record('tally', state.tally)
  const totals = record('metrics', tally.metrics)
  const none = { totals: [], count: 0 }
  const metrics = expected.totals.map((name) => {
    // Between two epochs nothing was summed, so metrics may have come since.
    const isNew = batch === 0 && totals[name] === undefined
    return [name, isNew ? none : total(name, totals[name])] as const
  })
  const history = state.history
  if (!Array.isArray(history))
    fail({ op, argument: 'history', needs: 'must be a list', got: describe(history) })
  return {
    config,
    epoch: count('epoch', state.epoch),
    batch,
    step: count('step', state.step),
    learningRate: finite('learningRate', state.learningRate),
    tally: { loss: total('loss', tally.loss), metrics: Object.fromEntries(metrics) },
    // Schedules, watches and streams check their own.
    schedule: (state.schedule ?? null) as ScheduleState,
    watch: (state.watch ?? null) as WatchState | null,
    random: record('random', state.random) as Record<string, RandomState>,
    history: history.map((each) => record('history', each)),
  }
}

function record(argument: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  return fail({ op, argument, needs: 'must be an object', got: describe(value) })
}

function count(argument: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  return fail({ op, argument, needs: 'must be a whole number from 0', got: describe(value) })
}

function finite(argument: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return fail({ op, argument, needs: 'must be a finite number', got: describe(value) })
}

/** Sums go over a number of things, or over weights. */
function total(argument: string, value: unknown): Total {
  const { totals, count: things } = record(argument, value)
  if (!Array.isArray(totals) || !totals.every((each) => typeof each === 'number'))
    return fail({ op, argument, needs: 'must have totals', got: describe(totals) })
  if (typeof things === 'number' && Number.isFinite(things) && things >= 0)
    return { totals, count: things }
  return fail({ op, argument, needs: 'must have a count', got: describe(things) })
}
