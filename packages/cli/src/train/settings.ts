/** What a training is told: the options of the command line, filled in, and what they make. */
import {
  adam,
  adamw,
  type Optimizer,
  rmsprop,
  type Schedule,
  StriateError,
  schedules,
  sgd,
} from 'striate'
import type { OptionsOf } from '../command.ts'
import { alsoNamed, choice, number, text, textOrAlone, whole } from '../optionKinds.ts'

const optimizerNames = ['sgd', 'adam', 'adamw', 'rmsprop'] as const
const scheduleNames = ['constant', 'cosine', 'one-cycle', 'plateau'] as const
const engineNames = ['wasm', 'reference'] as const

type OptimizerName = (typeof optimizerNames)[number]
type ScheduleName = (typeof scheduleNames)[number]
type EngineName = (typeof engineNames)[number]

/** What was said on the command line. */
export interface TrainValues {
  readonly data?: string
  readonly epochs?: number
  readonly batchSize?: number
  readonly seed?: number
  readonly learningRate?: number
  readonly optimizer?: OptimizerName
  readonly momentum?: number
  readonly weightDecay?: number
  readonly schedule?: ScheduleName
  readonly limit?: number
  readonly output?: string
  readonly checkpoint?: string
  readonly resume?: string
  readonly run?: string
  readonly engine?: EngineName
  readonly threads?: number
}

export const trainOptions: OptionsOf<TrainValues> = {
  data: text('drawn|folder', 'digits that Striate draws, or a folder with the files of MNIST'),
  epochs: whole('N', 1, 'times through the data; 3 unless told'),
  batchSize: whole('N', 1, 'pictures per step; 64 unless told'),
  seed: whole('N', 0, 'decides first weights, order and drawn digits; 0 unless told'),
  learningRate: number('rate', { above: 0 }, 'the highest; depends on the optimizer unless told'),
  optimizer: choice(optimizerNames, 'adam unless told'),
  momentum: number('share', { least: 0, below: 1 }, 'of sgd (0.9 unless told) and rmsprop (0)'),
  weightDecay: number(
    'share',
    { least: 0 },
    'how strongly weights are pulled to 0; 0 unless told, for adamw 0.01',
  ),
  schedule: choice(scheduleNames, 'the learning rate over time; one-cycle unless told'),
  limit: whole('N', 1, 'use at most so many pictures for training and for the test'),
  output: alsoNamed('out', text('file', 'where the weights go; <model>.safetensors unless told')),
  checkpoint: text('file', 'where the checkpoint goes; beside the weights unless told'),
  resume: textOrAlone('file', '-', 'go on from the checkpoint, or from this file'),
  run: text(
    'folder',
    'record settings, figures, TensorBoard events, checkpoint and weights there; for striate runs',
  ),
  engine: choice(engineNames, 'wasm is fast, reference is plain loops in float64'),
  threads: whole('N', 1, 'threads that share the work; one for each core unless told'),
}

/** Where the checkpoint is taken from when `--resume` stands alone. */
export const ownCheckpoint = '-'

export interface Settings {
  readonly data: string
  readonly epochs: number
  readonly batchSize: number
  readonly seed: number
  readonly learningRate: number
  readonly optimizer: OptimizerName
  readonly momentum: number
  readonly weightDecay: number
  readonly schedule: ScheduleName
  readonly limit: number | undefined
  readonly engine: EngineName
  /** As many as the machine has cores unless told. */
  readonly threads: number | undefined
}

export interface Places {
  readonly weights: string
  readonly checkpoint: string
  /** The checkpoint to go on from. */
  readonly resume: string | undefined
  /** Whether the checkpoint is a file that the user asked for, which stays when training is over. */
  readonly keepsCheckpoint: boolean
  /** The folder that records the training. */
  readonly run: string | undefined
}

/** Rates with which networks of digits train well on a batch of 64. */
const usualRates: Readonly<Record<OptimizerName, number>> = {
  sgd: 0.05,
  adam: 0.004,
  adamw: 0.004,
  rmsprop: 0.001,
}

/** The settings of these options. Throws for options that exclude each other. */
export function settingsOf(values: TrainValues): Settings {
  const optimizer = values.optimizer ?? 'adam'
  if (values.momentum !== undefined && optimizer.startsWith('adam')) {
    throw new StriateError({
      op: 'train',
      argument: '--momentum',
      needs: 'must go with sgd or rmsprop',
      got: `--optimizer ${optimizer}`,
      hint: `${optimizer} has a momentum of its own`,
    })
  }
  return {
    data: values.data ?? 'drawn',
    epochs: values.epochs ?? 3,
    batchSize: values.batchSize ?? 64,
    seed: values.seed ?? 0,
    learningRate: values.learningRate ?? usualRates[optimizer],
    optimizer,
    momentum: values.momentum ?? (optimizer === 'sgd' ? 0.9 : 0),
    weightDecay: values.weightDecay ?? (optimizer === 'adamw' ? 0.01 : 0),
    schedule: values.schedule ?? 'one-cycle',
    limit: values.limit,
    engine: values.engine ?? 'wasm',
    threads: values.threads,
  }
}

/** The files of these options; a run folder holds those that have no other place. */
export function placesOf(model: string, values: TrainValues): Places {
  const run = values.run?.replace(/[/\\]+$/, '')
  const file = `${model}.safetensors`
  const weights = values.output ?? (run === undefined ? file : `${run}/${file}`)
  const beside = `${weights.replace(/\.safetensors$/, '')}.checkpoint.safetensors`
  const usual = run === undefined ? beside : `${run}/checkpoints/last.safetensors`
  const resumed = values.resume === ownCheckpoint ? undefined : values.resume
  const checkpoint = values.checkpoint ?? resumed ?? usual
  return {
    weights,
    checkpoint,
    resume: values.resume === undefined ? undefined : (resumed ?? checkpoint),
    keepsCheckpoint: values.checkpoint !== undefined || resumed !== undefined || run !== undefined,
    run,
  }
}

export function makeOptimizer(settings: Settings): Optimizer {
  const { learningRate, weightDecay, momentum } = settings
  switch (settings.optimizer) {
    case 'sgd':
      return sgd({ learningRate, weightDecay, momentum })
    case 'adam':
      return adam({ learningRate, weightDecay })
    case 'adamw':
      return adamw({ learningRate, weightDecay })
    case 'rmsprop':
      return rmsprop({ learningRate, weightDecay, momentum })
  }
}

export function makeSchedule({ schedule }: Settings): Schedule {
  switch (schedule) {
    case 'constant':
      return schedules.constant()
    case 'cosine':
      return schedules.cosine()
    case 'one-cycle':
      return schedules.oneCycle()
    case 'plateau':
      return schedules.plateau({ patience: 1 })
  }
}
