/** Training of one network on one loss, or on the sum of several. */

import type { Layer } from '../nn/layer.ts'
import { rejectUnknown } from '../options.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkDataset, type Dataset } from './dataset.ts'
import { examine } from './evaluateNetwork.ts'
import { checkFunction, checkNetwork, checkOptimizer, checkTrainingOptions } from './fitChecks.ts'
import { type FitOptions, fitOptionNames, type History } from './fitOptions.ts'
import { type Outputs, readLosses } from './losses.ts'
import { type Examination, measure } from './measure.ts'
import type { Metrics } from './metrics.ts'
import type { Turn } from './step.ts'
import { checkMetrics } from './tally.ts'
import { runTraining } from './training.ts'

/**
 * Trains a network on a data set, in place, and returns how it went. Afterwards the network is set to
 * use (as by `net.eval()`).
 *
 * The same seed, data, options and engine give the same weights to the last bit, whether training ran
 * through or was stopped and resumed from a checkpoint. A step computes the loss, the new weights, the
 * optimizer's states and running statistics in one evaluation. An optimizer that has moved this
 * network before goes on with its states.
 *
 * @throws StriateError for unknown or wrong options, an empty data set, a loss that is not finite (the
 * weights stay as before that step), or a checkpoint that is damaged or of another training.
 * @example
 * ```ts
 * import { fit, fromArrays, manualSeed, mean, nn, sgd, square, sub } from 'striate'
 * manualSeed(7)
 * const x = { data: Float32Array.of(-1, 0, 1, 2), shape: [4, 1] }
 * const target = { data: Float32Array.of(-1, 1, 3, 5), shape: [4, 1] }
 * const net = nn.linear(1, 1)
 * const history = await fit(net, fromArrays({ x, target }), {
 *   loss: (output, wanted) => mean(square(sub(output, wanted))),
 *   optimizer: sgd({ learningRate: 0.1 }),
 *   epochs: 60,
 *   batchSize: 2,
 * })
 * history.epochs.length // => 60
 * history.epochs.at(-1)!.loss < 1e-3 // => true
 * ```
 */
export async function fit<
  M extends Metrics = Record<never, never>,
  Output extends Tensor | Outputs = Tensor,
  Target extends Tensor | Outputs = Tensor,
>(
  net: Layer,
  dataset: Dataset<Target>,
  options: FitOptions<M, Output, Target>,
): Promise<History<M>> {
  const op = 'fit'
  checkNetwork(op, net)
  checkDataset(op, 'dataset', dataset)
  rejectUnknown(op, options, fitOptionNames)
  const { optimizer, validation, batchSize = 64, signal, forward } = options
  const loss = readLosses(op, options.loss as never)
  checkOptimizer(op, optimizer)
  if (forward !== undefined) checkFunction(op, 'forward', forward)
  if (validation !== undefined) checkDataset(op, 'validation', validation)
  checkTrainingOptions(op, options)
  const metrics = checkMetrics(op, options.metrics ?? {})
  const examination: Examination = { forward: forward ?? ((x) => net.forward(x)), loss, metrics }
  const turn: Turn = {
    optimizer,
    weighted: loss.weighted,
    weights: ({ x, target }) => loss.weights(target, x.shape[0]!),
    measure: (batch, totals) => measure(examination, batch, totals),
  }
  return runTraining({
    op,
    net,
    dataset,
    options,
    turns: [turn],
    optimizer,
    tallied: { metrics, losses: loss.names },
    loss: Object.fromEntries(loss.names.map((name, at) => [name, loss.factors[at]!])),
    validate:
      validation && (() => examine<M>(op, net, validation, examination, { batchSize, signal })),
  })
}
