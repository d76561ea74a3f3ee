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

/** Mean loss and metrics; where there are several losses, each by its name as well. */
export type Results<M extends Metrics> = {
  readonly loss: number
  readonly losses?: Readonly<Record<string, number>>
} & MetricResults<M>

/** What is tallied, by name: the metrics, then the losses where there are several. */
export interface Tallied {
  readonly metrics: ReadonlyMap<string, Metric<unknown, never, never>>
  /** Names of losses. */
  readonly losses: readonly string[]
}

/** The name of a loss among the totals: no metric may have one with a colon. */
const lossKey = (name: string): string => `loss:${name}`

/** The names of all totals besides that of the whole loss. */
export const tallyNames = ({ metrics, losses }: Tallied): string[] => [
  ...metrics.keys(),
  ...losses.map(lossKey),
]

/** The metrics by name, checked. */
export function checkMetrics(
  op: string,
  metrics: Metrics,
): Map<string, Metric<unknown, never, never>> {
  const reserved = ['loss', 'losses', 'epoch', 'learningRate', 'validation']
  const taken = Object.keys(metrics).find(
    (name) => reserved.includes(name) || name.startsWith(lossKey('')),
  )
  if (taken !== undefined) {
    const needs = `must have other names than ${reserved.join(', ')}`
    fail({ op, argument: 'metrics', needs, got: `'${taken}'` })
  }
  const entries = Object.entries(metrics)
  return new Map(entries.map(([name, metric]) => [name, asMetric(op, name, metric)] as const))
}

export class Tally<M extends Metrics> {
  readonly #tallied: Tallied
  readonly #names: readonly string[]
  #state: TallyState

  constructor(tallied: Tallied, state?: TallyState) {
    this.#tallied = tallied
    this.#names = tallyNames(tallied)
    const none = { totals: [], count: 0 }
    const empty = Object.fromEntries(this.#names.map((name) => [name, none] as const))
    this.#state = state ?? { loss: none, metrics: empty }
  }

  get state(): TallyState {
    return this.#state
  }

  /** Adds a batch: its mean loss and what that is over, and the other totals in order. */
  add(loss: number, weight: number, metrics: readonly Total[]): void {
    const before = this.#state
    const sums = this.#names.map((name, at) => {
      return [name, sumOf(before.metrics[name]!, metrics[at]!)] as const
    })
    this.#state = {
      loss: sumOf(before.loss, { totals: [loss * weight], count: weight }),
      metrics: Object.fromEntries(sums),
    }
  }

  results(): Results<M> {
    const { loss, metrics } = this.#state
    const { metrics: known, losses } = this.#tallied
    const values = [...known].map(([name, metric]) => {
      const { totals, count } = metrics[name]!
      return [name, metric.result(totals, count)] as const
    })
    const parts = losses.map((name) => [name, meanOf(metrics[lossKey(name)]!)] as const)
    return {
      loss: meanOf(loss),
      ...(parts.length === 0 ? {} : { losses: Object.fromEntries(parts) }),
      ...Object.fromEntries(values),
    } as Results<M>
  }
}

const meanOf = ({ totals, count }: Total): number => (totals[0] ?? 0) / count

const sumOf = (a: Total, b: Total): Total => ({
  totals: b.totals.map((value, at) => (a.totals[at] ?? 0) + value),
  count: a.count + b.count,
})
