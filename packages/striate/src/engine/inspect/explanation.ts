/** A plan explained: what is going to be computed, in which steps, and why so; as data and as a table. */
import { bytesText, type Column, countText, fitted, tableLines, times, wrap } from '../../text.ts'
import type { Features } from '../wasm/features.ts'
import type { PlannedGraph } from '../wasm/plan.ts'
import { factsOf, type PlanStep } from './stepFacts.ts'
import { keptLines, kernelText, layerText, operatorText } from './wording.ts'

export interface PlanFacts {
  /** How many threads share the work. */
  readonly threads: number
  readonly features: Features
  /** Bytes in which all values of the graph lie, one over the other where they live at different times. */
  readonly arenaBytes: number
  readonly steps: readonly PlanStep[]
}

/** What {@link explainPlan} gives: the facts, a table by `toString()`, plain data by `toJSON()`. */
export class PlanExplanation implements PlanFacts {
  readonly threads: number
  readonly features: Features
  readonly arenaBytes: number
  readonly steps: readonly PlanStep[]

  constructor({ threads, features, arenaBytes, steps }: PlanFacts) {
    this.threads = threads
    this.features = features
    this.arenaBytes = arenaBytes
    this.steps = steps
  }

  /** The table, `columns` wide at most where names can be cut short. */
  toString(columns = 100): string {
    return planText(this, columns)
  }

  toJSON(): Record<string, unknown> {
    const { threads, features, arenaBytes, steps } = this
    return { threads, features, arenaBytes, steps }
  }
}

export const explain = ({ plan, order, threads, features }: PlannedGraph): PlanExplanation =>
  new PlanExplanation({
    threads,
    features,
    arenaBytes: plan.arenaBytes,
    steps: factsOf(
      plan,
      order.map(({ scope }) => scope),
    ),
  })

export function machineText({
  threads,
  features,
}: Pick<PlanFacts, 'threads' | 'features'>): string {
  const extras = [
    ...(features.relaxed ? ['fused multiply-adds'] : []),
    ...(features.wide ? ['joined vectors'] : []),
  ]
  return `${threads} thread${threads === 1 ? '' : 's'}${extras.map((each) => `, ${each}`).join('')}`
}

function planText(plan: PlanFacts, columns: number): string {
  const { steps, arenaBytes } = plan
  const head = `striate plan for ${machineText(plan)}: `
  if (steps.length === 0) return `${head}nothing to compute, the values are known`
  const total = steps.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)
  const facts =
    `${steps.length} step${steps.length === 1 ? '' : 's'}, ${countText(total)} multiply-adds, ` +
    `arena of ${bytesText(arenaBytes)}`
  const [title, ...body] = tableLines(fitted(columnsOf(steps), columns))
  const rule = '─'.repeat(Math.max(title!.length, ...body.map((line) => line.length)))
  return [
    ...wrap(`${head}${facts}`, columns),
    rule,
    title!,
    rule,
    ...body,
    rule,
    ...keptLines(steps),
    ...costLines(steps, columns),
  ].join('\n')
}

function columnsOf(steps: readonly PlanStep[]): Column[] {
  const column = (
    title: string,
    align: 'left' | 'right',
    cell: (step: PlanStep) => string,
    cut: 'end' | 'middle' = 'end',
  ): Column => ({ title, align, cells: steps.map(cell), cut })
  const orBlank = (value: number, text: (value: number) => string): string =>
    value === 0 ? '' : text(value)
  return [
    column('layer', 'left', layerText, 'middle'),
    column('operator', 'left', operatorText),
    column('algorithm', 'left', ({ algorithm }) => algorithm ?? ''),
    column('kernel', 'left', kernelText),
    column('output', 'left', ({ outputShape }) => times(outputShape)),
    column('parts', 'right', ({ parts }) => String(parts)),
    column('mult-adds', 'right', ({ multiplyAdds }) => orBlank(multiplyAdds, countText)),
    column('bytes', 'right', (step) => bytesText(step.bytesRead + step.bytesWritten)),
  ].filter(({ cells, title }) => title === 'parts' || cells.some((cell) => cell !== ''))
}

/** Equal choices are said once, for the layers that share them. */
function costLines(steps: readonly PlanStep[], columns: number): string[] {
  const groups = new Map<string, string[]>()
  for (const step of steps) {
    if (step.considered.length < 2) continue
    const others = step.considered.filter(({ name }) => name !== step.algorithm)
    const [own] = step.considered.filter(({ name }) => name === step.algorithm)
    const costs = [own!, ...others]
      .map(({ name, nanoseconds }) => `${name} ${(nanoseconds / 1e6).toPrecision(3)}`)
      .join(', ')
    const layers = groups.get(costs) ?? []
    layers.push(layerText(step) || times(step.outputShape))
    groups.set(costs, layers)
  }
  if (groups.size === 0) return []
  const lines = [...groups].map(([costs, layers]) => `${costs}: ${layers.join(', ')}`)
  return ['considered, chosen first (estimated ms on one core):', ...lines].flatMap((line) =>
    wrap(line, columns),
  )
}
