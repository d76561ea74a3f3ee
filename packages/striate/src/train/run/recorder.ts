/** Records a training in its folder while it goes: nothing is rewritten, so that nothing is lost when the program ends. */
import { getEngine } from '../../engine/current.ts'
import { describe, fail } from '../../errors.ts'
import { codeOf, explained, nodeFiles, readBytes, writeAtomic } from '../../formats/files.ts'
import type { Layer } from '../../nn/layer.ts'
import { compute } from '../../tensor/compute.ts'
import type {
  BatchProgress,
  CheckpointOptions,
  EpochRecord,
  History,
  TrainingOptions,
} from '../fitOptions.ts'
import type { Metrics } from '../metrics.ts'
import { type EventFile, eventFile } from '../tensorboard/eventFile.ts'
import type { TrainingConfig } from '../trainingConfig.ts'
import {
  lineOf,
  parseLines,
  type RunConfig,
  type RunLine,
  runFiles,
  runFormat,
} from './runFiles.ts'
import { type RunOptions, runOptionsOf } from './runOptions.ts'

export interface Recorder {
  batch(progress: BatchProgress<Metrics>): Promise<void>
  epoch(record: EpochRecord<Metrics>, step: number): Promise<void>
  end(history: History<Metrics>): Promise<void>
  close(): Promise<void>
}

export interface RunStart {
  readonly net: Layer
  readonly config: TrainingConfig
  readonly epochs: number
  /** Steps of an epoch. */
  readonly batches: number
  /** Where training goes on from; null if it begins. */
  readonly resumed: { readonly epoch: number; readonly step: number } | null
  /** Where the checkpoint is to be. */
  readonly checkpoint: string
}

const op = 'fit'

/** The checkpoint that is asked for; a run folder has one of its own. */
export function checkpointOf<M extends Metrics>({
  checkpoint,
  run,
}: TrainingOptions<M>): CheckpointOptions | undefined {
  if (checkpoint !== undefined || run === undefined) return checkpoint
  return { path: `${runOptionsOf(run).folder}/${runFiles.checkpoint}` }
}

/**
 * Whether a run folder holds a training that ended before its first checkpoint, so that resuming it means to begin
 * again.
 */
export async function isWithoutCheckpoint(
  run: string | RunOptions,
  checkpoint: string,
): Promise<boolean> {
  if (await isThere(checkpoint)) return false
  return (await readConfig(runOptionsOf(run).folder)) !== null
}

async function isThere(path: string): Promise<boolean> {
  const { stat } = await nodeFiles(op)
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false
      throw error
    },
  )
}

/** Throws for a folder whose run must not be lost. One in which nothing was recorded yet is begun again. */
async function refuseRun(folder: string, checkpoint: string): Promise<void> {
  const place = `run ${describe(folder)}`
  const hasCheckpoint = await isThere(checkpoint)
  const path = `${folder}/${runFiles.metrics}`
  const text = (await isThere(path)) ? new TextDecoder().decode(await readBytes(path)) : ''
  if (!hasCheckpoint && parseLines(text).length === 0) return
  const hint = hasCheckpoint
    ? 'resume: true goes on with it'
    : 'it ended before its first checkpoint: resume: true begins it again'
  fail({ op, argument: place, needs: 'must be a new folder', got: 'one that holds a run', hint })
}

/**
 * Opens a folder for recording. One that holds a run already is gone on with where training is
 * resumed, what it says beyond that taken back, and is otherwise refused, if anything is in it.
 */
export async function openRecorder(run: string | RunOptions, start: RunStart): Promise<Recorder> {
  const options = runOptionsOf(run)
  const { folder, every = 1, histograms = false } = options
  const { net, resumed } = start
  const { mkdir, open } = await nodeFiles(op)
  const place = `run ${describe(folder)}`
  await explained(op, place, () => mkdir(`${folder}/checkpoints`, { recursive: true }))
  const before = await readConfig(folder)
  if (before && !resumed) await refuseRun(folder, start.checkpoint)
  await writeAtomic(`${folder}/${runFiles.config}`, configBytes(options, start, before))
  const metricsPath = `${folder}/${runFiles.metrics}`
  const kept = resumed && before ? await takeBack(metricsPath, resumed) : []
  const events = await eventFile(folder, resumed ? { after: resumed.step } : {})
  const metrics = await explained(op, place, () => open(metricsPath, 'a'))
  const secondsBefore = kept.reduce(
    (most, line) => ('seconds' in line ? Math.max(most, line.seconds as number) : most),
    0,
  )
  const began = performance.now()
  const seconds = (): number =>
    Math.round(1000 * secondsBefore + (performance.now() - began)) / 1000
  const append = (line: RunLine): Promise<void> =>
    explained(op, place, () => metrics.appendFile(lineOf(line)))
  return {
    async batch({ step, epoch, loss, learningRate }) {
      if (step % every !== 0) return
      await append({ kind: 'step', step, epoch, loss, learningRate, seconds: seconds() })
      await events.scalars({ 'batch/loss': loss, 'batch/learningRate': learningRate }, step)
    },
    async epoch(record, step) {
      await append({ kind: 'epoch', step, ...record, seconds: seconds() })
      const { epoch: _epoch, learningRate: _rate, validation = {}, ...train } = record
      await events.scalars(
        { ...scalars('train', train), ...scalars('validation', validation) },
        step,
      )
      if (histograms) await recordHistograms(events, net, step)
      await metrics.sync()
    },
    async end({ steps, interrupted, stoppedEarly }) {
      await append({ kind: 'end', steps, interrupted, stoppedEarly, seconds: seconds() })
    },
    async close() {
      await metrics.close()
      await events.close()
    },
  }
}

function configBytes(
  { network, config = {} }: RunOptions,
  { net, config: settings, epochs, batches }: RunStart,
  before: RunConfig | null,
): Uint8Array {
  const sizes = (all: readonly { readonly size: number }[]): number =>
    all.reduce((sum, { size }) => sum + size, 0)
  const parameters = net.parameters()
  const held: RunConfig = {
    format: runFormat,
    started: before?.started ?? new Date().toISOString(),
    network: network ?? net.kind,
    parameters: sizes(parameters),
    trained: sizes(parameters.filter(({ requiresGrad }) => requiresGrad)),
    epochs,
    batches,
    engine: getEngine(),
    settings,
    config,
  }
  return new TextEncoder().encode(`${JSON.stringify(held, undefined, 2)}\n`)
}

/** The configuration of the run that a folder holds; null if it holds none. */
export async function readConfig(folder: string): Promise<RunConfig | null> {
  const path = `${folder}/${runFiles.config}`
  if (!(await isThere(path))) return null
  const text = new TextDecoder().decode(await readBytes(path))
  try {
    const value = JSON.parse(text) as Partial<RunConfig> | null
    if (value?.format === runFormat && typeof value.settings === 'object') return value as RunConfig
  } catch {
    // Told below.
  }
  const needs = `must be the configuration of a run (${runFormat})`
  return fail({ op: 'readRun', argument: describe(path), needs, got: describe(text.slice(0, 40)) })
}

/** Leaves in the metrics file what had happened when the checkpoint was written. */
async function takeBack(
  path: string,
  resumed: { readonly epoch: number; readonly step: number },
): Promise<RunLine[]> {
  if (!(await isThere(path))) return []
  const lines = parseLines(new TextDecoder().decode(await readBytes(path)))
  const kept = lines.filter((line) => {
    if (line.kind === 'step') return line.step <= resumed.step
    return line.kind === 'epoch' && line.epoch <= resumed.epoch
  })
  await writeAtomic(path, new TextEncoder().encode(kept.map(lineOf).join('')))
  return kept
}

/** The results that are one number, under names with the part before them. */
function scalars(part: string, results: object): Record<string, number> {
  const entries = Object.entries(results).flatMap(([name, value]): [string, number][] => {
    if (typeof value === 'number') return [[`${part}/${name}`, value]]
    if (name !== 'losses') return []
    return Object.entries(value as Record<string, number>).map(([own, loss]) => [
      `${part}/loss/${own}`,
      loss,
    ])
  })
  return Object.fromEntries(entries)
}

async function recordHistograms(events: EventFile, net: Layer, step: number): Promise<void> {
  const named = net.namedParameters()
  await compute(named.map(([, parameter]) => parameter))
  for (const [name, { node }] of named)
    if (node.data!.length > 0) await events.histogram(`weights/${name}`, node.data!, step)
}
