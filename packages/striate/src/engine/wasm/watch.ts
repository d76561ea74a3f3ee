/** Canaries around the values of a plan, looked after between its steps. */
import { brokenCanary, plantCanaries, poison, reportBroken } from './canaryPattern.ts'
import type { WatchedValues } from './guard.ts'
import { GuardedMemory } from './guardedMemory.ts'
import type { EngineMemory } from './memory.ts'
import type { PlannedStep, PlannedValue, RunContext, Step, ValueId, Watch } from './plan.ts'
import { merge, type Stage } from './program.ts'

/** The stages of the steps, each step followed by a look at every canary. */
export function watched(
  { values, steps, kept }: WatchedValues,
  memory: EngineMemory,
): { readonly stages: Stage[]; readonly watch: Watch } {
  const own = (context: RunContext): ValueId[] =>
    values.flatMap((_, value) => (context.isResident(value) ? [] : [value]))
  const look = (step: Step, context: RunContext): void => {
    const { buffer } = memory.memory
    for (const value of own(context)) {
      const where = brokenCanary(buffer, context.address(value), values[value]!.bytes)
      if (where === null) continue
      plantCanaries(buffer, context.address(value), values[value]!.bytes)
      reportBroken(step.name, nameOf(value, values, steps), where)
    }
    const block = memory instanceof GuardedMemory ? memory.brokenBlock() : null
    if (block) reportBroken(step.name, block.what, block.where)
  }
  return {
    stages: steps.flatMap((step) => [
      ...merge(step.stages),
      { host: (context: RunContext) => look(step, context) },
    ]),
    watch: {
      look,
      prepare(context) {
        const { buffer } = memory.memory
        for (const value of own(context)) {
          const [address, { bytes }] = [context.address(value), values[value]!]
          if (!kept.has(value)) poison(buffer, address, bytes)
          plantCanaries(buffer, address, bytes)
        }
      },
    },
  }
}

/** A value as messages name it. */
function nameOf(
  value: ValueId,
  values: readonly PlannedValue[],
  steps: readonly PlannedStep[],
): string {
  const { shape, bytes, isScratch } = values[value]!
  const writer = steps.find(({ writes }) => writes.includes(value))
  const kind = isScratch ? `scratch of ${bytes} bytes` : `value [${shape.join(', ')}]`
  return writer ? `the ${kind} of '${writer.name}'` : `the known ${kind}`
}
