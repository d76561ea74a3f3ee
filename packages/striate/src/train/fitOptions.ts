/** What `fit` can be told, and the checks of it. */
import { describe, fail } from '../errors.ts'
import { Layer } from '../nn/layer.ts'
import { rejectUnknown } from '../options.ts'
import { checkDataset, type Dataset } from './dataset.ts'
import type { Loss, Metrics } from './metrics.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { GradientReducer } from './reducer.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { Results } from './tally.ts'

export interface CheckpointOptions {
  /** The file; written to a temporary one beside it, then renamed. */
  readonly path: string
  /** After how many steps it is written, or `'epoch'` (the default) for the end of each epoch. */
  readonly every?: number | 'epoch'
}

/** What was reached by the end of an epoch: mean loss, metrics, the same of the validation set. */
export type EpochRecord<M extends Metrics = Record<never, never>> = Results<M> & {
  /** From 1. */
  readonly epoch: number
  /** That of the epoch's last step. */
  readonly learningRate: number
  readonly validation?: Results<M>
}

export interface BatchProgress<M extends Metrics = Record<never, never>> {
  /** From 1. */
  readonly epoch: number
  readonly epochs: number
  /** Batches of this epoch that are done. */
  readonly batch: number
  readonly batches: number
  /** Steps done in all. */
  readonly step: number
  /** Samples in the batch. */
  readonly samples: number
  /** Of this batch, before its step. */
  readonly loss: number
  readonly learningRate: number
  /** Mean loss and metrics of the epoch so far. */
  readonly running: Results<M>
}

export interface History<M extends Metrics = Record<never, never>> {
  readonly epochs: readonly EpochRecord<M>[]
  /** Steps done in all. */
  readonly steps: number
  /** Whether the signal ended training before its end. */
  readonly interrupted: boolean
}

export interface FitOptions<M extends Metrics = Record<never, never>> {
  /** The mean loss of a batch, from the network's output and the target. */
  readonly loss: Loss
  readonly optimizer: Optimizer
  readonly epochs: number
  /** Samples per step; 64 by default. */
  readonly batchSize?: number
  /** Decides the order of samples and what dropout drops; 0 by default. */
  readonly seed?: number
  /** Whether each epoch has its own random order; true by default. */
  readonly shuffle?: boolean
  /** Whether a last batch that is not full is left out; false by default. */
  readonly dropLast?: boolean
  /** The learning rate over time; that of the optimizer by default. */
  readonly schedule?: Schedule
  /** Scales gradients down to at most this norm. */
  readonly clipNorm?: number
  /** Cuts the elements of gradients at plus and minus this. */
  readonly clipValue?: number
  /**
   * Into how many parts a batch is cut, which go through the network one after the other and take
   * less memory; 1 by default. Batch norm sees each part by itself.
   */
  readonly accumulate?: number
  /** Measured at the end of each epoch. */
  readonly validation?: Dataset
  /** Metrics by the names under which they are reported. */
  readonly metrics?: M
  readonly checkpoint?: CheckpointOptions
  /** Goes on from the checkpoint's file, or from the one of this path, as if never stopped. */
  readonly resume?: boolean | string
  /** Ends training after the step that runs, with a checkpoint where one is asked for. */
  readonly signal?: AbortSignal
  /** Adds the gradients of the parts of a batch; one process by default. */
  readonly reducer?: GradientReducer
  /** Called, and waited for, after each step. */
  readonly onBatch?: (progress: BatchProgress<M>) => void | Promise<void>
  /** Called, and waited for, after each epoch. */
  readonly onEpoch?: (record: EpochRecord<M>) => void | Promise<void>
}

const known: readonly (keyof FitOptions)[] = [
  'loss',
  'optimizer',
  'epochs',
  'batchSize',
  'seed',
  'shuffle',
  'dropLast',
  'schedule',
  'clipNorm',
  'clipValue',
  'accumulate',
  'validation',
  'metrics',
  'checkpoint',
  'resume',
  'signal',
  'reducer',
  'onBatch',
  'onEpoch',
]

/** Throws unless the options make sense. */
export function checkFitOptions<M extends Metrics>(options: FitOptions<M>): void {
  const op = 'fit'
  rejectUnknown(op, options, known)
  checkFunction(op, 'loss', options.loss)
  checkOptimizer(op, options.optimizer)
  checkCount(op, 'epochs', options.epochs, 0)
  checkCount(op, 'batchSize', options.batchSize ?? 64)
  checkCount(op, 'seed', options.seed ?? 0, 0)
  checkFlag(op, 'shuffle', options.shuffle ?? true)
  checkFlag(op, 'dropLast', options.dropLast ?? false)
  checkCount(op, 'accumulate', options.accumulate ?? 1)
  checkPositive(op, 'clipNorm', options.clipNorm)
  checkPositive(op, 'clipValue', options.clipValue)
  if (options.schedule !== undefined) checkSchedule(op, options.schedule)
  if (options.validation !== undefined) checkDataset(op, 'validation', options.validation)
  if (options.onBatch !== undefined) checkFunction(op, 'onBatch', options.onBatch)
  if (options.onEpoch !== undefined) checkFunction(op, 'onEpoch', options.onEpoch)
  if (options.checkpoint !== undefined) checkCheckpoint(op, options.checkpoint)
  checkResume(op, options)
}

export function checkNetwork(op: string, net: Layer): void {
  if (net instanceof Layer) return
  fail({ op, argument: 'net', needs: 'must be a layer', got: describe(net) })
}

export function checkFunction(op: string, argument: string, value: unknown): void {
  if (typeof value === 'function') return
  fail({ op, argument, needs: 'must be a function', got: describe(value) })
}

/** Throws unless `value` is a whole number of at least `least`. */
export function checkCount(op: string, argument: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return
  fail({ op, argument, needs: `must be a whole number of at least ${least}`, got: describe(value) })
}

function checkFlag(op: string, argument: string, value: boolean): void {
  if (typeof value === 'boolean') return
  fail({ op, argument, needs: 'must be true or false', got: describe(value) })
}

function checkPositive(op: string, argument: string, value: number | undefined): void {
  if (value === undefined || (value > 0 && value < Number.POSITIVE_INFINITY)) return
  fail({ op, argument, needs: 'must be a finite number above 0', got: describe(value) })
}

function checkOptimizer(op: string, optimizer: Optimizer): void {
  const isOptimizer =
    typeof optimizer?.attach === 'function' && typeof optimizer.update === 'function'
  if (isOptimizer) return
  const hint = 'adam() makes one'
  fail({ op, argument: 'optimizer', needs: 'must be an optimizer', got: describe(optimizer), hint })
}

function checkSchedule(op: string, schedule: Schedule): void {
  if (typeof schedule?.rate === 'function' && typeof schedule.observe === 'function') return
  const hint = 'schedules.cosine() makes one'
  fail({ op, argument: 'schedule', needs: 'must be a schedule', got: describe(schedule), hint })
}

function checkCheckpoint(op: string, checkpoint: CheckpointOptions): void {
  rejectUnknown(`${op}: checkpoint`, checkpoint, ['path', 'every'])
  const { path, every = 'epoch' } = checkpoint
  if (typeof path !== 'string' || path === '')
    fail({ op, argument: 'checkpoint.path', needs: 'must name a file', got: describe(path) })
  if (every !== 'epoch') checkCount(op, 'checkpoint.every', every)
}

function checkResume<M extends Metrics>(op: string, options: FitOptions<M>): void {
  const { resume = false, checkpoint } = options
  const isPath = typeof resume === 'string' && resume !== ''
  if (!isPath && typeof resume !== 'boolean')
    fail({ op, argument: 'resume', needs: 'must be true, false or a path', got: describe(resume) })
  if (resume === true && checkpoint === undefined) {
    const hint = 'checkpoint: { path } names the file'
    fail({ op, argument: 'resume', needs: 'needs a file to resume from', got: 'true', hint })
  }
}
