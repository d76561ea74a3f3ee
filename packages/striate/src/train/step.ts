/** One training step: loss, gradients, new weights, optimizer states and running statistics in one evaluation. */
import type { Layer } from '../nn/layer.ts'
import type { State } from '../nn/state.ts'
import { mul } from '../ops/elementwise/arithmetic.ts'
import { compute } from '../tensor/compute.ts'
import { gradients } from '../tensor/gradients.ts'
import { fromData, type Tensor } from '../tensor/tensor.ts'
import { clipGradientNorm, clipGradientValue } from './clip.ts'
import type { Batch } from './dataset.ts'
import { measure } from './measure.ts'
import type { Loss, Metric } from './metrics.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { GradientReducer, ShardSums } from './reducer.ts'
import type { Total } from './tally.ts'

export interface StepContext {
  readonly net: Layer
  readonly optimizer: Optimizer
  readonly loss: Loss
  readonly metrics: ReadonlyMap<string, Metric<unknown>>
  readonly clipNorm: number | undefined
  readonly clipValue: number | undefined
  readonly reducer: GradientReducer
}

export interface StepResult {
  /** The mean loss before the step. */
  readonly loss: number
  readonly metrics: readonly Total[]
}

/**
 * Moves the network by one batch, handed in as its logical shards (null where one is empty or another
 * process's). If anything fails, or the loss is not finite, weights and states are what they were.
 */
export async function trainStep(
  context: StepContext,
  shards: readonly (Batch | null)[],
  samples: number,
): Promise<StepResult> {
  const { net, optimizer, metrics, reducer } = context
  const putBack = remember(net, optimizer)
  try {
    const parts = new Map<number, ShardSums>()
    for (const [shard, batch] of shards.entries())
      if (batch) parts.set(shard, shardSums(context, batch, samples))
    const sums = await reducer.reduce(parts, shards.length)
    const [loss, ...rest] = sums as [Tensor, ...Tensor[]]
    const measured = rest.slice(0, 2 * metrics.size)
    optimizer.update(clip(context, rest.slice(2 * metrics.size)))
    await compute([loss, ...measured])
    const value = loss.node.data![0]!
    if (!Number.isFinite(value)) putBack()
    const totals = Array.from({ length: metrics.size }, (_, at) => ({
      totals: Array.from(measured[2 * at]!.node.data!),
      count: measured[2 * at + 1]!.node.data![0]!,
    }))
    return { loss: value, metrics: totals }
  } catch (error) {
    putBack()
    throw error
  }
}

/** The share of the loss, sums and counts of the metrics, shares of the gradients. */
function shardSums(context: StepContext, batch: Batch, samples: number): ShardSums {
  const { net, optimizer, loss: lossOf, metrics } = context
  const { loss, sums } = measure(net, batch, lossOf, metrics)
  const own = batch.x.shape[0]!
  const found = gradients(loss, optimizer.parameters)
  // Σ over shards of (samples of the shard / samples) · mean of the shard is the mean of the batch.
  const share = (value: Tensor): Tensor => (own === samples ? value : mul(value, own / samples))
  const measured = sums.flatMap(({ sums: each, count }) => [
    each,
    fromData(Int32Array.of(count), [], 'int32'),
  ])
  return [share(loss), ...measured, ...found.map(share)]
}

function clip({ clipNorm, clipValue }: StepContext, found: readonly Tensor[]): readonly Tensor[] {
  const short = clipNorm === undefined ? found : clipGradientNorm(found, clipNorm).gradients
  return clipValue === undefined ? short : clipGradientValue(short, clipValue)
}

/** A function that gives weights, buffers, optimizer states and random streams the values that they have now. */
export function remember(net: Layer, optimizer: Optimizer): () => void {
  const states: State[] = [...net.parameters(), ...net.buffers(), ...optimizer.states().values()]
  const nodes = states.map(({ node }) => node)
  const random = net.randomStates()
  return () => {
    for (const [at, state] of states.entries()) state.node = nodes[at]!
    net.loadRandomStates(random)
  }
}
