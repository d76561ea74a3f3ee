/** The checks of what trainings are told. */
import { describe, fail } from '../errors.ts'
import { Layer } from '../nn/layer.ts'
import { rejectUnknown } from '../options.ts'
import type { CheckpointOptions, TrainingOptions } from './fitOptions.ts'
import type { Metrics } from './metrics.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import { checkFlag } from './optimizers/rule.ts'
import { checkRun } from './run/runOptions.ts'
import type { Schedule } from './schedules/schedule.ts'

/** Throws unless the options that all trainings share make sense. */
export function checkTrainingOptions<M extends Metrics>(
  op: string,
  options: TrainingOptions<M>,
): void {
  checkCount(op, 'epochs', options.epochs, 0)
  checkCount(op, 'batchSize', options.batchSize ?? 64)
  checkCount(op, 'seed', options.seed ?? 0, 0)
  checkFlag(op, 'shuffle', options.shuffle ?? true)
  checkFlag(op, 'dropLast', options.dropLast ?? false)
  checkCount(op, 'accumulate', options.accumulate ?? 1)
  checkPositive(op, 'clipNorm', options.clipNorm)
  checkPositive(op, 'clipValue', options.clipValue)
  if (options.schedule !== undefined) checkSchedule(op, options.schedule)
  if (options.average !== undefined) checkAverage(op, options.average)
  if (options.onBatch !== undefined) checkFunction(op, 'onBatch', options.onBatch)
  if (options.onEpoch !== undefined) checkFunction(op, 'onEpoch', options.onEpoch)
  if (options.checkpoint !== undefined) checkCheckpoint(op, options.checkpoint)
  if (options.run !== undefined) checkRun(op, options.run)
  checkResume(op, options)
}

export function checkNetwork(op: string, net: Layer): void {
  if (net instanceof Layer) return
  fail({ op, argument: 'net', needs: 'must be a layer', got: describe(net) })
}

export function checkFunction(op: string, argument: string, value: unknown): void {
  if (typeof value === 'function') return
  fail({ op, argument, needs: 'must be a function', got: describe(value) })
}

/** Throws unless `value` is a whole number of at least `least`. */
export function checkCount(op: string, argument: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return
  fail({ op, argument, needs: `must be a whole number of at least ${least}`, got: describe(value) })
}

export function checkOptimizer(op: string, optimizer: Optimizer, argument = 'optimizer'): void {
  const isOptimizer =
    typeof optimizer?.attach === 'function' && typeof optimizer.update === 'function'
  if (isOptimizer) return
  const hint = 'adam() makes one'
  fail({ op, argument, needs: 'must be an optimizer', got: describe(optimizer), hint })
}

function checkPositive(op: string, argument: string, value: number | undefined): void {
  if (value === undefined || (value > 0 && value < Number.POSITIVE_INFINITY)) return
  fail({ op, argument, needs: 'must be a finite number above 0', got: describe(value) })
}

function checkSchedule(op: string, schedule: Schedule): void {
  if (typeof schedule?.rate === 'function' && typeof schedule.observe === 'function') return
  const hint = 'schedules.cosine() makes one'
  fail({ op, argument: 'schedule', needs: 'must be a schedule', got: describe(schedule), hint })
}

function checkAverage(op: string, average: { readonly apply?: unknown } | null): void {
  if (typeof average?.apply === 'function') return
  const hint = 'ema() makes one'
  fail({ op, argument: 'average', needs: 'must be an average', got: describe(average), hint })
}

function checkCheckpoint(op: string, checkpoint: CheckpointOptions): void {
  rejectUnknown(`${op}: checkpoint`, checkpoint, ['path', 'every'])
  const { path, every = 'epoch' } = checkpoint
  if (typeof path !== 'string' || path === '')
    fail({ op, argument: 'checkpoint.path', needs: 'must name a file', got: describe(path) })
  if (every !== 'epoch') checkCount(op, 'checkpoint.every', every)
}

function checkResume<M extends Metrics>(op: string, options: TrainingOptions<M>): void {
  const { resume = false, checkpoint, run } = options
  const isObject = typeof resume === 'object' && resume !== null
  if (isObject) {
    rejectUnknown(`${op}: resume`, resume, ['path', 'accept'])
    const { accept = [] } = resume
    if (accept !== true && !(Array.isArray(accept) && accept.every((x) => typeof x === 'string'))) {
      const needs = 'must be true or a list of names of settings'
      fail({ op, argument: 'resume.accept', needs, got: describe(accept) })
    }
  }
  const path = isObject ? (resume.path ?? true) : resume
  const isPath = typeof path === 'string' && path !== ''
  if (!isPath && typeof path !== 'boolean')
    fail({ op, argument: 'resume', needs: 'must be true, false or a path', got: describe(resume) })
  if (path === true && checkpoint === undefined && run === undefined) {
    const hint = 'checkpoint: { path } names the file'
    const got = describe(resume)
    fail({ op, argument: 'resume', needs: 'needs a file to resume from', got, hint })
  }
}
