/** How well a network does on a data set: loss and metrics, in use. */

import type { Layer } from '../nn/layer.ts'
import { rejectUnknown } from '../options.ts'
import { compute } from '../tensor/compute.ts'
import { withoutTracking } from '../tensor/node.ts'
import { checkDataset, type Dataset } from './dataset.ts'
import { checkCount, checkFunction, checkNetwork } from './fitOptions.ts'
import { checkBatch, measure, totalsOf } from './measure.ts'
import type { Loss, Metrics } from './metrics.ts'
import { batchCount, batchIndices, epochOrder } from './sampler.ts'
import { checkMetrics, type Results, Tally } from './tally.ts'

export interface EvaluateOptions<M extends Metrics = Record<never, never>> {
  readonly loss: Loss
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
export async function evaluate<M extends Metrics = Record<never, never>>(
  net: Layer,
  dataset: Dataset,
  options: EvaluateOptions<M>,
): Promise<Results<M>> {
  const op = 'evaluate'
  checkNetwork(op, net)
  checkDataset(op, 'dataset', dataset)
  rejectUnknown(op, options, ['loss', 'metrics', 'batchSize', 'onBatch', 'signal'])
  const { loss, metrics = {}, batchSize = 64, onBatch, signal } = options
  checkFunction(op, 'loss', loss)
  checkCount(op, 'batchSize', batchSize)
  const measures = checkMetrics(op, metrics)
  const sampler = { length: dataset.length, batchSize, seed: 0, shuffle: false, dropLast: false }
  const order = epochOrder(sampler, 0)
  const batches = batchCount(sampler)
  const tally = new Tally<M>(measures)
  const restore = rememberModes(net)
  try {
    for (let batch = 0; batch < batches; batch++) {
      signal?.throwIfAborted()
      const indices = batchIndices(order, sampler, batch)
      const samples = checkBatch(op, await dataset.batch(indices), indices.length)
      // Set anew each time: whoever ran while a batch was read may have changed it.
      net.eval()
      const measured = withoutTracking(() => measure(net, samples, loss, measures))
      await compute([measured.loss, ...measured.sums.map(({ sums }) => sums)])
      tally.add(measured.loss.node.data![0]!, indices.length, totalsOf(measured.sums))
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
