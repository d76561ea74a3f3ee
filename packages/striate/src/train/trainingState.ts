/** Where training stands, apart from weights and optimizer: what a checkpoint holds of it, and the checks of that. */
import { describe, fail } from '../errors.ts'
import type { RandomState } from '../random/index.ts'
import type { ScheduleState } from './schedules/schedule.ts'
import type { TallyState, Total } from './tally.ts'

/** What must be the same for training to go on as if never stopped. */
export interface TrainingConfig {
  readonly optimizer: string
  readonly schedule: string
  readonly samples: number
  readonly batchSize: number
  readonly seed: number
  readonly shuffle: boolean
  readonly dropLast: boolean
  readonly accumulate: number
  /** Names of the metrics. */
  readonly metrics: string
}

export interface TrainingState {
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
  /** Where the layers' random streams stand, by name. */
  readonly random: Readonly<Record<string, RandomState>>
  /** The records of the epochs that are done. */
  readonly history: readonly Readonly<Record<string, unknown>>[]
}

const op = 'resume'

/** The state of a checkpoint, checked: damage and another training are told apart. */
export function readTrainingState(
  value: unknown,
  config: TrainingConfig,
  metricNames: readonly string[],
): TrainingState {
  const state = record('the state', value)
  const saved = record('config', state.config)
  for (const [key, wanted] of Object.entries(config)) {
    if (saved[key] === wanted) continue
    const needs = `must be ${describe(saved[key])}, as when the checkpoint was written`
    fail({ op, argument: key, needs, got: describe(wanted) })
  }
  const tally = record('tally', state.tally)
  const totals = record('metrics', tally.metrics)
  const metrics = metricNames.map((name) => [name, total(name, totals[name])] as const)
  const history = state.history
  if (!Array.isArray(history))
    fail({ op, argument: 'history', needs: 'must be a list', got: describe(history) })
  return {
    config,
    epoch: count('epoch', state.epoch),
    batch: count('batch', state.batch),
    step: count('step', state.step),
    learningRate: finite('learningRate', state.learningRate),
    tally: { loss: total('loss', tally.loss), metrics: Object.fromEntries(metrics) },
    // Schedules and streams check their own.
    schedule: (state.schedule ?? null) as ScheduleState,
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

function total(argument: string, value: unknown): Total {
  const { totals, count: things } = record(argument, value)
  if (Array.isArray(totals) && totals.every((each) => typeof each === 'number'))
    return { totals, count: count(argument, things) }
  return fail({ op, argument, needs: 'must have totals', got: describe(totals) })
}
