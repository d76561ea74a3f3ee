/** Training: data sets, optimizers, schedules, metrics, the loop, its checkpoints and its records. */
export {
  Adversarial,
  type AdversarialLoss,
  type AdversarialOptions,
  adversarial,
} from './adversarial.ts'
export * as augment from './augment/index.ts'
export { type EmaOptions, ema, type WeightAverage } from './average.ts'
export {
  balancedSampling,
  type ClassWeightOptions,
  type CrossEntropyLossOptions,
  classWeights,
  crossEntropyLoss,
} from './classWeights.ts'
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
export type { EarlyStoppingOptions } from './earlyStopping.ts'
export { type EvaluateOptions, evaluate } from './evaluateNetwork.ts'
export { fit } from './fit.ts'
export {
  type AlternatingTurn,
  type FitAlternatingOptions,
  fitAlternating,
} from './fitAlternating.ts'
export type {
  BatchProgress,
  CheckpointOptions,
  EpochRecord,
  FitOptions,
  History,
  ResumeOptions,
  TrainingOptions,
} from './fitOptions.ts'
export type { Loss, Losses, NamedLoss, Outputs, WeightedSum } from './losses.ts'
export {
  accuracy,
  type ClassAxis,
  confusionMatrix,
  forOutput,
  type Metric,
  type MetricResults,
  type Metrics,
  meanAbsoluteError,
  meanLoss,
  topKAccuracy,
} from './metrics.ts'
export * from './optimizers/index.ts'
export { type GradientReducer, type ShardSums, singleProcess, sumAlongTree } from './reducer.ts'
export { listRuns, noteInRun, type Run, readRun } from './run/readRuns.ts'
export type { EndLine, EpochLine, NoteLine, RunConfig, StepLine } from './run/runFiles.ts'
export type { RunOptions } from './run/runOptions.ts'
export type { SamplingOptions } from './sampler.ts'
export * as schedules from './schedules/index.ts'
export type { Schedule, ScheduleState } from './schedules/schedule.ts'
export type { Results } from './tally.ts'
export { type EventFile, type EventFileOptions, eventFile } from './tensorboard/eventFile.ts'
export type { Picture } from './tensorboard/png.ts'
