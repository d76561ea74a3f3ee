/** Ending training when what is watched has stopped getting better, and going back to where it was best. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { checkFlag, checkNumber } from './optimizers/rule.ts'

export interface EarlyStoppingOptions {
  /** Epochs without improvement that are let pass; the next one ends training. */
  readonly patience: number
  /** `'loss'` (the default) or the name of a metric; of the validation set where there is one. */
  readonly metric?: string
  /** Whether it should fall (`'min'`, the default for the loss) or rise. */
  readonly mode?: 'min' | 'max'
  /** By how much the best must be passed to count as improvement; 0 by default. */
  readonly minDelta?: number
  /** Whether the network ends with the weights of its best epoch. True by default. */
  readonly restoreBest?: boolean
}

/** Where the watch stands, as plain data. */
export interface WatchState {
  /** Null before the first epoch. */
  readonly best: number | null
  /** From 1; 0 before the first. */
  readonly bestEpoch: number
  /** Epochs since then. */
  readonly badEpochs: number
}

/** What is watched, checked. */
export interface Watch {
  readonly settings: Readonly<Required<EarlyStoppingOptions>>
  readonly initial: WatchState
  /** The state after an epoch with these results. Throws if they do not have the metric as a number. */
  observe(state: WatchState, epoch: number, results: object): WatchState
  /** Whether training is over. */
  isOver(state: WatchState): boolean
  /** Throws unless a state read from a file is one. */
  checkState(state: unknown): WatchState
}

const op = 'fit: earlyStopping'

export function readEarlyStopping(
  options: EarlyStoppingOptions,
  metrics: readonly string[],
): Watch {
  rejectUnknown(op, options, ['patience', 'metric', 'mode', 'minDelta', 'restoreBest'])
  const { patience, metric = 'loss', minDelta = 0, restoreBest = true } = options
  if (!Number.isSafeInteger(patience) || patience < 0) {
    const needs = 'must be a whole number of at least 0'
    fail({ op, argument: 'patience', needs, got: describe(patience) })
  }
  const known = ['loss', ...metrics]
  if (!known.includes(metric)) {
    const needs = `must be one of ${known.map((name) => `'${name}'`).join(', ')}`
    fail({ op, argument: 'metric', needs, got: describe(metric) })
  }
  const mode = options.mode ?? (metric === 'loss' ? 'min' : undefined)
  if (mode !== 'min' && mode !== 'max') {
    const needs = `must be 'min' or 'max'${mode === undefined ? ` for '${metric}'` : ''}`
    fail({ op, argument: 'mode', needs, got: describe(mode) })
  }
  checkNumber(op, 'minDelta', minDelta)
  checkFlag(op, 'restoreBest', restoreBest)
  const improves = (value: number, best: number | null): boolean => {
    if (!Number.isFinite(value)) return false
    return best === null || (mode === 'min' ? value < best - minDelta : value > best + minDelta)
  }
  return {
    settings: { patience, metric, mode, minDelta, restoreBest },
    initial: { best: null, bestEpoch: 0, badEpochs: 0 },
    observe(state, epoch, results) {
      const value = (results as Readonly<Record<string, unknown>>)[metric]
      if (typeof value !== 'number')
        fail({ op, argument: 'metric', needs: 'must be a number', got: describe(value) })
      if (improves(value, state.best)) return { best: value, bestEpoch: epoch, badEpochs: 0 }
      return { ...state, badEpochs: state.badEpochs + 1 }
    },
    isOver: ({ badEpochs }) => badEpochs > patience,
    checkState,
  }
}

function checkState(state: unknown): WatchState {
  const fields = state as Partial<Record<keyof WatchState, unknown>> | null
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
  const fits =
    typeof fields === 'object' &&
    fields !== null &&
    (fields.best === null || Number.isFinite(fields.best)) &&
    isCount(fields.bestEpoch) &&
    isCount(fields.badEpochs)
  if (fits) return state as WatchState
  return fail({ op, argument: 'state', needs: 'must be one of a watch', got: describe(state) })
}
