/** What a run folder is asked for. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'

export interface RunOptions {
  /** Made if it is missing. */
  readonly folder: string
  /** After how many steps one is recorded; 1 by default. Epochs always are. */
  readonly every?: number
  /** Whether the spread of every parameter is recorded for TensorBoard after each epoch. False by default. */
  readonly histograms?: boolean
  /** What the network is called; its kind by default. */
  readonly network?: string
  /** What else is worth knowing when runs are compared: plain data. */
  readonly config?: Readonly<Record<string, unknown>>
}

export const runOptionsOf = (run: string | RunOptions): RunOptions =>
  typeof run === 'string' ? { folder: run } : run

export function checkRun(op: string, run: string | RunOptions): void {
  const options = runOptionsOf(run)
  rejectUnknown(`${op}: run`, options, ['folder', 'every', 'histograms', 'network', 'config'])
  const { folder, every = 1, histograms = false, network = '', config = {} } = options
  if (typeof folder !== 'string' || folder === '')
    fail({ op, argument: 'run.folder', needs: 'must name a folder', got: describe(folder) })
  if (!Number.isSafeInteger(every) || every < 1) {
    const needs = 'must be a whole number of at least 1'
    fail({ op, argument: 'run.every', needs, got: describe(every) })
  }
  if (typeof histograms !== 'boolean')
    fail({
      op,
      argument: 'run.histograms',
      needs: 'must be true or false',
      got: describe(histograms),
    })
  if (typeof network !== 'string')
    fail({ op, argument: 'run.network', needs: 'must be a name', got: describe(network) })
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    fail({ op, argument: 'run.config', needs: 'must be plain data by name', got: describe(config) })
}
