/** Several optimizers as one, each with parameters of its own: what alternating training keeps and saves. */
import { describe, fail } from '../../errors.ts'
import type { Layer } from '../../nn/layer.ts'
import { type NamePattern, nameMatcher } from '../../nn/namePattern.ts'
import type { Parameter, State } from '../../nn/state.ts'
import { loadStates } from '../../nn/stateDict.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Optimizer } from './optimizer.ts'

export interface Member {
  readonly optimizer: Optimizer
  /** The parameters that it moves, by name. */
  readonly parameters: NamePattern
}

/** The members as one optimizer; what is theirs has their name before it. */
export function together(op: string, members: Readonly<Record<string, Member>>): Optimizer {
  const all = Object.entries(members)
  const states = (): Map<string, State> =>
    new Map(
      all.flatMap(([name, { optimizer }]) =>
        [...optimizer.states()].map(([own, state]) => [`${name}.${own}`, state] as const),
      ),
    )
  const joined: Optimizer = {
    name: all.map(([, { optimizer }]) => optimizer.name).join(', '),
    settings: Object.fromEntries(all.map(([name, { optimizer }]) => [name, optimizer.settings])),
    get parameters() {
      return all.flatMap(([, { optimizer }]) => optimizer.parameters)
    },
    get steps() {
      return all[0]![1].optimizer.steps
    },
    get learningRate() {
      return all[0]![1].optimizer.learningRate
    },
    attach(target) {
      const named = (target as Layer).namedParameters()
      const taken = new Map<Parameter, string>()
      for (const [name, { optimizer, parameters }] of all) {
        const own = named.filter(([each]) => nameMatcher(parameters)(each))
        if (own.length === 0) {
          const got = parameters instanceof RegExp ? String(parameters) : describe(parameters)
          const needs = 'must match parameters of the network'
          fail({ op, argument: `turns.${name}.parameters`, needs, got })
        }
        for (const [each, parameter] of own) {
          const other = taken.get(parameter)
          if (other === undefined) taken.set(parameter, name)
          else {
            const needs = 'must leave each parameter to one turn'
            const got = `'${each}', which '${other}' moves`
            fail({ op, argument: `turns.${name}.parameters`, needs, got })
          }
        }
        optimizer.attach(own)
      }
      return joined
    },
    scheduleRates(rate) {
      for (const [, { optimizer }] of all) optimizer.scheduleRates(rate)
    },
    update(gradients) {
      let from = 0
      for (const [, { optimizer }] of all) {
        const { length } = optimizer.parameters
        optimizer.update(gradients.slice(from, from + length))
        from += length
      }
    },
    async step(gradients) {
      let from = 0
      for (const [, { optimizer }] of all) {
        const { length } = optimizer.parameters
        await optimizer.step(gradients.slice(from, from + length))
        from += length
      }
    },
    stateDict() {
      const entries = [...states()].map(([name, state]): [string, Tensor] => [name, state.detach()])
      return Object.fromEntries(entries)
    },
    loadStateDict(dict) {
      loadStates(op, states(), dict, {})
    },
    states,
  }
  return joined
}
