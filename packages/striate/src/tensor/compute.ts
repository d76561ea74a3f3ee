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
  const wanted = takeWanted(tensors)
  if (wanted.length > 0) await currentEngine().run(wanted)
}

/** @internal What computing the tensors now would compute: them, and states that wait. */
export function wantedNodes(tensors: readonly Tensor[]): Node[] {
  const nodes = [...tensors, ...pending].map(({ node }) => node)
  return [...new Set(nodes)].filter(({ isKnown }) => !isKnown)
}

/** @internal The same, for an engine that runs it: the states wait no longer. */
export function takeWanted(tensors: readonly Tensor[]): Node[] {
  const wanted = wantedNodes(tensors)
  pending.clear()
  return wanted
}
