/** `striate runs`: recorded trainings, listed, looked at and compared. */
import { nearest, type Run, StriateError } from 'striate'
import type { Answer, Command, OptionsOf } from '../command.ts'
import { text } from '../optionKinds.ts'
import { bestOf, differing, metricsOf, settingsOf } from '../runs/figures.ts'
import { findRun, findRuns, usualFolder } from '../runs/find.ts'
import { compared, detailed, listed } from '../runs/show.ts'
import type { Terminal } from '../terminal/terminal.ts'

interface RunsValues {
  readonly metric?: string
}

const options: OptionsOf<RunsValues> = {
  metric: text(
    'name',
    'what runs are judged by; loss unless told, of the validation set if there is one',
  ),
}

export const runs: Command<RunsValues> = {
  name: 'runs',
  summary:
    'The trainings that were recorded in a folder: how far they came, how good they got, what sets them apart. One run is shown at length, two are compared.',
  arguments: [
    {
      name: 'folder',
      summary: `a run, or a folder of runs; ${usualFolder} unless told`,
      optional: true,
    },
    { name: 'other', summary: 'another run, to be compared with the first', optional: true },
  ],
  options,
  examples: [
    'striate runs',
    'striate runs runs/first',
    'striate runs first second --metric accuracy',
  ],
  notes: [
    'striate train --run runs/name records one; TensorBoard shows the same folder: tensorboard --logdir runs.',
  ],
  run: async ({ positionals: [first = usualFolder, second], values, terminal }) => {
    const { metric = 'loss' } = values
    if (second !== undefined) {
      const pair = [await findRun(first), await findRun(second)] as const
      return comparison(pair, metric, terminal)
    }
    const found = await findRuns(first)
    return 'folder' in found ? one(found, metric, terminal) : many(found, first, metric, terminal)
  },
}

function many(found: readonly Run[], folder: string, metric: string, terminal: Terminal): Answer {
  checkMetric(found, metric)
  return {
    document: found.map((run) => documentOf(run, metric)),
    text: () =>
      found.length === 0
        ? `No runs in ${folder}; striate train lenet5 --run ${folder}/first records one`
        : listed(found, metric, terminal).join('\n'),
  }
}

function one(run: Run, metric: string, terminal: Terminal): Answer {
  checkMetric([run], metric)
  return {
    document: { ...documentOf(run, metric), epochs: run.epochs, notes: run.notes },
    text: () => detailed(run, metric, terminal).join('\n'),
  }
}

function comparison(pair: readonly [Run, Run], metric: string, terminal: Terminal): Answer {
  checkMetric(pair, metric)
  const metrics = metricsOf(pair)
  return {
    document: {
      runs: pair.map((run) => ({
        ...documentOf(run, metric),
        epochs: run.epochs,
        notes: run.notes,
      })),
      differing: differing(pair),
    },
    text: () => compared(pair, metrics, metric, terminal).join('\n'),
  }
}

function documentOf(run: Run, metric: string): Record<string, unknown> {
  const { name, folder, status, seconds, config, epochs } = run
  return {
    name,
    folder,
    status,
    seconds,
    started: config.started,
    settings: settingsOf(run),
    epochsDone: epochs.length,
    best: { metric, ...bestOf(run, metric) },
  }
}

/** Throws where no run has the metric, though some have others. */
function checkMetric(found: readonly Run[], metric: string): void {
  const known = metricsOf(found)
  if (known.length === 0 || known.includes(metric)) return
  const near = nearest(metric, known)
  throw new StriateError({
    op: 'runs',
    argument: '--metric',
    needs: 'must be one that was recorded',
    got: `'${metric}'`,
    hint: near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`,
  })
}
