/** How `STRIATE_DEBUG=plan` shows a plan; the table belongs to engine/inspect, which not every program takes along. */
import type { PlannedGraph } from './plan.ts'

let table: ((graph: PlannedGraph) => string) | null = null

/** Plans are printed by this function from now on. */
export function printPlansBy(print: (graph: PlannedGraph) => string): void {
  table = print
}

const names = ({ plan, threads }: PlannedGraph): string =>
  [`striate plan for ${threads} threads`, ...plan.steps.map(({ name }) => name)].join('\n  ')

export const printPlan = (graph: PlannedGraph): string => (table ?? names)(graph)
