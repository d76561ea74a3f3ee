/** What a profile says: medians of steps, layers and the whole; as data, as a table and as a trace. */
import type { Features } from '../wasm/features.ts'
import { type ChromeTrace, chromeTrace } from './chromeTrace.ts'
import type { PlanFacts } from './explanation.ts'
import { layerColumns, profileText, stepColumns } from './profileTable.ts'
import { operationsOf, type PlanStep } from './stepFacts.ts'

/** What was measured in one run; milliseconds. */
export interface MeasuredRun {
  /** When each step began, since the first. */
  readonly starts: readonly number[]
  readonly durations: readonly number[]
  readonly copying: number
}

/** Speeds of something that took some time. */
export interface Speeds {
  /** The median over the runs. */
  readonly milliseconds: number
  /** Floating-point operations by definition per nanosecond: two for a multiply-add, whatever the algorithm. */
  readonly gigaflops: number
  /** Bytes read and written, by definition, per nanosecond. */
  readonly gigabytesPerSecond: number
}

export interface ProfiledStep extends PlanStep, Speeds {
  /** Of the time of all steps, from 0 to 1. */
  readonly share: number
}

/** The steps of one layer taken together. */
export interface ProfiledLayer extends Speeds {
  readonly layer: string
  readonly share: number
  readonly steps: number
  readonly multiplyAdds: number
  readonly otherOperations: number
  readonly bytes: number
  /** That of the step that takes longest. */
  readonly kernel: string
  readonly algorithm: string | null
}

export interface ProfileTotals extends Speeds {
  /** Median time to copy known values in and results out; not part of `milliseconds`. */
  readonly copyMilliseconds: number
  readonly multiplyAdds: number
  readonly otherOperations: number
  readonly bytes: number
}

/** What {@link profile} gives. */
export class Profile implements PlanFacts {
  readonly threads: number
  readonly features: Features
  readonly arenaBytes: number
  /** How many runs the medians are over. */
  readonly runs: number
  readonly steps: readonly ProfiledStep[]
  readonly totals: ProfileTotals
  readonly #typical: MeasuredRun

  constructor(plan: PlanFacts, runs: readonly MeasuredRun[]) {
    const times = plan.steps.map((_, i) => median(runs.map(({ durations }) => durations[i]!)))
    const whole = runs.map(({ durations }) => sum(durations))
    const all = sum(times)
    this.threads = plan.threads
    this.features = plan.features
    this.arenaBytes = plan.arenaBytes
    this.runs = runs.length
    this.steps = plan.steps.map((step, i) => ({
      ...step,
      ...speeds(times[i]!, operationsOf(step), bytesOf(step)),
      share: shareOf(times[i]!, all),
    }))
    const work = workOf(this.steps)
    this.totals = {
      ...speeds(median(whole), operationsOf(work), work.bytes),
      ...work,
      copyMilliseconds: median(runs.map(({ copying }) => copying)),
    }
    const order = whole.map((_, i) => i).sort((a, b) => whole[a]! - whole[b]!)
    this.#typical = runs[order[Math.floor((order.length - 1) / 2)]!]!
  }

  /** The steps by layer, in the order in which the layers first work. */
  layers(): ProfiledLayer[] {
    const all = sum(this.steps.map(({ milliseconds }) => milliseconds))
    const byLayer = new Map<string, ProfiledStep[]>()
    for (const step of this.steps) {
      const known = byLayer.get(step.layer)
      if (known) known.push(step)
      else byLayer.set(step.layer, [step])
    }
    return [...byLayer].map(([layer, steps]) => {
      const work = workOf(steps)
      const milliseconds = sum(steps.map((step) => step.milliseconds))
      const longest = steps.reduce((a, b) => (b.milliseconds > a.milliseconds ? b : a))
      const { kernel, algorithm } = longest
      return {
        layer,
        steps: steps.length,
        ...work,
        ...speeds(milliseconds, operationsOf(work), work.bytes),
        share: shareOf(milliseconds, all),
        kernel,
        algorithm,
      }
    })
  }

  /** The table of steps, or of layers; `columns` wide at most where names can be cut short. */
  toString(columns = 100, by: 'step' | 'layer' = 'step'): string {
    const rows = by === 'step' ? stepColumns(this.steps) : layerColumns(this.layers())
    return profileText(this, rows, columns)
  }

  toJSON(): Record<string, unknown> {
    const { threads, features, arenaBytes, runs, totals, steps } = this
    return { threads, features, arenaBytes, runs, totals, layers: this.layers(), steps }
  }

  /** A run of middling length, for `chrome://tracing` and Perfetto: written as JSON, it is a trace file. */
  toTrace(): ChromeTrace {
    return chromeTrace(this.steps, this.#typical)
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0)

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2
}

const shareOf = (part: number, all: number): number => (all === 0 ? 0 : part / all)

const bytesOf = ({ bytesRead, bytesWritten }: PlanStep): number => bytesRead + bytesWritten

const workOf = (
  steps: readonly PlanStep[],
): { multiplyAdds: number; otherOperations: number; bytes: number } => ({
  multiplyAdds: sum(steps.map((step) => step.multiplyAdds)),
  otherOperations: sum(steps.map((step) => step.otherOperations)),
  bytes: sum(steps.map(bytesOf)),
})

/** Per nanosecond; nothing per no time, where the clock is too coarse to see any. */
function speeds(milliseconds: number, operations: number, bytes: number): Speeds {
  const per = (amount: number): number => (milliseconds === 0 ? 0 : amount / (milliseconds * 1e6))
  return { milliseconds, gigaflops: per(operations), gigabytesPerSecond: per(bytes) }
}
