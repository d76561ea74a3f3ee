/** The training loop, whatever a step is: batches in a reproducible order, checkpoints, and ways to stop. */
import { describe, fail } from '../errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { BestWeights } from './bestWeights.ts'
import type { Batch } from './dataset.ts'
import { readEarlyStopping, type Watch } from './earlyStopping.ts'
import type { CheckpointOptions, EpochRecord, History, TrainingOptions } from './fitOptions.ts'
import type { Outputs } from './losses.ts'
import { checkBatch } from './measure.ts'
import type { Metrics } from './metrics.ts'
import { type GradientReducer, singleProcess } from './reducer.ts'
import { checkpointOf, isWithoutCheckpoint, openRecorder, type Recorder } from './run/recorder.ts'
import {
  batchCount,
  batchIndices,
  epochOrder,
  readSampling,
  type SamplerOptions,
  shardsOf,
} from './sampler.ts'
import { seedLayers } from './seedLayers.ts'
import { type StepResult, trainStep } from './step.ts'
import { type Results, Tally, type TallyState, tallyNames } from './tally.ts'
import { resumeTraining, saveTraining } from './trainingCheckpoint.ts'
import { configOf } from './trainingConfig.ts'
import type { TrainingPlan } from './trainingPlan.ts'
import type { TrainingState } from './trainingState.ts'

/** Trains the network of a plan in place, and sets it to use afterwards. */
export async function runTraining<M extends Metrics>(plan: TrainingPlan<M>): Promise<History<M>> {
  const training = new Training(plan)
  try {
    await training.begin()
    return await training.run()
  } finally {
    plan.net.eval()
    await training.close()
  }
}

class Training<M extends Metrics> {
  readonly #plan: TrainingPlan<M>
  readonly #options: TrainingOptions<M>
  readonly #sampler: SamplerOptions
  readonly #shards: number
  readonly #reducer: GradientReducer
  readonly #watch: Watch | null
  readonly #checkpoint: CheckpointOptions | undefined
  #recorder: Recorder | null = null
  #state: TrainingState
  #best: BestWeights | null = null
  /** The last checkpoint of this run, or the one that it began with. */
  #saved: string | null = null

  constructor(plan: TrainingPlan<M>) {
    this.#plan = plan
    const { op, net, dataset, options, optimizer, tallied, loss } = plan
    this.#options = options
    const { batchSize = 64, seed = 0, shuffle = true, dropLast = false, accumulate = 1 } = options
    const { length } = dataset
    const drawn = options.sampling && readSampling(op, options.sampling, length)
    this.#sampler = { length, batchSize, seed, shuffle, dropLast, drawn }
    this.#shards = accumulate
    this.#reducer = options.reducer ?? singleProcess
    this.#watch = options.earlyStopping
      ? readEarlyStopping(options.earlyStopping, [...tallied.metrics.keys()])
      : null
    this.#checkpoint = checkpointOf(options)
    optimizer.attach(net)
    options.average?.attach(net)
    this.#state = {
      config: configOf(options, {
        net,
        optimizer,
        sampler: this.#sampler,
        tallied,
        loss,
        earlyStopping: this.#watch?.settings,
      }),
      epoch: 0,
      batch: 0,
      step: 0,
      learningRate: optimizer.learningRate,
      tally: this.#emptyTally(),
      schedule: options.schedule?.initial ?? null,
      watch: this.#watch?.initial ?? null,
      random: {},
      history: [],
    }
    if (batchCount(this.#sampler) === 0) {
      const needs = `must be at most ${length}, the number of samples, with dropLast`
      fail({ op, argument: 'batchSize', needs, got: describe(batchSize) })
    }
  }

  async begin(): Promise<void> {
    const { resume = false, run, epochs } = this.#options
    const { net } = this.#plan
    const { path, accept = [] } = typeof resume === 'object' ? resume : { path: resume }
    const own = this.#checkpoint?.path
    // Of a run that ended before its first checkpoint there is nothing to go on with.
    const isLost =
      resume !== false &&
      run !== undefined &&
      (typeof path !== 'string' || path === own) &&
      (await isWithoutCheckpoint(run, own!))
    if (resume === false || isLost) seedLayers(net, this.#sampler.seed)
    else await this.#resume(typeof path === 'string' ? path : own!, accept)
    if (run === undefined) return
    const { config, epoch, step } = this.#state
    const batches = batchCount(this.#sampler)
    const resumed = resume === false ? null : { epoch, step }
    const start = { net, config, epochs, batches, resumed, checkpoint: own! }
    this.#recorder = await openRecorder(run, start)
  }

  async run(): Promise<History<M>> {
    const { epochs } = this.#options
    while (this.#state.epoch < epochs && !this.#isOver()) {
      if (!(await this.#runEpoch())) return this.#end(true)
      if (!(await this.#closeEpoch())) return this.#end(true)
    }
    return this.#end(false)
  }

  /** Lets go of files; after an error too. */
  async close(): Promise<void> {
    await this.#recorder?.close()
  }

  /** The batches of an epoch that are left; false if the signal stopped them. */
  async #runEpoch(): Promise<boolean> {
    const { epoch } = this.#state
    const order = epochOrder(this.#sampler, epoch)
    const batches = batchCount(this.#sampler)
    const tally = this.#tally()
    const every = this.#checkpoint?.every
    // The next batch is read while a step runs.
    let next = this.#read(order, this.#state.batch)
    this.#plan.net.train()
    for (let batch = this.#state.batch; batch < batches; batch++) {
      if (this.#isStopped()) return false
      const shards = await next
      if (batch + 1 < batches) next = this.#read(order, batch + 1)
      const learningRate = this.#setLearningRate(batches)
      const { length: samples } = batchIndices(order, this.#sampler, batch)
      const result = await this.#takeStep(shards, samples)
      this.#checkFinite(result, batch)
      tally.add(result.loss, result.weight, result.totals)
      const step = this.#state.step + 1
      this.#state = { ...this.#state, batch: batch + 1, step, learningRate, tally: tally.state }
      const progress = {
        epoch: epoch + 1,
        epochs: this.#options.epochs,
        batch: batch + 1,
        batches,
        step,
        samples,
        loss: result.loss,
        learningRate,
        running: tally.results(),
      }
      // Recorded before it is saved: what a run folder says beyond its checkpoint is taken back on resuming.
      await this.#recorder?.batch(progress)
      if (typeof every === 'number' && step % every === 0) await this.#save()
      await this.#options.onBatch?.(progress)
    }
    return true
  }

  /** Measures, records and saves a finished epoch; false if the signal came before that was done. */
  async #closeEpoch(): Promise<boolean> {
    const { schedule, onEpoch } = this.#options
    const validation = await this.#validate()
    if (validation === null) return false
    const results = this.#tally().results()
    const epoch = this.#state.epoch + 1
    const record = {
      epoch,
      ...results,
      learningRate: this.#state.learningRate,
      ...(validation ? { validation } : {}),
    } as EpochRecord<M>
    const watched = validation ?? results
    this.#state = {
      ...this.#state,
      epoch,
      batch: 0,
      tally: this.#emptyTally(),
      schedule: schedule?.observe(this.#state.schedule, watched.loss) ?? null,
      watch: this.#observe(epoch, watched),
      history: [...this.#state.history, record],
    }
    const { step } = this.#state
    await this.#recorder?.epoch(record, step)
    if (this.#checkpoint && (this.#checkpoint.every ?? 'epoch') === 'epoch') await this.#save()
    await onEpoch?.(record)
    return true
  }

  /** The results of the validation set; undefined without one, null if the signal came. */
  async #validate(): Promise<Results<M> | undefined | null> {
    const { signal, average } = this.#options
    const { validate } = this.#plan
    if (!validate) return undefined
    if (this.#isStopped()) return null
    try {
      return await (average ? average.apply(validate) : validate())
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return null
      throw error
    }
  }

  /** Where the watch of early stopping stands after an epoch; keeps the weights if they are the best. */
  #observe(epoch: number, results: object): TrainingState['watch'] {
    if (!this.#watch || !this.#state.watch) return null
    const watch = this.#watch.observe(this.#state.watch, epoch, results)
    if (watch.bestEpoch === epoch && this.#watch.settings.restoreBest)
      this.#best = BestWeights.of(this.#plan.net, this.#options.average)
    return watch
  }

  #isOver(): boolean {
    const { watch } = this.#state
    return this.#watch !== null && watch !== null && this.#watch.isOver(watch)
  }

  async #end(interrupted: boolean): Promise<History<M>> {
    // Otherwise the end of the last epoch has just been saved.
    const isLate = typeof this.#checkpoint?.every === 'number' || interrupted
    if (this.#checkpoint && isLate) await this.#save()
    const { history: epochs, step: steps, watch } = this.#state
    if (!interrupted) this.#best?.restore()
    const history = {
      epochs: epochs as unknown as EpochRecord<M>[],
      steps,
      interrupted,
      stoppedEarly: this.#isOver(),
      ...(watch === null || watch.best === null
        ? {}
        : { best: { epoch: watch.bestEpoch, value: watch.best } }),
    }
    await this.#recorder?.end(history)
    return history
  }

  #isStopped(): boolean {
    return this.#options.signal?.aborted ?? false
  }

  #tally(): Tally<M> {
    return new Tally<M>(this.#plan.tallied, this.#state.tally)
  }

  #emptyTally(): TallyState {
    return new Tally(this.#plan.tallied).state
  }

  /** The shards of a batch that are computed here; null where there are none. */
  #read(order: Uint32Array, batch: number): Promise<(Batch<Tensor | Outputs> | null)[]> {
    const { op, dataset } = this.#plan
    const { epoch } = this.#state
    const indices = batchIndices(order, this.#sampler, batch)
    const owned = new Set(this.#reducer.shards(this.#shards))
    const reading = shardsOf(indices, this.#shards).map(async (part, shard) => {
      if (part.length === 0 || !owned.has(shard)) return null
      return checkBatch(op, await dataset.batch(part, epoch), part.length)
    })
    const shards = Promise.all(reading)
    // An error is reported when the batch is waited for; until then it must not count as unhandled.
    shards.catch(() => undefined)
    return shards
  }

  #setLearningRate(batches: number): number {
    const { schedule, epochs } = this.#options
    const { optimizer } = this.#plan
    const { step, epoch, schedule: state } = this.#state
    if (schedule) {
      const [time, total] = schedule.every === 'step' ? [step, epochs * batches] : [epoch, epochs]
      optimizer.scheduleRates((base) => schedule.rate(base, time, total, state))
    } else {
      optimizer.scheduleRates((base) => base)
    }
    return optimizer.learningRate
  }

  #takeStep(
    shards: readonly (Batch<Tensor | Outputs> | null)[],
    samples: number,
  ): Promise<StepResult> {
    const { clipNorm, clipValue, average } = this.#options
    const { net, turns, optimizer } = this.#plan
    const reducer = this.#reducer
    return trainStep(
      { net, turns, optimizer, average, clipNorm, clipValue, reducer },
      shards,
      samples,
    )
  }

  async #save(): Promise<void> {
    const { path } = this.#checkpoint!
    const { net, optimizer } = this.#plan
    const { average } = this.#options
    const [state, best, saved] = [this.#state, this.#best, this.#saved]
    await saveTraining({ net, optimizer, average, path, state, best, saved })
    this.#saved = path
  }

  async #resume(path: string, accept: true | readonly string[]): Promise<void> {
    const { average, schedule } = this.#options
    const { net, optimizer, tallied } = this.#plan
    const { state, best } = await resumeTraining({
      net,
      optimizer,
      average,
      schedule,
      watch: this.#watch,
      path,
      expected: { config: this.#state.config, accept, totals: tallyNames(tallied) },
      batches: batchCount(this.#sampler),
    })
    this.#state = state
    this.#best = best
    this.#saved = path
  }

  #checkFinite({ loss }: StepResult, batch: number): void {
    if (Number.isFinite(loss)) return
    const { step, epoch } = this.#state
    const { op } = this.#plan
    const place = `at step ${step + 1} (epoch ${epoch + 1}, batch ${batch + 1})`
    const advice = 'a lower learning rate or clipNorm may help'
    const kept = 'the network is as before that step'
    const hint =
      this.#saved === null
        ? `${kept}; ${advice}`
        : `${kept}, and the last good checkpoint is ${describe(this.#saved)}; ${advice}`
    fail({ op, argument: 'loss', needs: 'must be finite', got: `${loss} ${place}`, hint })
  }
}
