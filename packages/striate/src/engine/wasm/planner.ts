/** Makes plans: fuses scalar functions, lowers every operation to steps, and lays out the arena. */
import type { ConvolutionGeometry } from '../../geometry/convolution.ts'
import { bytesOf } from '../../tensor/dtype.ts'
import { sizeOf } from '../../tensor/shape.ts'
import { layOut, layOutApart } from './arena.ts'
import { canariesOn, canaryBytes } from './canaries.ts'
import type { Attachment, ChannelFold } from './epilogues.ts'
import type { Groups } from './fusion.ts'
import { keepValues } from './keeping.ts'
import type { KernelCache } from './kernelCache.ts'
import type { Epilogue, Operand } from './lower/epilogue.ts'
import { hostStep, reportReference } from './lower/host.ts'
import type { EngineMemory } from './memory.ts'
import { nameOperation } from './naming.ts'
import { partsOf, type ValuePart } from './parts.ts'
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
import { leastStoredBytes } from './stored.ts'
import type { Structure } from './structure.ts'
import { watched } from './watch.ts'

/** What the steps of an operation compute besides. */
interface Additions {
  readonly epilogue?: Pick<Epilogue, 'nodes' | 'operands'>
  readonly fold?: ChannelFold
  readonly inPlace?: ReadonlySet<number>
}

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
  const builder: Builder = {
    scratch: (bytes) => values.push({ shape: [], dtype: 'uint8', bytes, isScratch: true }) - 1,
    value: ({ shape, dtype }) => {
      const bytes = sizeOf(shape) * bytesOf[dtype]
      return values.push({ shape, dtype, bytes, isScratch: false }) - 1
    },
    table: (words) => tables.write(words, tableOf),
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
  const scalars = operations.find(({ operator }) => operator.scalars)?.operator.scalars?.()
  const groups = scalars?.fuse(structure) ?? noGroups
  const attachments = scalars?.attach(structure, groups)
  const gap = canariesOn() ? canaryBytes : 0
  const parts = new Map<ValueId, ValuePart>()
  const members = membersOf(operations.length, leafCount, groups)
  /** Adds the steps of an operation that writes to `output`. */
  const lower = (i: number, output: ValueId, additions: Additions = {}): void => {
    const { epilogue, fold, inPlace } = additions
    const { operator, attributes, inputs } = operations[i]!
    const inputTypes = inputs.map((at) => types[at]!)
    const outputType = types[leafCount + i]!
    const given = fold ? folded(i, fold) : inputs.map((at) => valueAt[at]!)
    const after = epilogue ? scalars!.afterwards(builder, epilogue, output, outputType) : null
    const context = {
      build: after?.build ?? builder,
      operator,
      attributes,
      inputs: given,
      inputTypes,
      output,
      outputType,
      ...(after ? { epilogue: after.epilogue } : {}),
      ...(inPlace ? { inPlace } : {}),
    }
    const isDouble = [...inputTypes, outputType].some(({ dtype }) => dtype === 'float64')
    if (isDouble) {
      reportReference(operator.name, 'float64')
      hostStep(context)
    } else if (isBanned(operator.name) || !operator.lower(context)) {
      hostStep(context)
    }
    after?.finish()
  }
  /** Results that hold more than their operation: a scale and a shift of what reads them. */
  const foldedAt = new Map<number, ValueId>()
  const operandsAt = (positions: readonly number[]): Operand[] =>
    positions.map((at) => ({ value: foldedAt.get(at) ?? valueAt[at]!, type: types[at]! }))
  /** The inputs of a convolution whose weight and bias take over a scale and a shift. */
  const folded = (i: number, fold: ChannelFold): ValueId[] => {
    const { attributes, inputs } = operations[i]!
    const [x, weight, bias] = inputs.map((at) => valueAt[at]!) as [ValueId, ValueId, ValueId?]
    const geometry = attributes as ConvolutionGeometry
    const operands = operandsAt(fold.operands)
    const scaled = scalars!.foldWeight(builder, geometry, { ...fold, weight, bias, operands })
    return [x, scaled.weight, ...(scaled.bias === undefined ? [] : [scaled.bias])]
  }
  /** Adds the steps of operations and of the scalar functions that read their results and are written instead. */
  const lowerTogether = (together: Attachment, root: number, output: ValueId): void => {
    for (const { position, fold } of together.before) {
      purpose = { operations: [position - leafCount], choice: null }
      const value = builder.value(types[position]!)
      foldedAt.set(position, value)
      lower(position - leafCount, value, { fold })
    }
    const { producer, fold, nodes } = together
    const done = [...members.get(root)!, producer - leafCount].sort((one, two) => one - two)
    purpose = { operations: done, choice: null }
    const epilogue = { nodes, operands: operandsAt(together.operands) }
    lower(producer - leafCount, output, {
      ...(fold ? { fold } : {}),
      ...(nodes.length > 1 ? { epilogue } : {}),
    })
  }
  for (const [i, { operator, inputs }] of operations.entries()) {
    const position = leafCount + i
    if (groups.isInlined(position) || attachments?.waits(position)) continue
    if (operator.name === 'reshape' || operator.name === 'identity') {
      valueAt[position] = valueAt[inputs[0]!]!
      continue
    }
    const outputType = types[position]!
    const output = builder.value(outputType)
    valueAt[position] = output
    const together = attachments?.at(position)
    if (together) {
      lowerTogether(together, position, output)
      continue
    }
    purpose = { operations: members.get(position) ?? [i], choice: null }
    // Canaries stand between values: then each has a place of its own.
    if (operator.name === 'concat' && gap === 0) {
      const own = partsOf(structure, i, (at) => parts.has(valueAt[at]!))
      for (const [input, offset] of own)
        parts.set(valueAt[inputs[input]!]!, { whole: output, offset })
      if (own.size < inputs.length) lower(i, output, { inPlace: new Set(own.keys()) })
      continue
    }
    if (scalars && groups.isFused(position)) {
      const group = scalars.groupExpression(structure, groups, position)
      const sources = group.inputs.map((at) => ({ value: valueAt[at]!, type: types[at]! }))
      if (scalars.lowerElementwise(builder, group, sources, output, outputType)) continue
    }
    lower(i, output)
  }
  const asked = results.map((position) => valueAt[position]!)
  const read = new Set([...asked, ...steps.flatMap(({ reads }) => reads)])
  // Who reads the whole is not known to read its parts.
  const needed = [...asked, ...parts.keys()]
  const { kept, marked } = keepValues(steps, values, needed, leafCount, memory, gap)
  const lives = lifetimes(values, steps, leafCount, asked)
  for (const [part, { whole }] of parts) {
    const { first, last } = lives[part]!
    lives[part]!.bytes = 0
    lives[whole]!.first = Math.min(lives[whole]!.first, first)
    lives[whole]!.last = Math.max(lives[whole]!.last, last)
  }
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

/** Of graphs without scalar functions. */
const noGroups: Groups = {
  isFused: () => false,
  isInlined: () => false,
  domainOf: () => null,
  rootOf: (position) => position,
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
