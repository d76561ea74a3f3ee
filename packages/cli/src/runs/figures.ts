/** What runs are compared by: the best of a metric, settings that differ, figures in few digits. */
import type { EpochLine, Run } from 'striate'

/** A metric at the epoch at which it was best. */
export interface Best {
  readonly epoch: number
  readonly value: number
}

/** Of the validation set where there is one, otherwise of training. */
export function valueAt(line: EpochLine, metric: string): number | null {
  const value = (line.validation ?? line)[metric]
  return typeof value === 'number' ? value : null
}

/** Losses and errors are better the smaller they are. */
export const isSmallBetter = (metric: string): boolean => /loss|error/i.test(metric)

export function bestOf({ epochs }: Run, metric: string): Best | null {
  const sign = isSmallBetter(metric) ? 1 : -1
  let best: Best | null = null
  for (const line of epochs) {
    const value = valueAt(line, metric)
    if (value === null || (best !== null && sign * value >= sign * best.value)) continue
    best = { epoch: line.epoch, value }
  }
  return best
}

/** Names of the metrics of any of the runs that are one number. */
export function metricsOf(runs: readonly Run[]): string[] {
  const fixed = ['epoch', 'step', 'seconds', 'learningRate']
  const names = runs.flatMap(({ epochs }) =>
    epochs.flatMap((line) => Object.keys({ ...line, ...line.validation })),
  )
  return [...new Set(names)].filter(
    (name) =>
      !fixed.includes(name) &&
      runs.some(({ epochs }) => epochs.some((line) => valueAt(line, name) !== null)),
  )
}

/** A setting and what it is in each run; undefined where a run does not have it. */
export interface Differing {
  readonly name: string
  readonly values: readonly unknown[]
}

/** All that a run was made with, flat. */
export function settingsOf({ config }: Run): Record<string, unknown> {
  const { network, parameters, trained, epochs, engine, settings } = config
  const own = Object.entries(config.config).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : value,
  ])
  return { network, parameters, trained, engine, epochs, ...settings, ...Object.fromEntries(own) }
}

/** The settings in which runs differ. */
export function differing(runs: readonly Run[]): Differing[] {
  const all = runs.map(settingsOf)
  const names = [...new Set(all.flatMap((settings) => Object.keys(settings)))]
  return names
    .map((name) => ({ name, values: all.map((settings) => settings[name]) }))
    .filter(({ values }) => values.some((value) => value !== values[0]))
}

/** A number in four figures, others as they are. */
export function figure(value: unknown): string {
  if (value === undefined || value === null) return '–'
  if (typeof value !== 'number') return String(value)
  if (Number.isInteger(value)) return String(value)
  const size = Math.abs(value)
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(2)
}
