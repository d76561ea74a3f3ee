/** Training: data sets, optimizers, schedules, metrics, the loop, and its checkpoints. */
export { type ClipNormOptions, clipGradientNorm, clipGradientValue } from './clip.ts'
export {
  type ArraysOptions,
  type Batch,
  type Dataset,
  fromArrays,
  type SampleArray,
  splitDataset,
  subset,
} from './dataset.ts'
export { type EvaluateOptions, evaluate } from './evaluateNetwork.ts'
export { fit } from './fit.ts'
export type {
  BatchProgress,
  CheckpointOptions,
  EpochRecord,
  FitOptions,
  History,
} from './fitOptions.ts'
export {
  accuracy,
  type ClassAxis,
  confusionMatrix,
  type Loss,
  type Metric,
  type MetricResults,
  type Metrics,
  meanAbsoluteError,
  meanLoss,
  topKAccuracy,
} from './metrics.ts'
export * from './optimizers/index.ts'
export { type GradientReducer, type ShardSums, singleProcess, sumAlongTree } from './reducer.ts'
export * as schedules from './schedules/index.ts'
export type { Schedule, ScheduleState } from './schedules/schedule.ts'
export type { Results } from './tally.ts'
