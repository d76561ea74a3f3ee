/** Values that no input reaches, computed once and kept until a weight that they are made of changes. */
import { nn, noGrad, type Tensor } from 'striate'
import type { GraphNode } from './graph.ts'
import { Value } from './value.ts'

interface Kept {
  /** What each state's tensor stood for when the values were made. */
  readonly sources: readonly unknown[]
  readonly values: readonly (Value | null)[]
}

/** Keeps results by node. A state that was assigned another value is known by its graph node. */
export class Folds {
  readonly #kept = new Map<GraphNode, Kept>()

  /** The values of a node, made by `make` unless they are still what its states say. */
  values(
    node: GraphNode,
    states: readonly Tensor[],
    make: () => readonly (Value | null)[],
  ): readonly (Value | null)[] {
    const sources = states.map((state) => state.node)
    const before = this.#kept.get(node)
    if (before && sources.every((source, i) => source === before.sources[i])) return before.values
    const values = noGrad(() => make().map((value) => value && settled(value)))
    this.#kept.set(node, { sources, values })
    return values
  }
}

/** The same value as a state: computed with whatever is computed next, and then a constant. */
function settled(value: Value): Value {
  if (value.isKnown || value.tensor instanceof nn.State) return value
  return Value.of(new nn.Buffer(value.tensor))
}
