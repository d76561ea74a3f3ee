/** What each step of a plan is for: operator, shapes, work, bytes, kernels, and the layer it belongs to. */
import type { ElementwiseAttributes } from '../../ops/primitive/elementwise.ts'
import { isSumOfProducts } from '../../ops/work.ts'
import { bytesOf } from '../../tensor/dtype.ts'
import { splitScope } from '../../tensor/scope.ts'
import { sizeOf } from '../../tensor/shape.ts'
import type { AlgorithmCost, Plan, PlannedStep } from '../wasm/plan.ts'
import type { ValueType } from '../wasm/structure.ts'

export interface PlanStep {
  /**
   * The dotted name of the layer that the step computes; empty for the network itself and outside
   * layers. A step that computes functions of several layers names them all: `layer1.0.bn1 + relu`.
   */
  readonly layer: string
  /** Each of these layers by its full name. */
  readonly layers: readonly string[]
  /** The primitive: `convolution`, `matmul`, `elementwise`, … */
  readonly operator: string
  /** The scalar functions that the step computes for each element, in order. */
  readonly functions: readonly string[]
  /** The way to compute it, where there are several. */
  readonly algorithm: string | null
  /** The ways that applied, with their estimated cost on one core; of one step of an operation. */
  readonly considered: readonly AlgorithmCost[]
  /** The kernel that does the work; `host` for plain loops on the calling thread. */
  readonly kernel: string
  /** All kernels that the step calls. */
  readonly kernels: readonly string[]
  readonly inputShapes: readonly (readonly number[])[]
  readonly outputShape: readonly number[]
  /** Whether it prepares known values, such as weights, and is left out while the same ones come. */
  readonly isKept: boolean
  /** How many threads can work on it at once. */
  readonly parts: number
  /**
   * Of convolutions and matrix products, by definition and whatever the algorithm. Where an operation
   * takes several steps, one of them has all of it.
   */
  readonly multiplyAdds: number
  /** Operations of everything else, counted in the same way. */
  readonly otherOperations: number
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Bytes that the step needs besides, for packed weights and the like. */
  readonly scratchBytes: number
}

/** Floating-point operations by definition: two for each multiply-add. */
export const operationsOf = (step: Pick<PlanStep, 'multiplyAdds' | 'otherOperations'>): number =>
  2 * step.multiplyAdds + step.otherOperations

/** Copies that read as much as they write, however large the value is that they pick from. */
const picking: readonly string[] = ['slice', 'gatherRows', 'gatherElements']

/** `scopes` has the layer of each operation of the graph at hand: plans are shared between layers. */
export function factsOf(plan: Plan, scopes: readonly string[]): PlanStep[] {
  const counting = countingSteps(plan)
  return plan.steps.map((step) => factsOfStep(plan, step, counting.has(step), scopes))
}

/**
 * An operation may take several steps, of which one counts its work: for sums of products the last
 * (those before pack or transform weights), for others the one that moves most bytes.
 */
function countingSteps({ steps, graph, values }: Plan): Set<PlannedStep> {
  const bytes = ({ reads, writes }: PlannedStep): number =>
    [...reads, ...writes].reduce((sum, value) => sum + values[value]!.bytes, 0)
  const chosen = new Map<readonly number[], PlannedStep>()
  for (const step of steps) {
    const before = chosen.get(step.operations)
    const isProduct = step.operations.some((i) => isSumOfProducts(nameOf(graph, i)))
    if (!before || isProduct || bytes(step) > bytes(before)) chosen.set(step.operations, step)
  }
  return new Set(chosen.values())
}

const nameOf = ({ operations }: Plan['graph'], i: number): string => operations[i]!.operator.name

function factsOfStep(
  { graph, values }: Plan,
  step: PlannedStep,
  counts: boolean,
  scopes: readonly string[],
): PlanStep {
  const { operations, types } = graph
  const leafCount = types.length - operations.length
  const done = step.operations.map((i) => ({ ...operations[i]!, type: types[leafCount + i]! }))
  const main = done.find(({ operator }) => operator.name !== 'elementwise') ?? done.at(-1)!
  let multiplyAdds = 0
  let otherOperations = 0
  for (const { operator, inputs, attributes, type } of counts ? done : []) {
    const given = inputs.map((at) => types[at]!)
    const work = operator.work(given, type, attributes).multiplyAdds
    if (isSumOfProducts(operator.name)) multiplyAdds += work
    else otherOperations += work
  }
  const bytes = (list: readonly number[], scratch: boolean): number =>
    [...new Set(list)]
      .filter((value) => values[value]!.isScratch === scratch)
      .reduce((sum, value) => sum + values[value]!.bytes, 0)
  const outputType = done.at(-1)!.type
  const read = bytes(step.reads, false)
  const layers = [...new Set(step.operations.map((i) => scopes[i]!))]
  const kernels = kernelsOf(step)
  const choice = step.choice
  return {
    layer: layersText(layers),
    layers,
    operator: main.operator.name,
    functions: done
      .filter(({ operator }) => operator.name === 'elementwise')
      .map(({ attributes }) => (attributes as ElementwiseAttributes).function)
      .map((name) => (name === 'copy' ? 'cast' : name)),
    algorithm: choice?.name ?? null,
    considered: counts ? (choice?.considered ?? []) : [],
    kernel: kernels[0]!,
    kernels,
    inputShapes: inputsOf(step.operations, leafCount, operations).map((at) => types[at]!.shape),
    outputShape: outputType.shape,
    isKept: step.stages.some((stage) => 'parts' in stage && stage.keeper !== undefined),
    parts: Math.max(1, ...step.stages.map((stage) => ('parts' in stage ? stage.parts.length : 1))),
    multiplyAdds,
    otherOperations,
    bytesRead: picking.includes(main.operator.name) ? Math.min(read, bytesIn(outputType)) : read,
    bytesWritten: bytes(step.writes, false),
    scratchBytes: bytes([...step.reads, ...step.writes], true),
  }
}

const bytesIn = ({ shape, dtype }: ValueType): number => sizeOf(shape) * bytesOf[dtype]

/** Positions that the operations read and do not make themselves. */
function inputsOf(
  done: readonly number[],
  leafCount: number,
  operations: Plan['graph']['operations'],
): number[] {
  const own = new Set(done.map((i) => leafCount + i))
  return [...new Set(done.flatMap((i) => operations[i]!.inputs))].filter((at) => !own.has(at))
}

/** The kernel that the step is named after first, then the others as they are called. */
function kernelsOf({ name, stages }: PlannedStep): string[] {
  const called = new Set<string>()
  for (const stage of stages) {
    if (!('parts' in stage)) continue
    for (const part of stage.parts) for (const { kernel } of part) called.add(kernel)
  }
  const found = [...called]
  const first = found.filter((kernel) => name.startsWith(kernel))
  const all = [...first, ...found.filter((kernel) => !first.includes(kernel))]
  return all.length === 0 ? ['host'] : all
}

/** Several names as one, what they have in common said once. */
function layersText(scopes: readonly string[]): string {
  const [first, ...others] = scopes.filter((scope) => scope !== '')
  if (first === undefined) return ''
  const { layer, marks } = splitScope(first)
  const around = marks + layer.slice(0, layer.lastIndexOf('.') + 1)
  const short = others.map((scope) => {
    const shared = [around, marks].find((each) => scope.startsWith(each)) ?? ''
    return scope.slice(shared.length)
  })
  return short.length > 2 ? `${first} + ${short.length} others` : [first, ...short].join(' + ')
}
