/** What `fit` can be told, and what it tells. */
import type { Tensor } from '../tensor/tensor.ts'
import type { WeightAverage } from './average.ts'
import type { Dataset } from './dataset.ts'
import type { EarlyStoppingOptions } from './earlyStopping.ts'
import type { Loss, Losses, Outputs } from './losses.ts'
import type { Metrics } from './metrics.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { GradientReducer } from './reducer.ts'
import type { RunOptions } from './run/runOptions.ts'
import type { SamplingOptions } from './sampler.ts'
import type { Schedule } from './schedules/schedule.ts'
import type { Results } from './tally.ts'

export interface CheckpointOptions {
  /** The file; written to a temporary one beside it, then renamed. */
  readonly path: string
  /** After how many steps it is written, or `'epoch'` (the default) for the end of each epoch. */
  readonly every?: number | 'epoch'
}

export interface ResumeOptions {
  /** The checkpoint's file; that of `checkpoint` or of `run` by default. */
  readonly path?: string
  /**
   * Settings that may differ from those of the checkpoint: their names as the error names them
   * (`'optimizer.learningRate'`, or `'optimizer'` for all of its), or true for all. By default none.
   */
  readonly accept?: true | readonly string[]
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
  /** Whether early stopping ended training. */
  readonly stoppedEarly: boolean
  /** Of early stopping: the best epoch, from 1, and what was watched there. */
  readonly best?: { readonly epoch: number; readonly value: number }
}

/** What every kind of training can be told. */
export interface TrainingOptions<M extends Metrics = Record<never, never>> {
  readonly epochs: number
  /** Samples per step; 64 by default. */
  readonly batchSize?: number
  /** Decides the order of samples and what dropout drops; 0 by default. */
  readonly seed?: number
  /** Whether each epoch has its own random order; true by default. */
  readonly shuffle?: boolean
  /** Draws samples by weight instead, with replacement. */
  readonly sampling?: SamplingOptions
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
   * less memory; 1 by default. The step is that of the whole batch; batch norm alone sees each part by
   * itself.
   */
  readonly accumulate?: number
  /** Follows the weights from step to step; validation uses the average. */
  readonly average?: WeightAverage
  /** Ends training when the loss, or a metric, has stopped getting better. */
  readonly earlyStopping?: EarlyStoppingOptions
  readonly checkpoint?: CheckpointOptions
  /**
   * Goes on from the checkpoint's file, or from the one of this path, as if never stopped. A run that ended before its
   * first checkpoint is begun again.
   */
  readonly resume?: boolean | string | ResumeOptions
  /** A folder that records the training: its settings, its figures, its checkpoint. */
  readonly run?: string | RunOptions
  /** Ends training after the step that runs, with a checkpoint where one is asked for. */
  readonly signal?: AbortSignal
  /** Adds the gradients of the parts of a batch; one process by default. */
  readonly reducer?: GradientReducer
  /** Called, and waited for, after each step. */
  readonly onBatch?: (progress: BatchProgress<M>) => void | Promise<void>
  /** Called, and waited for, after each epoch. */
  readonly onEpoch?: (record: EpochRecord<M>) => void | Promise<void>
}

export interface FitOptions<
  M extends Metrics = Record<never, never>,
  Output extends Tensor | Outputs = Tensor,
  Target extends Tensor | Outputs = Tensor,
> extends TrainingOptions<M> {
  /**
   * The mean loss of a batch, from the network's output and the target; or losses by the names of the
   * outputs, each perhaps with a weight, whose sum counts.
   */
  readonly loss: Loss<Output, Target> | Losses
  readonly optimizer: Optimizer
  /** What the network says of `x`, where that is not `net.forward(x)`: several tensors by name. */
  readonly forward?: (x: Tensor) => Output
  /** Measured at the end of each epoch. */
  readonly validation?: Dataset<Target>
  /** Metrics by the names under which they are reported; `forOutput` makes one of several outputs. */
  readonly metrics?: M
}

export const trainingOptionNames: readonly (keyof TrainingOptions)[] = [
  'epochs',
  'batchSize',
  'seed',
  'shuffle',
  'sampling',
  'dropLast',
  'schedule',
  'clipNorm',
  'clipValue',
  'accumulate',
  'average',
  'earlyStopping',
  'checkpoint',
  'resume',
  'run',
  'signal',
  'reducer',
  'onBatch',
  'onEpoch',
]

export const fitOptionNames: readonly (keyof FitOptions)[] = [
  'loss',
  'optimizer',
  'forward',
  'validation',
  'metrics',
  ...trainingOptionNames,
]
