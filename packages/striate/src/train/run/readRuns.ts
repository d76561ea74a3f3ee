/** Run folders, read: one, or all below a folder. */
import { describe, fail } from '../../errors.ts'
import { explained, nodeFiles, readBytes } from '../../formats/files.ts'
import { readConfig } from './recorder.ts'
import {
  type EndLine,
  type EpochLine,
  lineOf,
  type NoteLine,
  parseLines,
  type RunConfig,
  runFiles,
  type StepLine,
} from './runFiles.ts'

/** A run as its folder tells it. */
export interface Run {
  readonly folder: string
  /** The last part of the folder's name. */
  readonly name: string
  readonly config: RunConfig
  readonly steps: readonly StepLine[]
  readonly epochs: readonly EpochLine[]
  readonly notes: readonly NoteLine[]
  /** How it ended; `'open'` if it is still going on, or was killed. */
  readonly status: 'finished' | 'stopped early' | 'interrupted' | 'open'
  /** How long it trained. */
  readonly seconds: number
}

/**
 * The run that a folder holds. Node only.
 *
 * @throws StriateError if it holds none.
 * @example
 * ```ts
 * import { fit, fromArrays, mse, nn, readRun, sgd } from 'striate'
 * const x = { data: Float32Array.of(1, 2), shape: [2, 1] }
 * await fit(nn.linear(1, 1), fromArrays({ x }), {
 *   loss: mse,
 *   optimizer: sgd({ learningRate: 0.1 }),
 *   epochs: 3,
 *   run: 'runs/line',
 * })
 * const { name, status, epochs, config } = await readRun('runs/line')
 * const facts = [name, status, epochs.length]
 * facts // => ['line', 'finished', 3]
 * config.settings['optimizer.learningRate'] // => 0.1
 * ```
 */
export async function readRun(folder: string): Promise<Run> {
  const op = 'readRun'
  const config = await readConfig(folder)
  if (config === null) {
    const needs = `must be the folder of a run, with ${runFiles.config}`
    return fail({ op, argument: 'folder', needs, got: describe(folder) })
  }
  const path = `${folder}/${runFiles.metrics}`
  const { stat } = await nodeFiles(op)
  const isThere = await stat(path).catch(() => null)
  const lines = isThere ? parseLines(new TextDecoder().decode(await readBytes(path))) : []
  const end = lines.findLast((line): line is EndLine => line.kind === 'end')
  const timed = lines.filter((line) => line.kind !== 'note')
  return {
    folder,
    name: folder.replace(/[/\\]+$/, '').replace(/^.*[/\\]/, ''),
    config,
    steps: lines.filter((line) => line.kind === 'step'),
    epochs: lines.filter((line) => line.kind === 'epoch'),
    notes: lines.filter((line) => line.kind === 'note'),
    status: statusOf(end),
    seconds: timed.reduce((most, { seconds }) => Math.max(most, seconds), 0),
  }
}

function statusOf(end: EndLine | undefined): Run['status'] {
  if (end === undefined) return 'open'
  if (end.interrupted) return 'interrupted'
  return end.stoppedEarly ? 'stopped early' : 'finished'
}

/** The runs directly below a folder, by the time when they began; other folders there are left out. Node only. */
export async function listRuns(folder: string): Promise<Run[]> {
  const op = 'listRuns'
  const { readdir } = await nodeFiles(op)
  const entries = await explained(op, describe(folder), () =>
    readdir(folder, { withFileTypes: true }),
  )
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const folders = names.sort().map((name) => `${folder}/${name}`)
  const runs: Run[] = []
  for (const each of folders) if (await readConfig(each)) runs.push(await readRun(each))
  const order = ({ config }: Run): string => config.started
  return runs.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0))
}

/**
 * Adds a note to a run, such as the result of a test after training. Node only.
 *
 * @throws StriateError if the folder holds no run.
 */
export async function noteInRun(
  folder: string,
  name: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const op = 'noteInRun'
  await readRun(folder)
  const { appendFile } = await nodeFiles(op)
  const path = `${folder}/${runFiles.metrics}`
  await explained(op, describe(path), () =>
    appendFile(path, lineOf({ kind: 'note', name, values })),
  )
}
