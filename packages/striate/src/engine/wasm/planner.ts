/** Makes plans: fuses scalar functions, lowers every operation to steps, and lays out the arena. */
import type { OperatorName } from '../../ops/table.ts'
import { bytesOf } from '../../tensor/dtype.ts'
import { sizeOf } from '../../tensor/shape.ts'
import { layOut } from './arena.ts'
import { fuse, groupExpression } from './fusion.ts'
import type { KernelCache } from './kernelCache.ts'
import { lowerElementwise } from './lower/elementwise.ts'
import { hostStep, reportReference } from './lower/host.ts'
import { lowerings } from './lower/table.ts'
import type { EngineMemory } from './memory.ts'
import {
  type Builder,
  type Plan,
  type PlannedValue,
  type Step,
  Tables,
  type ValueId,
} from './plan.ts'
import { merge } from './program.ts'
import type { Structure } from './structure.ts'

export function makePlan(
  structure: Structure,
  memory: EngineMemory,
  kernels: KernelCache,
  threads: number,
): Plan {
  const { operations, types, results } = structure
  const leafCount = structure.leaves.length
  const values: PlannedValue[] = []
  const steps: Step[] = []
  const tables = new Tables(memory)
  const builder: Builder = {
    scratch: (bytes) => values.push({ shape: [], dtype: 'uint8', bytes }) - 1,
    value: ({ shape, dtype }) =>
      values.push({ shape, dtype, bytes: sizeOf(shape) * bytesOf[dtype] }) - 1,
    table: (words) => tables.write(words),
    target: kernels.target,
    threads,
    features: kernels.features,
    kernel: (key, generate) => kernels.request(key, generate),
    step: (step) => steps.push(step),
  }
  // The value at each position; a reshape is its input under another shape.
  const valueAt: ValueId[] = []
  for (let i = 0; i < leafCount; i++) valueAt.push(builder.value(types[i]!))
  const groups = fuse(structure)
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
  const { offsets, bytes } = layOut(lifetimes(values, steps, leafCount, asked))
  return {
    steps,
    stages: merge(steps.flatMap((step) => step.stages)),
    values,
    offsets,
    arenaBytes: bytes,
    leaves: Array.from({ length: leafCount }, (_, i) => valueAt[i]!),
    results: asked,
    tables: tables.blocks,
    linked: null,
  }
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
