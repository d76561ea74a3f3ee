/**
 * Values that outlast a run: packed weights, and what else is made of known values alone for their sake.
 * The steps that make them are left out while the same known values come.
 */
import type { EngineMemory } from './memory.ts'
import type { KeptValues, PlannedStep, PlannedValue, ValueId } from './plan.ts'
import type { Stage } from './program.ts'

interface Kept {
  readonly kept: KeptValues
  /** The steps with the stages that are left out marked. */
  readonly marked: readonly PlannedStep[]
}

/** Leaves have the first numbers; `gap` bytes are left on either side of a kept value. */
export function keepValues(
  steps: readonly PlannedStep[],
  values: readonly PlannedValue[],
  results: readonly ValueId[],
  leafCount: number,
  memory: EngineMemory,
  gap: number,
): Kept {
  const nothing: Kept = {
    kept: { block: null, offsets: new Map<ValueId, number>(), steps: [] },
    marked: steps,
  }
  const readers = values.map((): number[] => [])
  for (const [i, { reads }] of steps.entries()) for (const value of reads) readers[value]!.push(i)
  const sources = sourcesOf(steps, leafCount)
  const isResult = new Set(results)
  const isLeftOut = new Array<boolean>(steps.length).fill(false)
  /** Whether a value is needed by others than its step when the steps that prepare are left out. */
  const isNeeded = (value: ValueId, step: number): boolean =>
    isResult.has(value) || readers[value]!.some((reader) => reader !== step && !isLeftOut[reader])
  for (let i = steps.length - 1; i >= 0; i--) {
    const { keeps = [], writes } = steps[i]!
    isLeftOut[i] =
      sources[i] !== null &&
      sources[i]!.length > 0 &&
      (keeps.length > 0 || writes.some((value) => readers[value]!.length > 0)) &&
      writes.every((value) => keeps.includes(value) || !isNeeded(value, i))
  }
  const offsets = new Map<ValueId, number>()
  let bytes = 0
  for (const [i, { keeps = [] }] of steps.entries()) {
    if (!isLeftOut[i]) continue
    for (const value of keeps) {
      if (offsets.has(value) || !isNeeded(value, i)) continue
      offsets.set(value, bytes + gap)
      bytes += Math.ceil(values[value]!.bytes / 64) * 64 + 2 * gap
    }
  }
  const block = bytes > 0 ? memory.tryAllocate(bytes) : null
  if (!block) return nothing
  const { keeperOf, leaves } = together(steps, isLeftOut, sources, values.length)
  return {
    kept: { block, offsets, steps: leaves.map((list) => ({ leaves: list, holds: false })) },
    marked: steps.map((step, i) => {
      const keeper = keeperOf[i]
      if (keeper === undefined) return step
      return { ...step, stages: step.stages.map((stage): Stage => ({ ...stage, keeper })) }
    }),
  }
}

/** For each step the leaves that its values come from; null if they come of work on the host as well. */
function sourcesOf(steps: readonly PlannedStep[], leafCount: number): (readonly number[] | null)[] {
  const made = new Map<ValueId, readonly number[] | null>()
  return steps.map(({ reads, writes, stages }) => {
    const lists = reads.map((value) => (value < leafCount ? [value] : (made.get(value) ?? null)))
    const isWork = stages.every((stage) => 'parts' in stage)
    const own =
      isWork && lists.every((list) => list !== null)
        ? [...new Set(lists.flatMap((list) => list ?? []))]
        : null
    for (const value of writes) {
      const before = made.get(value)
      made.set(value, own && before !== null ? [...new Set([...own, ...(before ?? [])])] : null)
    }
    return own
  })
}

/** Steps that are left out and share values become one keeper: all run again when a leaf of any has changed. */
function together(
  steps: readonly PlannedStep[],
  isLeftOut: readonly boolean[],
  sources: readonly (readonly number[] | null)[],
  valueCount: number,
): { keeperOf: (number | undefined)[]; leaves: number[][] } {
  const parent = steps.map((_, i) => i)
  const root = (i: number): number => (parent[i] === i ? i : root(parent[i]!))
  const touched = new Array<number | undefined>(valueCount)
  for (const [i, { reads, writes }] of steps.entries()) {
    if (!isLeftOut[i]) continue
    for (const value of writes) {
      const before = touched[value]
      if (before !== undefined) parent[root(before)] = root(i)
      touched[value] = i
    }
    for (const value of reads) {
      const before = touched[value]
      if (before !== undefined) parent[root(before)] = root(i)
    }
  }
  const numbers = new Map<number, number>()
  const leaves: number[][] = []
  const keeperOf = steps.map((_, i) => {
    if (!isLeftOut[i]) return undefined
    const at = root(i)
    const keeper = numbers.get(at) ?? leaves.push([]) - 1
    numbers.set(at, keeper)
    leaves[keeper] = [...new Set([...leaves[keeper]!, ...sources[i]!])]
    return keeper
  })
  return { keeperOf, leaves }
}
