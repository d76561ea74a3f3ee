/** Runs the graph behind tensors on the engine that is set, and keeps state updates in step with it. */
import { currentEngine } from '../engine/current.ts'
import type { Node } from './node.ts'
import type { Tensor } from './tensor.ts'

/** States (running statistics, parameters) assigned a value that nobody has computed yet. */
const pending = new Set<Tensor>()

/** @internal Has the next evaluation compute this state too, so that its history cannot grow. */
export function evaluateWithNext(state: Tensor): void {
  pending.add(state)
}

/**
 * Computes several tensors in one run, sharing what they have in common. Reading them afterwards
 * costs nothing.
 *
 * @example
 * ```ts
 * import { compute, exp, sum, tensor } from 'striate'
 * const e = exp(tensor([0, 0]))
 * const total = sum(e)
 * await compute([e, total])
 * await total.item() // => 2
 * ```
 */
export async function compute(tensors: readonly Tensor[]): Promise<void> {
  const wanted = new Set<Node>()
  for (const each of tensors) if (!each.node.data) wanted.add(each.node)
  for (const state of pending) if (!state.node.data) wanted.add(state.node)
  pending.clear()
  if (wanted.size > 0) await currentEngine().run([...wanted])
}
