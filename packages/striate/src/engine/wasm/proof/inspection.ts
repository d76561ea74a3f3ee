/**
 * Holds what kernels wrote against the definition, at a few cells of each step: on the values of the
 * first run that meets a kernel, at a moment when all that the step read is still there. A run costs
 * little more for it. The tolerance is wide: wrong code is off by as much as the values are large.
 */
import type { TypedArray } from '../../../tensor/dtype.ts'
import { viewOf } from '../lower/host.ts'
import type { Plan, PlannedStep, RunContext } from '../plan.ts'
import { Cells } from './cells.ts'

/** Cells looked at of each step: so many, or fewer, but not too few, where each takes long. */
const [mostSamples, fewSamples] = [24, 4]

/** Cells that are read for those of a step gladly, and at most. */
const [gladly, budget] = [6_000, 100_000]

const tolerance = 1e-2

const scalePart = 0.1

/** Where results are larger, what is summed on the way to them may not be finite. */
const mostScale = 1e30

/** Values that are all alike show little. */
const fewestDifferent = 3

/** One wrong cell among many may be a threshold that rounding crossed. */
const fewestWrong = 2

/** `silent` where the values say nothing (all alike, or not finite), `unknown` where no cell can be worked out. */
export type Verdict = 'right' | 'wrong' | 'silent' | 'unknown'

/** A step whose output can be held against the definition. */
export interface Inspection {
  /** The step after which it takes place: the last one of its operations. */
  readonly at: number
  readonly step: PlannedStep
  /** Position in the graph of what it wrote. */
  readonly position: number
  /** Names of the kernels that it called. */
  readonly kernels: readonly string[]
}

/** Steps of one run in which a kernel is looked at. */
const looksAtKernel = 2

/** Steps of a plan that call kernels other than the given ones: each of these kernels in a few of them. */
export function inspections(
  { steps, places, leaves }: Pick<Plan, 'steps' | 'places' | 'leaves'>,
  isProven: (kernel: string) => boolean,
): Inspection[] {
  const found: Inspection[] = []
  const looks = new Map<string, number>()
  for (const [at, step] of steps.entries()) {
    if (steps[at + 1]?.operations === step.operations) continue
    const own = steps.filter(({ operations }) => operations === step.operations)
    const kernels = [...new Set(own.flatMap(kernelsOf))]
    const position = step.operations
      .map((operation) => leaves.length + operation)
      .find((each) => places[each] === step.writes[0])
    const isKnown = (kernel: string): boolean =>
      isProven(kernel) || (looks.get(kernel) ?? 0) >= looksAtKernel
    if (position === undefined || kernels.every(isKnown)) continue
    for (const kernel of kernels) looks.set(kernel, (looks.get(kernel) ?? 0) + 1)
    found.push({ at, step, position, kernels })
  }
  return found
}

const kernelsOf = ({ stages }: PlannedStep): string[] =>
  stages.flatMap((stage) =>
    'parts' in stage ? stage.parts.flatMap((part) => part.map(({ kernel }) => kernel)) : [],
  )

/** Looks at the output of a step that has just run. */
export function inspect(
  { step, position }: Inspection,
  { graph, places }: Pick<Plan, 'graph' | 'places'>,
  context: RunContext,
): Verdict {
  const leafCount = graph.types.length - graph.operations.length
  const atHand = new Set(step.reads)
  const views = new Map<number, TypedArray | null>()
  const known = (at: number): TypedArray | null => {
    const before = views.get(at)
    if (before !== undefined) return before
    const value = places[at]
    const isThere = value !== undefined && at !== position && atHand.has(value)
    const there = (): TypedArray | null =>
      isThere ? viewOf(context, value, graph.types[at]!) : null
    const view = at < leafCount ? context.known(at) : there()
    views.set(at, view)
    return view
  }
  const output = viewOf(context, places[position]!, graph.types[position]!)
  const cells = new Cells(graph, known, budget)
  const pairs: (readonly [got: number, want: number])[] = []
  for (const index of samplesOf(output.length)) {
    const want = cells.result(position, index)
    if (want === null) break
    pairs.push([output[index]!, want])
    if (cells.left < budget - gladly && pairs.length >= fewSamples) break
  }
  return judge(pairs, leastScale(step, graph, known))
}

/**
 * What errors of a sum of products are measured by at least: a part of a product of large values, or null where
 * these are not at hand. Where the definition gives zeros, because all taps fall on padding, transforms leave
 * what they rounded.
 */
function leastScale(
  { operations }: PlannedStep,
  graph: Plan['graph'],
  known: (position: number) => TypedArray | null,
): number | null {
  const sums = operations
    .map((operation) => graph.operations[operation]!)
    .filter(({ operator }) => operator.name.startsWith('convolution'))
  const largestOf = (values: TypedArray): number => {
    const sizes = samplesOf(values.length).map((index) => Math.abs(values[index]!))
    return Math.max(0, ...sizes.filter(Number.isFinite))
  }
  const scales = sums.map(({ inputs }) => {
    const [a, b] = inputs.slice(0, 2).map(known)
    return a && b ? scalePart * largestOf(a) * largestOf(b) : null
  })
  return scales.every((scale) => scale !== null) ? Math.max(0, ...scales) : null
}

/** The first and the last cell, and others spread without a pattern. */
function samplesOf(size: number): number[] {
  const golden = 0.618_033_988_749_895
  const spread = Array.from({ length: mostSamples - 2 }, (_, i) =>
    Math.floor((((i + 1) * golden) % 1) * size),
  )
  return [...new Set(size === 0 ? [] : [0, size - 1, ...spread])]
}

/** What cells show, beside what they should be; `least` is the least that errors are measured by, if known. */
export function judge(
  pairs: readonly (readonly [got: number, want: number])[],
  least: number | null,
): Verdict {
  if (pairs.length === 0) return 'unknown'
  const finite = pairs.filter(([, want]) => Number.isFinite(want))
  const largest = Math.max(0, ...finite.map(([, want]) => Math.abs(want)))
  // Zeros alone say nothing of what was summed up to them.
  if (largest === 0 && least === null) return 'silent'
  const scale = Math.max(largest, least ?? 0)
  if (scale > mostScale) return 'silent'
  const wrong = finite.filter(([got, want]) => !(Math.abs(got - want) <= tolerance * scale))
  if (wrong.length > 0 && wrong.length >= Math.min(fewestWrong, finite.length)) return 'wrong'
  const different = new Set(finite.map(([, want]) => want)).size
  return largest > 0 && different >= Math.min(fewestDifferent, finite.length) ? 'right' : 'silent'
}
