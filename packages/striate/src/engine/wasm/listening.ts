/** Where those come in who are told of the engine's work, as `STRIATE_DEBUG` asks on Node. */
import type { PlannedGraph } from './plan.ts'

export interface Listener {
  /** A new plan. */
  plan(graph: PlannedGraph): void
  /** A kernel that is about to be made; null where nobody wants to know more. */
  kernel(): KernelStory | null
}

export interface KernelStory {
  generated(name: string, bytes: number): void
  compiled(): void
}

let listener: Listener | null = null

export function listenBy(by: Listener): void {
  listener = by
}

export const listening = (): Listener | null => listener
