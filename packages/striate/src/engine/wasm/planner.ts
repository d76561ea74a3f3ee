/** Makes plans: fuses scalar functions, lowers every operation to steps, and lays out the arena. */
import { bytesOf } from '../../tensor/dtype.ts'
import { sizeOf } from '../../tensor/shape.ts'
import { layOut } from './arena.ts'
import { guarding } from './guard.ts'
import { keepValues } from './keeping.ts'
import type { KernelCache } from './kernelCache.ts'
import { hostStep, reportReference } from './lower/host.ts'
import type { EngineMemory } from './memory.ts'
import { nameOperation } from './naming.ts'
import type { ValuePart } from './parts.ts'
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
import { merge } from './program.ts'
import { isBanned } from './proof/trust.ts'
import type { Given } from './scalars.ts'
import { leastStoredBytes } from './stored.ts'
import type { Structure } from './structure.ts'

export function makePlan(
  structure: Structure,
  memory: EngineMemory,
  kernels: KernelCache,
  threads: number,
): Plan {
  const tables = new Tables(memory)
  try {
    return planWith(tables, structure, memory, kernels, threads)
  } catch (error) {
    tables.free()
    throw error
  }
}

function planWith(
  tables: Tables,
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
  const tableOf = (): string =>
    `a table of ${nameOperation({ operations, types }, purpose.operations.at(-1) ?? 0)}`
  const trains = operations.some(({ operator }) => operator.name === 'convolutionWeightGradient')
  const builder: Builder = {
    scratch: (bytes) => values.push({ shape: [], dtype: 'uint8', bytes, isScratch: true }) - 1,
    value: ({ shape, dtype }) => {
      const bytes = sizeOf(shape) * bytesOf[dtype]
      return values.push({ shape, dtype, bytes, isScratch: false }) - 1
    },
    table: (words) => tables.write(words, tableOf),
    target: kernels.target,
    threads,
    features: { ...kernels.features, trains },
    kernel: (key, generate) => kernels.request(key, generate),
    step: (step) => steps.push({ ...step, ...purpose }),
    chose: (choice) => {
      purpose = { ...purpose, choice }
    },
  }
  // The value at each position; a reshape is its input under another shape.
  const valueAt: ValueId[] = []
  for (let i = 0; i < leafCount; i++) valueAt.push(builder.value(types[i]!))
  const guard = guarding()
  const parts = new Map<ValueId, ValuePart>()
  /** Adds the steps of an operation that writes to `output`. */
  const lower = (i: number, output: ValueId, given: Given): void => {
    const { operator, attributes, inputs } = operations[i]!
    const inputTypes = inputs.map((at) => types[at]!)
    const outputType = types[leafCount + i]!
    const context = {
      build: builder,
      operator,
      attributes,
      inputs: inputs.map((at) => valueAt[at]!),
      inputTypes,
      output,
      outputType,
      ...given,
    }
    const isDouble = [...inputTypes, outputType].some(({ dtype }) => dtype === 'float64')
    if (isDouble) {
      reportReference(operator.name, 'float64')
      hostStep(context)
    } else if (isBanned(operator.name) || !operator.lower(context)) {
      hostStep(context)
    }
  }
  const aim = (of: readonly number[]): void => {
    purpose = { operations: of, choice: null }
  }
  const planning = { structure, build: builder, valueAt, aim, lower }
  const scalars = operations.find(({ operator }) => operator.scalars)?.operator.scalars?.(planning)
  const pools = operations
    .find(({ operator }) => operator.poolings)
    ?.operator.poolings?.(planning, scalars)
  for (const [i, { operator, inputs }] of operations.entries()) {
    const position = leafCount + i
    if (scalars?.waits(position) || pools?.waits(position)) continue
    if (operator.name === 'reshape' || operator.name === 'identity') {
      valueAt[position] = valueAt[inputs[0]!]!
      continue
    }
    const output = builder.value(types[position]!)
    valueAt[position] = output
    aim([i])
    if (scalars?.lower(position, output) || pools?.lower(position, output)) continue
    // Canaries stand between values: then each has a place of its own.
    const own = guard ? null : operator.parts?.(structure, i, (at) => parts.has(valueAt[at]!))
    for (const [input, offset] of own ?? [])
      parts.set(valueAt[inputs[input]!]!, { whole: output, offset })
    if (!own) lower(i, output, {})
    else if (own.size < inputs.length) lower(i, output, { inPlace: new Set(own.keys()) })
  }
  const asked = results.map((position) => valueAt[position]!)
  const read = new Set([...asked, ...steps.flatMap(({ reads }) => reads)])
  // Who reads the whole is not known to read its parts.
  const needed = [...asked, ...parts.keys()]
  const { kept, marked } = keepValues(steps, values, needed, leafCount, memory, guard?.gap ?? 0)
  const lives = lifetimes(values, steps, leafCount, asked)
  for (const [part, { whole }] of parts) {
    const { first, last } = lives[part]!
    lives[part]!.bytes = 0
    lives[whole]!.first = Math.min(lives[whole]!.first, first)
    lives[whole]!.last = Math.max(lives[whole]!.last, last)
  }
  // Canaries are looked after in the arena alone.
  const stored = guard ? [] : storedResults(asked, values, leafCount, kept)
  for (const value of [...kept.offsets.keys(), ...stored]) lives[value]!.bytes = 0
  const { offsets, bytes } = guard ? guard.layOut(lives) : layOut(lives)
  const { stages, watch } = guard
    ? guard.watched({ values, steps: marked, kept: kept.offsets }, memory)
    : { stages: merge(marked.flatMap((step) => step.stages)), watch: null }
  return {
    steps: marked,
    graph: { operations, types },
    stages,
    kept,
    values,
    offsets,
    parts,
    arenaBytes: bytes,
    leaves: Array.from({ length: leafCount }, (_, i) => valueAt[i]!),
    places: valueAt,
    isRead: Array.from({ length: leafCount }, (_, i) => read.has(valueAt[i]!)),
    results: asked,
    stored,
    tables: tables.blocks,
    linked: null,
    hasRun: false,
    watch,
  }
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
