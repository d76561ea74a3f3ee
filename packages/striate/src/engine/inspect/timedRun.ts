/** Runs with a look at the clock between the steps. */
import type { Node } from '../../tensor/node.ts'
import { wasmEngine } from '../wasm/index.ts'
import type { PlannedGraph, Step } from '../wasm/plan.ts'
import { merge, type Stage } from '../wasm/program.ts'

/** How long a run took, step by step; milliseconds. */
export interface TimedRun {
  readonly graph: PlannedGraph
  /** Since the first step began. */
  readonly starts: readonly number[]
  readonly durations: readonly number[]
  /** Copying the known values in, and the results out. */
  readonly copying: number
}

/** Runs, and reads the clock when every thread has come to the end of a step. */
export async function timedRun(wanted: readonly Node[]): Promise<TimedRun> {
  const ticks: number[] = []
  const tick = (): void => void ticks.push(performance.now())
  const { graph, began } = await wasmEngine.runAs(wanted, ({ steps }) => withTicks(steps, tick))
  const [first, last] = [ticks[0]!, ticks.at(-1)!]
  return {
    graph,
    starts: ticks.slice(0, -1).map((at) => at - first),
    durations: ticks.slice(1).map((at, i) => at - ticks[i]!),
    copying: first - began + (performance.now() - last),
  }
}

/** The stages of the steps, with a look at the clock around each step. */
function withTicks(steps: readonly Step[], tick: () => void): Stage[] {
  const look: Stage = { host: tick }
  return [look, ...steps.flatMap((step) => [...merge(step.stages), look])]
}
