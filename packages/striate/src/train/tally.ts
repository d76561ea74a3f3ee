/** Running totals of the loss and the metrics over batches. */
import { fail } from '../errors.ts'
import { asMetric, type Metric, type MetricResults, type Metrics } from './metrics.ts'

/** Sums of one thing, and over how many. */
export interface Total {
  readonly totals: readonly number[]
  readonly count: number
}

/** Totals as plain data: of the loss, and of the metrics by name. */
export interface TallyState {
  readonly loss: Total
  readonly metrics: Readonly<Record<string, Total>>
}

/** Mean loss and metrics. */
export type Results<M extends Metrics> = { readonly loss: number } & MetricResults<M>

/** The metrics by name, checked. */
export function checkMetrics(op: string, metrics: Metrics): Map<string, Metric<unknown>> {
  const reserved = ['loss', 'epoch', 'learningRate', 'validation']
  const taken = Object.keys(metrics).find((name) => reserved.includes(name))
  if (taken !== undefined) {
    const needs = `must have other names than ${reserved.join(', ')}`
    fail({ op, argument: 'metrics', needs, got: `'${taken}'` })
  }
  const entries = Object.entries(metrics)
  return new Map(entries.map(([name, metric]) => [name, asMetric(op, name, metric)] as const))
}

export class Tally<M extends Metrics> {
  readonly #metrics: ReadonlyMap<string, Metric<unknown>>
  #state: TallyState

  constructor(metrics: ReadonlyMap<string, Metric<unknown>>, state?: TallyState) {
    this.#metrics = metrics
    const none = { totals: [], count: 0 }
    const empty = Object.fromEntries([...metrics.keys()].map((name) => [name, none] as const))
    this.#state = state ?? { loss: none, metrics: empty }
  }

  get state(): TallyState {
    return this.#state
  }

  /** Adds a batch: its mean loss and size, and the totals of each metric in order. */
  add(loss: number, samples: number, metrics: readonly Total[]): void {
    const before = this.#state
    const sums = [...this.#metrics.keys()].map((name, at) => {
      return [name, sumOf(before.metrics[name]!, metrics[at]!)] as const
    })
    this.#state = {
      loss: sumOf(before.loss, { totals: [loss * samples], count: samples }),
      metrics: Object.fromEntries(sums),
    }
  }

  results(): Results<M> {
    const { loss, metrics } = this.#state
    const values = [...this.#metrics].map(([name, metric]) => {
      const { totals, count } = metrics[name]!
      return [name, metric.result(totals, count)] as const
    })
    return { loss: (loss.totals[0] ?? 0) / loss.count, ...Object.fromEntries(values) } as Results<M>
  }
}

const sumOf = (a: Total, b: Total): Total => ({
  totals: b.totals.map((value, at) => (a.totals[at] ?? 0) + value),
  count: a.count + b.count,
})
