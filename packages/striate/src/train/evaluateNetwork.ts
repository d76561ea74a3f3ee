/** How well a network does on a data set: loss and metrics, in use. */

import type { Layer } from '../nn/layer.ts'
import { rejectUnknown } from '../options.ts'
import { compute } from '../tensor/compute.ts'
import { withoutTracking } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Batch, checkDataset, type Dataset } from './dataset.ts'
import { checkCount, checkFunction, checkNetwork } from './fitChecks.ts'
import { type Loss, type Losses, type Outputs, readLosses } from './losses.ts'
import {
  checkBatch,
  type Examination,
  type Measured,
  measure,
  totalsOf,
  weightValue,
} from './measure.ts'
import type { Metrics } from './metrics.ts'
import { batchCount, batchIndices, epochOrder } from './sampler.ts'
import { checkMetrics, type Results, type Tallied, Tally } from './tally.ts'

export interface EvaluateOptions<
  M extends Metrics = Record<never, never>,
  Output extends Tensor | Outputs = Tensor,
  Target extends Tensor | Outputs = Tensor,
> {
  /** As for `fit`: a function, or losses by name whose sum counts. */
  readonly loss: Loss<Output, Target> | Losses
  /** What the network says of `x`, where that is not `net.forward(x)`. */
  readonly forward?: (x: Tensor) => Output
  /** Metrics by the names under which they are returned. */
  readonly metrics?: M
  /** Samples at a time; 64 by default. */
  readonly batchSize?: number
  /** Called after each batch. */
  readonly onBatch?: (progress: { readonly batch: number; readonly batches: number }) => void
  /** Ends the evaluation between two batches, with the signal's reason as the error. */
  readonly signal?: AbortSignal
}

/**
 * The mean loss of a network over a data set, and its metrics. The network is set to use (dropout
 * drops nothing, batch norm reads its running statistics) and afterwards to what it was.
 *
 * @throws StriateError for an empty data set, unknown options, or a loss that gives no single number.
 * @example
 * ```ts
 * import { evaluate, fromArrays, mean, nn, square, sub } from 'striate'
 * const dataset = fromArrays({ x: { data: Float32Array.of(1, 2), shape: [2, 1] } })
 * const { loss } = await evaluate(nn.identity(), dataset, { loss: (y, t) => mean(square(sub(y, t))) })
 * loss // => 0
 * ```
 */
export async function evaluate<
  M extends Metrics = Record<never, never>,
  Output extends Tensor | Outputs = Tensor,
  Target extends Tensor | Outputs = Tensor,
>(
  net: Layer,
  dataset: Dataset<Target>,
  options: EvaluateOptions<M, Output, Target>,
): Promise<Results<M>> {
  const op = 'evaluate'
  checkNetwork(op, net)
  checkDataset(op, 'dataset', dataset)
  rejectUnknown(op, options, ['loss', 'forward', 'metrics', 'batchSize', 'onBatch', 'signal'])
  const { forward = (x: Tensor) => net.forward(x), metrics = {}, batchSize = 64 } = options
  const { onBatch, signal } = options
  const loss = readLosses(op, options.loss as never)
  checkFunction(op, 'forward', forward)
  checkCount(op, 'batchSize', batchSize)
  const examination = { forward, loss, metrics: checkMetrics(op, metrics) }
  return examine<M>(op, net, dataset, examination, { batchSize, onBatch, signal })
}

interface ExamineOptions {
  readonly batchSize: number
  readonly onBatch?: EvaluateOptions['onBatch']
  readonly signal?: AbortSignal | undefined
}

/** Measures a data set by an output and its target, in use. */
export function examine<M extends Metrics>(
  op: string,
  net: Layer,
  dataset: Dataset<Tensor | Outputs>,
  examination: Examination,
  options: ExamineOptions,
): Promise<Results<M>> {
  const { loss, metrics } = examination
  const by = {
    metrics,
    losses: loss.names,
    measure: (batch: Samples) => measure(examination, batch),
  }
  return examineBy<M>(op, net, dataset, by, options)
}

type Samples = Batch<Tensor | Outputs>

/** How a batch is judged, and by which names. */
export interface Judgement extends Tallied {
  readonly measure: (batch: Samples) => Measured
}

/** Measures a data set, in use. */
export async function examineBy<M extends Metrics>(
  op: string,
  net: Layer,
  dataset: Dataset<Tensor | Outputs>,
  { metrics, losses, measure: judge }: Judgement,
  { batchSize, onBatch, signal }: ExamineOptions,
): Promise<Results<M>> {
  const sampler = { length: dataset.length, batchSize, seed: 0, shuffle: false, dropLast: false }
  const order = epochOrder(sampler, 0)
  const batches = batchCount(sampler)
  const tally = new Tally<M>({ metrics, losses })
  const restore = rememberModes(net)
  try {
    for (let batch = 0; batch < batches; batch++) {
      signal?.throwIfAborted()
      const indices = batchIndices(order, sampler, batch)
      const samples = checkBatch(op, await dataset.batch(indices), indices.length)
      // Set anew each time: whoever ran while a batch was read may have changed it.
      net.eval()
      const { loss: mean, sums, weight } = withoutTracking(() => judge(samples))
      const counts = [weight, ...sums.map(({ count }) => count)]
      const weights = counts.filter((count) => typeof count !== 'number')
      await compute([mean, ...sums.map(({ sums: each }) => each), ...weights])
      // A batch in which nothing counts has no mean.
      const total = weightValue(weight)
      tally.add(total === 0 ? 0 : mean.node.data![0]!, total, totalsOf(sums))
      onBatch?.({ batch: batch + 1, batches })
    }
  } finally {
    restore()
  }
  return tally.results()
}

/** A function that sets every layer back to the mode that it is in now. */
function rememberModes(net: Layer): () => void {
  const modes = net.namedLayers().map(([, layer]) => [layer, layer.training] as const)
  // A layer comes before what is inside it, so the inner mode is set last.
  return () => {
    for (const [layer, training] of modes) layer.train(training)
  }
}
