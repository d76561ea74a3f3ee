/** The settings of a training as one flat list, so that two trainings can be compared. */
import { describe, fail } from '../errors.ts'
import { crc32 } from '../formats/checksum.ts'
import type { Layer } from '../nn/layer.ts'
import type { TrainingOptions } from './fitOptions.ts'
import type { Metrics } from './metrics.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { SamplerOptions } from './sampler.ts'
import type { Tallied } from './tally.ts'

export type Setting = string | number | boolean | null

/** Settings by name; those of a part have its name before a dot: `optimizer.learningRate`. */
export type TrainingConfig = Readonly<Record<string, Setting>>

/** Where training stands within an epoch means something only while these stay. */
const ofThePosition = [
  'samples',
  'batchSize',
  'seed',
  'shuffle',
  'dropLast',
  'sampling',
  'metrics',
  'losses',
]

interface Described {
  readonly net: Layer
  readonly optimizer: Optimizer
  readonly sampler: SamplerOptions
  readonly tallied: Tallied
  /** Settings of the losses. */
  readonly loss: Readonly<Record<string, unknown>>
  readonly earlyStopping: object | undefined
}

/** The settings that have a part in what a training does, besides its length. */
export function configOf<M extends Metrics>(
  options: TrainingOptions<M>,
  { net, optimizer, sampler, tallied, loss, earlyStopping }: Described,
): TrainingConfig {
  const { schedule, accumulate = 1, clipNorm = null, clipValue = null, average } = options
  const { length, batchSize, seed, shuffle, dropLast, drawn } = sampler
  const sums = drawn && new Uint8Array(drawn.sums.buffer)
  return {
    optimizer: optimizer.name,
    ...flat('optimizer', optimizer.settings),
    schedule: schedule?.name ?? 'none',
    ...flat('schedule', schedule?.settings ?? {}),
    ...flat('loss', loss),
    losses: tallied.losses.join(', '),
    metrics: [...tallied.metrics.keys()].join(', '),
    samples: length,
    batchSize,
    seed,
    shuffle,
    dropLast,
    sampling: drawn && sums ? `${drawn.count} by weights ${crc32(sums).toString(16)}` : 'none',
    accumulate,
    clipNorm,
    clipValue,
    frozen: net.parameters().filter(({ requiresGrad }) => !requiresGrad).length,
    average: average === undefined ? 'none' : 'ema',
    ...flat('average', average?.settings ?? {}),
    earlyStopping: earlyStopping !== undefined,
    ...flat('earlyStopping', earlyStopping ?? {}),
  }
}

/** Plain data under one name, its parts under theirs. */
export function flat(prefix: string, value: object): Record<string, Setting> {
  const entries = Object.entries(value).flatMap(([key, each]): [string, Setting][] => {
    const name = `${prefix}.${key}`
    if (each === undefined) return []
    if (Array.isArray(each) && each.every((one) => typeof one !== 'object'))
      return [[name, each.join(', ')]]
    if (typeof each === 'object' && each !== null) return Object.entries(flat(name, each))
    // JSON, which checkpoints are written in, has no infinities.
    if (typeof each === 'number' && !Number.isFinite(each)) return [[name, String(each)]]
    return [[name, each as Setting]]
  })
  return Object.fromEntries(entries)
}

/** A setting that two trainings do not have in common. */
export interface Difference {
  readonly name: string
  readonly before: unknown
  readonly now: unknown
}

export function differences(
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): Difference[] {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])]
  return names
    .filter((name) => (before[name] ?? null) !== (now[name] ?? null))
    .map((name) => ({ name, before: before[name], now: now[name] }))
}

/** Throws where training is to go on with settings that differ and were not accepted, naming them all. */
export function checkSameConfig(
  before: Readonly<Record<string, unknown>>,
  now: TrainingConfig,
  accept: true | readonly string[],
  isWithinEpoch: boolean,
): void {
  const op = 'resume'
  const found = differences(before, now)
  const isAccepted = ({ name }: Difference): boolean =>
    accept === true || accept.some((each) => name === each || name.startsWith(`${each}.`))
  const refused = found.filter((each) => !isAccepted(each))
  const [first, ...others] = refused
  if (first) {
    const needs = `must be ${describe(first.before)}, as when the checkpoint was written`
    const rest = others.map(
      (each) => `${each.name} was ${describe(each.before)} and is ${describe(each.now)}`,
    )
    const hint = rest.length === 0 ? {} : { hint: rest.join(', ') }
    fail({ op, argument: first.name, needs, got: describe(first.now), ...hint })
  }
  const moved = isWithinEpoch && found.find(({ name }) => ofThePosition.includes(name))
  if (!moved) return
  const needs = 'can change only between two epochs'
  const hint = 'the checkpoint was written within one'
  fail({ op, argument: moved.name, needs, got: describe(moved.now), hint })
}
