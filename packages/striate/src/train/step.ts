/** One training step: loss, gradients, new weights, optimizer states and running statistics in one evaluation. */
import type { Layer } from '../nn/layer.ts'
import type { State } from '../nn/state.ts'
import { compute } from '../tensor/compute.ts'
import { gradients } from '../tensor/gradients.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { WeightAverage } from './average.ts'
import { clipGradientNorm, clipGradientValue } from './clip.ts'
import type { Batch } from './dataset.ts'
import type { Outputs, Weight } from './losses.ts'
import { countTensor, type Measured, weightValue } from './measure.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { GradientReducer, ShardSums } from './reducer.ts'
import type { Total } from './tally.ts'

type AnyBatch = Batch<Tensor | Outputs>

/** A move of some parameters against the gradients of one loss; a step makes one or several. */
export interface Turn {
  readonly optimizer: Optimizer
  /** Whether the mean of each loss goes over weights, not over samples. */
  readonly weighted: readonly boolean[]
  /** What the mean of each loss goes over, in a part of a batch. */
  weights(batch: AnyBatch): readonly Weight[]
  /** The loss and the sums of a part of a batch, where `totals` are the weights of the whole. */
  measure(batch: AnyBatch, totals: readonly Weight[]): Measured
}

export interface StepContext {
  readonly net: Layer
  readonly turns: readonly Turn[]
  /** All that the turns' optimizers keep. */
  readonly optimizer: Optimizer
  readonly average: WeightAverage | undefined
  readonly clipNorm: number | undefined
  readonly clipValue: number | undefined
  readonly reducer: GradientReducer
}

export interface StepResult {
  /** The mean loss before the step; of several turns, the sum. */
  readonly loss: number
  /** What the loss is the mean over: samples, or the weights of a loss that has them. */
  readonly weight: number
  readonly totals: readonly Total[]
}

/**
 * Moves the network by one batch, handed in as its logical shards (null where one is empty or another
 * process's). If anything fails, or the loss is not finite, weights and states are what they were.
 */
export async function trainStep(
  context: StepContext,
  shards: readonly (AnyBatch | null)[],
  samples: number,
): Promise<StepResult> {
  const { net, turns, optimizer, average } = context
  const putBack = remember(net, optimizer, average)
  try {
    const results: StepResult[] = []
    for (const [at, turn] of turns.entries()) {
      const isLast = at === turns.length - 1
      const result = await takeTurn(context, turn, shards, samples, isLast ? average : undefined)
      results.push(result)
      if (Number.isFinite(result.loss)) continue
      putBack()
      break
    }
    return {
      loss: results.reduce((sum, { loss }) => sum + loss, 0),
      weight: results[0]!.weight,
      totals: results.flatMap(({ totals }) => totals),
    }
  } catch (error) {
    putBack()
    throw error
  }
}

async function takeTurn(
  context: StepContext,
  turn: Turn,
  shards: readonly (AnyBatch | null)[],
  samples: number,
  average: WeightAverage | undefined,
): Promise<StepResult> {
  const { reducer } = context
  const totals = await totalWeights(turn, shards, samples, reducer)
  const parts = new Map<number, ShardSums>()
  let measures = 0
  for (const [shard, batch] of shards.entries()) {
    if (!batch) continue
    const { loss, sums } = turn.measure(batch, totals)
    measures = sums.length
    const found = gradients(loss, turn.optimizer.parameters)
    const measured = sums.flatMap(({ sums: each, count }) => [each, countTensor(count)])
    parts.set(shard, [loss, ...measured, ...found])
  }
  const [loss, ...rest] = (await reducer.reduce(parts, shards.length)) as [Tensor, ...Tensor[]]
  // A process that computed no part knows the number of sums from what the others sent.
  measures = parts.size > 0 ? measures : (rest.length - turn.optimizer.parameters.length) / 2
  const measured = rest.slice(0, 2 * measures)
  turn.optimizer.update(clip(context, rest.slice(2 * measures)))
  average?.update()
  const weights = totals.filter((each) => typeof each !== 'number')
  await compute([loss, ...measured, ...weights])
  return {
    loss: loss.node.data![0]!,
    // Several losses go over different things; what they have in common are the samples.
    weight: totals.length === 1 ? weightValue(totals[0]!) : samples,
    totals: Array.from({ length: measures }, (_, at) => ({
      totals: Array.from(measured[2 * at]!.node.data!),
      count: measured[2 * at + 1]!.node.data![0]!,
    })),
  }
}

/** What the mean of each loss goes over in the whole batch: its samples, or the weights of all shards. */
async function totalWeights(
  turn: Turn,
  shards: readonly (AnyBatch | null)[],
  samples: number,
  reducer: GradientReducer,
): Promise<readonly Weight[]> {
  const { weighted } = turn
  if (!weighted.includes(true)) return weighted.map(() => samples)
  const places = weighted.flatMap((isWeighted, at) => (isWeighted ? [at] : []))
  const parts = new Map<number, ShardSums>()
  for (const [shard, batch] of shards.entries()) {
    if (!batch) continue
    const weights = turn.weights(batch)
    parts.set(
      shard,
      places.map((at) => weights[at] as Tensor),
    )
  }
  const sums = await reducer.reduce(parts, shards.length)
  return weighted.map((isWeighted, at) => (isWeighted ? sums[places.indexOf(at)]! : samples))
}

function clip({ clipNorm, clipValue }: StepContext, found: readonly Tensor[]): readonly Tensor[] {
  const short = clipNorm === undefined ? found : clipGradientNorm(found, clipNorm).gradients
  return clipValue === undefined ? short : clipGradientValue(short, clipValue)
}

/** A function that gives weights, buffers, states and random streams the values that they have now. */
export function remember(
  net: Layer,
  optimizer: Optimizer,
  average: WeightAverage | undefined,
): () => void {
  const kept = average ? [...average.states().values()] : []
  const own = [...net.parameters(), ...net.buffers(), ...optimizer.states().values()]
  const states: State[] = [...own, ...kept]
  const nodes = states.map(({ node }) => node)
  const random = net.randomStates()
  return () => {
    for (const [at, state] of states.entries()) state.node = nodes[at]!
    net.loadRandomStates(random)
  }
}
