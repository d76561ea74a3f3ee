/** Training into a checkpoint, and back: everything or nothing. */
import { describe, fail, StriateError } from '../errors.ts'
import { readCheckpoint, writeCheckpoint } from '../formats/checkpoint.ts'
import type { Layer } from '../nn/layer.ts'
import { compute } from '../tensor/compute.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { Schedule } from './schedules/schedule.ts'
import { remember } from './step.ts'
import { readTrainingState, type TrainingConfig, type TrainingState } from './trainingState.ts'

interface Saving {
  readonly net: Layer
  readonly optimizer: Optimizer
  readonly path: string
  readonly state: TrainingState
  /** The last good checkpoint, for the message if this one cannot be written. */
  readonly saved: string | null
}

/** Writes a checkpoint, unless a weight is not finite. */
export async function saveTraining(saving: Saving): Promise<void> {
  const { net, optimizer, path, state, saved } = saving
  const network = net.stateDict()
  await compute([...Object.values(network), ...optimizer.states().values()])
  // A loss can be finite while the step after it is not: such weights must not replace good ones.
  for (const [name, { node }] of Object.entries(network)) {
    const wrong = node.data!.find((value) => !Number.isFinite(value))
    if (wrong === undefined) continue
    const got = `${wrong} after step ${state.step}`
    const kept = `the last good checkpoint is ${describe(saved)}`
    const hint = saved === null ? 'no checkpoint was written' : kept
    fail({ op: 'fit', argument: `'${name}'`, needs: 'must be finite to be saved', got, hint })
  }
  const random = net.randomStates()
  const moments = optimizer.stateDict()
  await writeCheckpoint(path, { network, optimizer: moments, state: { ...state, random } })
}

interface Resuming {
  readonly net: Layer
  readonly optimizer: Optimizer
  readonly schedule: Schedule | undefined
  readonly path: string
  /** What must be as it was. */
  readonly config: TrainingConfig
  /** Names of the metrics. */
  readonly metrics: readonly string[]
  /** Batches of an epoch. */
  readonly batches: number
}

/** Gives the network and the optimizer what a checkpoint holds, and returns where training stood. */
export async function resumeTraining(resuming: Resuming): Promise<TrainingState> {
  const { net, optimizer, schedule, path, config, metrics, batches } = resuming
  const checkpoint = await readCheckpoint(path)
  const putBack = remember(net, optimizer)
  try {
    const state = readTrainingState(checkpoint.state, config, metrics)
    if (state.batch > batches) {
      const needs = `must be at most ${batches}`
      fail({ op: 'resume', argument: 'batch', needs, got: describe(state.batch) })
    }
    const watched = schedule ? schedule.checkState(state.schedule) : null
    net.loadStateDict(checkpoint.network)
    optimizer.loadStateDict(checkpoint.optimizer)
    net.loadRandomStates(state.random)
    return { ...state, schedule: watched }
  } catch (cause) {
    putBack()
    if (!(cause instanceof StriateError)) throw cause
    const needs = 'must be a checkpoint of this training'
    return fail({
      op: 'fit',
      argument: `resume ${describe(path)}`,
      needs,
      got: cause.message,
      cause,
    })
  }
}
