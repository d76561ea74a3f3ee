/** The training loop: batches in a reproducible order, one evaluation a step, checkpoints, and a way to stop. */
import { describe, fail } from '../errors.ts'
import type { Layer } from '../nn/layer.ts'
import { RandomStream } from '../random/index.ts'
import { type Batch, checkDataset, type Dataset } from './dataset.ts'
import { evaluate } from './evaluateNetwork.ts'
import {
  checkFitOptions,
  checkNetwork,
  type EpochRecord,
  type FitOptions,
  type History,
} from './fitOptions.ts'
import { checkBatch } from './measure.ts'
import type { Metric, Metrics } from './metrics.ts'
import { type GradientReducer, singleProcess } from './reducer.ts'
import { batchCount, batchIndices, epochOrder, type SamplerOptions, shardsOf } from './sampler.ts'
import { type StepContext, type StepResult, trainStep } from './step.ts'
import { checkMetrics, type Results, Tally, type TallyState } from './tally.ts'
import { resumeTraining, saveTraining } from './trainingCheckpoint.ts'
import type { TrainingConfig, TrainingState } from './trainingState.ts'

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
export async function fit<M extends Metrics = Record<never, never>>(
  net: Layer,
  dataset: Dataset,
  options: FitOptions<M>,
): Promise<History<M>> {
  checkNetwork('fit', net)
  checkDataset('fit', 'dataset', dataset)
  checkFitOptions(options)
  const training = new Training(net, dataset, options)
  await training.begin()
  try {
    return await training.run()
  } finally {
    net.eval()
  }
}

class Training<M extends Metrics> {
  readonly #net: Layer
  readonly #dataset: Dataset
  readonly #options: FitOptions<M>
  readonly #metrics: ReadonlyMap<string, Metric<unknown>>
  readonly #sampler: SamplerOptions
  readonly #shards: number
  readonly #reducer: GradientReducer
  readonly #config: TrainingConfig
  #state: TrainingState
  /** The last checkpoint of this run, or the one that it began with. */
  #saved: string | null = null

  constructor(net: Layer, dataset: Dataset, options: FitOptions<M>) {
    this.#net = net
    this.#dataset = dataset
    this.#options = options
    const { batchSize = 64, seed = 0, shuffle = true, dropLast = false, accumulate = 1 } = options
    this.#metrics = checkMetrics('fit', options.metrics ?? {})
    this.#sampler = { length: dataset.length, batchSize, seed, shuffle, dropLast }
    this.#shards = accumulate
    this.#reducer = options.reducer ?? singleProcess
    this.#config = {
      optimizer: options.optimizer.name,
      schedule: options.schedule?.name ?? 'none',
      samples: dataset.length,
      batchSize,
      seed,
      shuffle,
      dropLast,
      accumulate,
      metrics: [...this.#metrics.keys()].join(', '),
    }
    this.#state = {
      config: this.#config,
      epoch: 0,
      batch: 0,
      step: 0,
      learningRate: options.optimizer.learningRate,
      tally: this.#emptyTally(),
      schedule: options.schedule?.initial ?? null,
      random: {},
      history: [],
    }
    if (batchCount(this.#sampler) === 0) {
      const needs = `must be at most ${dataset.length}, the number of samples, with dropLast`
      fail({ op: 'fit', argument: 'batchSize', needs, got: describe(batchSize) })
    }
  }

  async begin(): Promise<void> {
    const { optimizer, resume = false, checkpoint } = this.#options
    optimizer.attach(this.#net)
    if (resume === false) seedLayers(this.#net, this.#sampler.seed)
    else await this.#resume(resume === true ? checkpoint!.path : resume)
  }

  async run(): Promise<History<M>> {
    const { epochs } = this.#options
    while (this.#state.epoch < epochs) {
      if (!(await this.#runEpoch())) return this.#end(true)
      if (!(await this.#closeEpoch())) return this.#end(true)
    }
    return this.#end(false)
  }

  /** The batches of an epoch that are left; false if the signal stopped them. */
  async #runEpoch(): Promise<boolean> {
    const { epoch } = this.#state
    const order = epochOrder(this.#sampler, epoch)
    const batches = batchCount(this.#sampler)
    const tally = new Tally<M>(this.#metrics, this.#state.tally)
    const every = this.#options.checkpoint?.every
    // The next batch is read while a step runs.
    let next = this.#read(order, this.#state.batch)
    this.#net.train()
    for (let batch = this.#state.batch; batch < batches; batch++) {
      if (this.#isStopped()) return false
      const shards = await next
      if (batch + 1 < batches) next = this.#read(order, batch + 1)
      const learningRate = this.#setLearningRate(batches)
      const indices = batchIndices(order, this.#sampler, batch)
      const result = await trainStep(this.#stepContext(), shards, indices.length)
      this.#checkFinite(result, batch)
      tally.add(result.loss, indices.length, result.metrics)
      const step = this.#state.step + 1
      this.#state = { ...this.#state, batch: batch + 1, step, learningRate, tally: tally.state }
      if (typeof every === 'number' && step % every === 0) await this.#save()
      await this.#options.onBatch?.({
        epoch: epoch + 1,
        epochs: this.#options.epochs,
        batch: batch + 1,
        batches,
        step,
        samples: indices.length,
        loss: result.loss,
        learningRate,
        running: tally.results(),
      })
    }
    return true
  }

  /** Measures, records and saves a finished epoch; false if the signal came before that was done. */
  async #closeEpoch(): Promise<boolean> {
    const { validation: dataset, metrics, loss, schedule } = this.#options
    const { signal, checkpoint, onEpoch } = this.#options
    let validation: Results<M> | undefined
    if (dataset) {
      if (this.#isStopped()) return false
      const { batchSize } = this.#sampler
      const asked = {
        loss,
        batchSize,
        ...(metrics ? { metrics } : {}),
        ...(signal ? { signal } : {}),
      }
      try {
        validation = await evaluate<M>(this.#net, dataset, asked)
      } catch (error) {
        if (signal?.aborted && error === signal.reason) return false
        throw error
      }
    }
    const results = new Tally<M>(this.#metrics, this.#state.tally).results()
    const epoch = this.#state.epoch + 1
    const record = {
      epoch,
      ...results,
      learningRate: this.#state.learningRate,
      ...(validation ? { validation } : {}),
    } as EpochRecord<M>
    this.#state = {
      ...this.#state,
      epoch,
      batch: 0,
      tally: this.#emptyTally(),
      schedule: schedule?.observe(this.#state.schedule, (validation ?? results).loss) ?? null,
      history: [...this.#state.history, record],
    }
    if (checkpoint && (checkpoint.every ?? 'epoch') === 'epoch') await this.#save()
    await onEpoch?.(record)
    return true
  }

  async #end(interrupted: boolean): Promise<History<M>> {
    // Otherwise the end of the last epoch has just been saved.
    const isLate = typeof this.#options.checkpoint?.every === 'number' || interrupted
    if (this.#options.checkpoint && isLate) await this.#save()
    const { history, step } = this.#state
    return { epochs: history as unknown as EpochRecord<M>[], steps: step, interrupted }
  }

  #isStopped(): boolean {
    return this.#options.signal?.aborted ?? false
  }

  #emptyTally(): TallyState {
    return new Tally(this.#metrics).state
  }

  /** The shards of a batch that are computed here; null where there are none. */
  #read(order: Uint32Array, batch: number): Promise<(Batch | null)[]> {
    const indices = batchIndices(order, this.#sampler, batch)
    const owned = new Set(this.#reducer.shards(this.#shards))
    const reading = shardsOf(indices, this.#shards).map(async (part, shard) => {
      if (part.length === 0 || !owned.has(shard)) return null
      return checkBatch('fit', await this.#dataset.batch(part), part.length)
    })
    const shards = Promise.all(reading)
    // An error is reported when the batch is waited for; until then it must not count as unhandled.
    shards.catch(() => undefined)
    return shards
  }

  #setLearningRate(batches: number): number {
    const { optimizer, schedule, epochs } = this.#options
    const { step, epoch, schedule: state } = this.#state
    if (schedule) {
      const [time, total] = schedule.every === 'step' ? [step, epochs * batches] : [epoch, epochs]
      optimizer.scheduleRates((base) => schedule.rate(base, time, total, state))
    } else {
      optimizer.scheduleRates((base) => base)
    }
    return optimizer.learningRate
  }

  #stepContext(): StepContext {
    const { loss, optimizer, clipNorm, clipValue } = this.#options
    const metrics = this.#metrics
    return { net: this.#net, optimizer, loss, metrics, clipNorm, clipValue, reducer: this.#reducer }
  }

  async #save(): Promise<void> {
    const { path } = this.#options.checkpoint!
    const { optimizer } = this.#options
    await saveTraining({ net: this.#net, optimizer, path, state: this.#state, saved: this.#saved })
    this.#saved = path
  }

  async #resume(path: string): Promise<void> {
    const { optimizer, schedule } = this.#options
    this.#state = await resumeTraining({
      net: this.#net,
      optimizer,
      schedule,
      path,
      config: this.#config,
      metrics: [...this.#metrics.keys()],
      batches: batchCount(this.#sampler),
    })
    this.#saved = path
  }

  #checkFinite({ loss }: StepResult, batch: number): void {
    if (Number.isFinite(loss)) return
    const { step, epoch } = this.#state
    const place = `at step ${step + 1} (epoch ${epoch + 1}, batch ${batch + 1})`
    const advice = 'a lower learning rate or clipNorm may help'
    const kept = 'the network is as before that step'
    const hint =
      this.#saved === null
        ? `${kept}; ${advice}`
        : `${kept}, and the last good checkpoint is ${describe(this.#saved)}; ${advice}`
    fail({ op: 'fit', argument: 'loss', needs: 'must be finite', got: `${loss} ${place}`, hint })
  }
}

/** Gives every layer that draws random numbers a stream of the seed and the layer's name. */
function seedLayers(net: Layer, seed: number): void {
  const root = new RandomStream(seed, 'fit')
  const names = Object.keys(net.randomStates())
  net.loadRandomStates(
    Object.fromEntries(names.map((name) => [name, root.split(`layer ${name}`).state] as const)),
  )
}
