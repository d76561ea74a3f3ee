/** The weights of the best epoch, kept until they are worth going back to. */
import { describe, fail } from '../errors.ts'
import type { Layer } from '../nn/layer.ts'
import type { State } from '../nn/state.ts'
import type { Node } from '../tensor/node.ts'
import { sameShape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { WeightAverage } from './average.ts'

/** Parameters, buffers and their average, by the names that a checkpoint gives them. */
function statesOf(net: Layer, average: WeightAverage | undefined): ReadonlyMap<string, State> {
  const own = [...net.namedParameters(), ...net.namedBuffers()]
  return new Map<string, State>([
    ...own.map(([name, state]): [string, State] => [`network.${name}`, state]),
    ...[...(average?.states() ?? [])].map(([name, state]): [string, State] => [
      `average.${name}`,
      state,
    ]),
  ])
}

/** Values of a network and its average at one moment. Values never change: a state takes another. */
export class BestWeights {
  readonly #kept: ReadonlyMap<string, { readonly state: State; readonly node: Node }>

  private constructor(kept: ReadonlyMap<string, { readonly state: State; readonly node: Node }>) {
    this.#kept = kept
  }

  /** What they are now; every value must be known. */
  static of(net: Layer, average: WeightAverage | undefined): BestWeights {
    const states = [...statesOf(net, average)]
    return new BestWeights(
      new Map(states.map(([name, state]) => [name, { state, node: state.node }] as const)),
    )
  }

  /** What a checkpoint holds. Throws unless it holds each, with its shape. */
  static fromStateDict(
    net: Layer,
    average: WeightAverage | undefined,
    dict: Readonly<Record<string, Tensor>>,
  ): BestWeights {
    const kept = [...statesOf(net, average)].map(([name, state]) => {
      const value = dict[name]
      if (value && sameShape(value.shape, state.shape) && value.dtype === state.dtype)
        return [name, { state, node: value.node }] as const
      const needs = `must hold '${name}', a ${describe(state)}`
      const got = value === undefined ? 'nothing' : describe(value)
      return fail({ op: 'resume', argument: 'best', needs, got })
    })
    return new BestWeights(new Map(kept))
  }

  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(
      [...this.#kept].map(([name, { node }]) => [name, new Tensor(node)] as const),
    )
  }

  /** Gives the network and the average these values back. */
  restore(): void {
    for (const { state, node } of this.#kept.values()) state.assign(new Tensor(node))
  }
}
