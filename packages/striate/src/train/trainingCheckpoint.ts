/** Training into a checkpoint, and back: everything or nothing. */
import { describe, fail, StriateError } from '../errors.ts'
import { readCheckpoint, writeCheckpoint } from '../formats/checkpoint.ts'
import type { Layer } from '../nn/layer.ts'
import { compute } from '../tensor/compute.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { WeightAverage } from './average.ts'
import { BestWeights } from './bestWeights.ts'
import type { Watch } from './earlyStopping.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { Schedule } from './schedules/schedule.ts'
import { remember } from './step.ts'
import { type Expected, readTrainingState, type TrainingState } from './trainingState.ts'

/** All that training changes, and a checkpoint holds. */
export interface Trainees {
  readonly net: Layer
  readonly optimizer: Optimizer
  readonly average: WeightAverage | undefined
}

interface Saving extends Trainees {
  readonly path: string
  readonly state: TrainingState
  /** The weights of the best epoch, where they are kept. */
  readonly best: BestWeights | null
  /** The last good checkpoint, for the message if this one cannot be written. */
  readonly saved: string | null
}

/** Writes a checkpoint, unless a weight is not finite. */
export async function saveTraining(saving: Saving): Promise<void> {
  const { net, optimizer, average, path, state, best, saved } = saving
  const network = net.stateDict()
  const averages = average?.stateDict()
  const known = [...Object.values(network), ...Object.values(averages ?? {})]
  await compute([...known, ...optimizer.states().values()])
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
  await writeCheckpoint(path, {
    network,
    optimizer: optimizer.stateDict(),
    ...(averages ? { average: averages } : {}),
    ...(best ? { best: best.stateDict() } : {}),
    state: { ...state, random },
  })
}

interface Resuming extends Trainees {
  readonly schedule: Schedule | undefined
  readonly watch: Watch | null
  readonly path: string
  readonly expected: Expected
  /** Batches of an epoch. */
  readonly batches: number
}

export interface Resumed {
  readonly state: TrainingState
  readonly best: BestWeights | null
}

/** Gives everything that trains what a checkpoint holds, and returns where training stood. */
export async function resumeTraining(resuming: Resuming): Promise<Resumed> {
  const { net, optimizer, average, schedule, watch, path, expected, batches } = resuming
  const checkpoint = await readCheckpoint(path)
  const putBack = remember(net, optimizer, average)
  try {
    const state = readTrainingState(checkpoint.state, expected)
    if (state.batch > batches) {
      const needs = `must be at most ${batches}`
      fail({ op: 'resume', argument: 'batch', needs, got: describe(state.batch) })
    }
    const scheduled = schedule ? schedule.checkState(state.schedule ?? schedule.initial) : null
    const watched = watch ? watch.checkState(state.watch ?? watch.initial) : null
    net.loadStateDict(checkpoint.network)
    optimizer.loadStateDict(checkpoint.optimizer)
    // An average that came since begins with the next step.
    if (average && checkpoint.average) average.loadStateDict(checkpoint.average)
    net.loadRandomStates(state.random)
    const best = watched && readBest(net, average, checkpoint.best)
    return { state: { ...state, schedule: scheduled, watch: watched }, best }
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

function readBest(
  net: Layer,
  average: WeightAverage | undefined,
  values: Readonly<Record<string, Tensor>> | undefined,
): BestWeights | null {
  return values === undefined ? null : BestWeights.fromStateDict(net, average, values)
}
