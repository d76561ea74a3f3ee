/** Makes plans: fuses scalar functions, lowers every operation to steps, and lays out the arena. */
import type { OperatorName } from '../../ops/table.ts'
import { bytesOf } from '../../tensor/dtype.ts'
import { sizeOf } from '../../tensor/shape.ts'
import { layOut, layOutApart } from './arena.ts'
import { canariesOn, canaryBytes } from './canaries.ts'
import { fuse, type Groups, groupExpression } from './fusion.ts'
import type { KernelCache } from './kernelCache.ts'
import { lowerElementwise } from './lower/elementwise.ts'
import { hostStep, reportReference } from './lower/host.ts'
import { lowerings } from './lower/table.ts'
import type { EngineMemory } from './memory.ts'
import {
  type Builder,
  type KeptValues,
  type Plan,
  type PlannedStep,
  type PlannedValue,
  type Step,
  Tables,
  type ValueId,
} from './plan.ts'
import { merge, type Stage } from './program.ts'
import { leastStoredBytes } from './stored.ts'
import type { Structure } from './structure.ts'
import { watched } from './watch.ts'

export function makePlan(
  structure: Structure,
  memory: EngineMemory,
  kernels: KernelCache,
  threads: number,
): Plan {
  const { operations, types, results } = structure
  const leafCount = structure.leaves.length
  const values: PlannedValue[] = []
  const steps: PlannedStep[] = []
  /** What the steps that come are for. */
  let purpose: Pick<PlannedStep, 'operations' | 'choice'> = { operations: [], choice: null }
  const tables = new Tables(memory)
  const builder: Builder = {
    scratch: (bytes) => values.push({ shape: [], dtype: 'uint8', bytes, isScratch: true }) - 1,
    value: ({ shape, dtype }) => {
      const bytes = sizeOf(shape) * bytesOf[dtype]
      return values.push({ shape, dtype, bytes, isScratch: false }) - 1
    },
    table: (words) => tables.write(words),
    target: kernels.target,
    threads,
    features: kernels.features,
    kernel: (key, generate) => kernels.request(key, generate),
    step: (step) => steps.push({ ...step, ...purpose }),
    chose: (choice) => {
      purpose = { ...purpose, choice }
    },
  }
  // The value at each position; a reshape is its input under another shape.
  const valueAt: ValueId[] = []
  for (let i = 0; i < leafCount; i++) valueAt.push(builder.value(types[i]!))
  const groups = fuse(structure)
  const members = membersOf(operations.length, leafCount, groups)
  for (const [i, { operator, attributes, inputs }] of operations.entries()) {
    const position = leafCount + i
    if (groups.isInlined(position)) continue
    if (operator.name === 'reshape' || operator.name === 'identity') {
      valueAt[position] = valueAt[inputs[0]!]!
      continue
    }
    const outputType = types[position]!
    const output = builder.value(outputType)
    valueAt[position] = output
    purpose = { operations: members.get(position) ?? [i], choice: null }
    if (groups.isFused(position)) {
      const group = groupExpression(structure, groups, position)
      const sources = group.inputs.map((at) => ({ value: valueAt[at]!, type: types[at]! }))
      if (lowerElementwise(builder, group, sources, output, outputType)) continue
    }
    const inputTypes = inputs.map((at) => types[at]!)
    const context = {
      build: builder,
      operator,
      attributes,
      inputs: inputs.map((at) => valueAt[at]!),
      inputTypes,
      output,
      outputType,
    }
    const isDouble = [...inputTypes, outputType].some(({ dtype }) => dtype === 'float64')
    if (isDouble) {
      reportReference(operator.name, 'float64')
      hostStep(context)
    } else if (!lowerings[operator.name as OperatorName](context)) {
      hostStep(context)
    }
  }
  const asked = results.map((position) => valueAt[position]!)
  const gap = canariesOn() ? canaryBytes : 0
  const { kept, marked } = keepValues(steps, values, leafCount, memory, gap)
  const lives = lifetimes(values, steps, leafCount, asked)
  // Canaries are looked after in the arena alone.
  const stored = gap > 0 ? [] : storedResults(asked, values, leafCount, kept)
  for (const value of [...kept.offsets.keys(), ...stored]) lives[value]!.bytes = 0
  const { offsets, bytes } = gap > 0 ? layOutApart(lives, gap) : layOut(lives)
  const { stages, watch } =
    gap > 0
      ? watched({ values, steps: marked, kept: kept.offsets }, memory)
      : { stages: merge(marked.flatMap((step) => step.stages)), watch: null }
  return {
    steps: marked,
    graph: { operations, types },
    stages,
    kept,
    values,
    offsets,
    arenaBytes: bytes,
    leaves: Array.from({ length: leafCount }, (_, i) => valueAt[i]!),
    results: asked,
    stored,
    tables: tables.blocks,
    linked: null,
    watch,
  }
}

/** For the last function of each group, the operations that its kernel computes. */
function membersOf(count: number, leafCount: number, groups: Groups): Map<number, number[]> {
  const members = new Map<number, number[]>()
  for (let i = 0; i < count; i++) {
    const position = leafCount + i
    if (!groups.isFused(position)) continue
    const root = groups.rootOf(position)
    const known = members.get(root)
    if (known) known.push(i)
    else members.set(root, [i])
  }
  return members
}

/** Room for the values that outlast a run, and the steps with the stages that make them marked. */
function keepValues(
  steps: readonly PlannedStep[],
  values: readonly PlannedValue[],
  leafCount: number,
  memory: EngineMemory,
  gap: number,
): { kept: KeptValues; marked: readonly PlannedStep[] } {
  // Leaves have the first numbers.
  const keepers = steps.filter(
    ({ keeps, reads }) => keeps !== undefined && reads.every((value) => value < leafCount),
  )
  const offsets = new Map<ValueId, number>()
  let bytes = 0
  for (const value of keepers.flatMap(({ keeps = [] }) => keeps)) {
    offsets.set(value, bytes + gap)
    bytes += Math.ceil(values[value]!.bytes / 64) * 64 + 2 * gap
  }
  const block = bytes > 0 ? memory.tryAllocate(bytes) : null
  if (!block) {
    const kept = { block: null, offsets: new Map<ValueId, number>(), steps: [] }
    return { kept, marked: steps }
  }
  const marked = steps.map((step) => {
    const keeper = keepers.indexOf(step)
    if (keeper < 0) return step
    return { ...step, stages: step.stages.map((stage): Stage => ({ ...stage, keeper })) }
  })
  const kept = {
    block,
    offsets,
    steps: keepers.map(({ reads }) => ({ leaves: reads, ranWith: null })),
  }
  return { kept, marked }
}

/** Results that are worth a block of their own; a leaf that is asked for again has its place already. */
function storedResults(
  results: readonly ValueId[],
  values: readonly PlannedValue[],
  leafCount: number,
  kept: KeptValues,
): ValueId[] {
  return [...new Set(results)].filter(
    (value) =>
      value >= leafCount && !kept.offsets.has(value) && values[value]!.bytes >= leastStoredBytes,
  )
}

/** Leaves live from before the first step, results until after the last. */
function lifetimes(
  values: readonly PlannedValue[],
  steps: readonly Step[],
  leafCount: number,
  results: readonly ValueId[],
): { bytes: number; first: number; last: number }[] {
  const lives = values.map(({ bytes }, value) => ({
    bytes,
    first: value < leafCount ? -1 : steps.length,
    last: -1,
  }))
  for (const [at, step] of steps.entries()) {
    for (const value of [...step.reads, ...step.writes]) {
      const life = lives[value]!
      life.first = Math.min(life.first, at)
      life.last = Math.max(life.last, at)
    }
  }
  for (const value of results) lives[value]!.last = steps.length
  return lives
}
