/** Where canaries come in, for programs that brought them (`canaries.ts`): tests, and those on Node. */
import type { Lifetime } from './arena.ts'
import { EngineMemory } from './memory.ts'
import type { PlannedStep, PlannedValue, ValueId, Watch } from './plan.ts'
import type { Stage } from './program.ts'

/** What is looked after in a plan. */
export interface WatchedValues {
  readonly values: readonly PlannedValue[]
  readonly steps: readonly PlannedStep[]
  /** Values that outlast a run: their canaries do so too. */
  readonly kept: ReadonlyMap<ValueId, number>
}

export interface Guard {
  /** Bytes of pattern before and after each value. */
  readonly gap: number
  /** Whether plans and blocks made from now on have canaries. */
  isOn(): boolean
  /** A memory that can surround its blocks. */
  memory(): EngineMemory
  /** Offsets for values that share no byte, and the bytes they need together. */
  layOut(values: readonly Lifetime[]): { offsets: number[]; bytes: number }
  /** The stages of the steps, each step followed by a look at every canary. */
  watched(
    values: WatchedValues,
    memory: EngineMemory,
  ): { readonly stages: Stage[]; readonly watch: Watch }
}

let brought: Guard | null = null

export function guardBy(guard: Guard): void {
  brought = guard
}

export const newMemory = (): EngineMemory => brought?.memory() ?? new EngineMemory()

/** Null where there are no canaries. */
export const guarding = (): Guard | null => (brought?.isOn() ? brought : null)
