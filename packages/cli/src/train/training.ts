/** A training that was prepared, and its two halves: learning and the test. */
import { accuracy, crossEntropy, type Dataset, evaluate, fit, type History, type nn } from 'striate'
import type { Request } from '../command.ts'
import type { DigitNetwork } from '../networks.ts'
import type { Progress } from '../terminal/progress.ts'
import { percent } from '../terminal/wording.ts'
import type { DigitData } from './digitData.ts'
import { datasetOf } from './digitDataset.ts'
import { breather } from './interrupt.ts'
import {
  makeOptimizer,
  makeSchedule,
  type Places,
  type Settings,
  type TrainValues,
} from './settings.ts'

export interface Training {
  readonly request: Request<TrainValues>
  readonly network: DigitNetwork
  readonly net: nn.Layer
  readonly settings: Settings
  readonly places: Places
  readonly data: DigitData
}

export type TrainMetrics = { readonly accuracy: ReturnType<typeof accuracy> }
export type TrainHistory = History<TrainMetrics>

export interface TestResult {
  readonly loss: number
  readonly accuracy: number
}

/** What a test measures at a time. */
const testBatch = 500

/** Trains until the end or until the signal, and shows how it goes. */
export function learn(
  { net, network, settings, places, data }: Training,
  progress: Progress,
  signal: AbortSignal,
): Promise<TrainHistory> {
  const { length } = data.train
  const { batchSize, epochs, seed } = settings
  return fit<TrainMetrics>(net, breathing(datasetOf(data.train, network.ink)), {
    loss: crossEntropy,
    optimizer: makeOptimizer(settings),
    schedule: makeSchedule(settings),
    metrics: { accuracy: accuracy() },
    epochs,
    batchSize,
    seed,
    checkpoint: { path: places.checkpoint },
    ...(places.run === undefined
      ? {}
      : { run: { folder: places.run, network: network.name, config: { data: settings.data } } }),
    ...(places.resume === undefined ? {} : { resume: places.resume }),
    signal,
    onBatch: ({ epoch, batch, running }) =>
      progress.update({
        label: `epoch ${epoch}/${epochs}`,
        done: Math.min(batch * batchSize, length),
        total: length,
        later: (epochs - epoch) * length,
        figures: [`loss ${running.loss.toFixed(3)}`, `accuracy ${percent(running.accuracy, 1)}`],
      }),
    onEpoch: ({ epoch, loss, accuracy: right }) =>
      progress.line(
        `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${percent(right)}`,
      ),
  })
}

/** Measures the network on the digits that it never saw; null if the signal came before the end. */
export async function test(
  { net, network, data }: Training,
  progress: Progress,
  signal: AbortSignal,
): Promise<TestResult | null> {
  const { length } = data.test
  try {
    return await evaluate(net, breathing(datasetOf(data.test, network.ink)), {
      loss: crossEntropy,
      metrics: { accuracy: accuracy() },
      batchSize: testBatch,
      signal,
      onBatch: ({ batch }) =>
        progress.update({
          label: 'test',
          done: Math.min(batch * testBatch, length),
          total: length,
        }),
    })
  } catch (error) {
    if (signal.aborted && error === signal.reason) return null
    throw error
  }
}

/** The same samples, handed out so that the process hears signals in between. */
function breathing(dataset: Dataset): Dataset {
  const breathe = breather()
  return {
    length: dataset.length,
    batch: async (indices) => {
      await breathe()
      return dataset.batch(indices)
    },
  }
}
