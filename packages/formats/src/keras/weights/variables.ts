/**
 * Weights as Keras 3 keeps them: numbered variables at `layers/<class>_<number>/vars/<variable>`, where
 * the number counts the layers of one class.
 */
import { describe, fail } from 'striate'
import type { Hdf5Object } from '../../hdf5/file.ts'
import type { KerasNetwork, NetworkPart } from '../network.ts'
import type { FoundWeight } from './arrange.ts'
import { partsOf } from './slots.ts'

/** Keras's name of a class among its files: `MaxPooling2D` → `max_pooling2d`. */
export const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

/** A part of the network and the name of its group. */
export interface NamedPart {
  readonly group: string
  readonly part: NetworkPart
}

/** Groups of the layers, each counted among those of its class. */
export function groupsOf(op: string, network: KerasNetwork): NamedPart[] {
  const counts = new Map<string, number>()
  const made = new Map(partsOf(op, network).map((part) => [part.name, part]))
  return network.plan.model.layers.flatMap(({ name, className }) => {
    const base = snakeCase(className === 'Model' ? 'Functional' : className)
    const count = counts.get(base) ?? 0
    counts.set(base, count + 1)
    const part = made.get(name)
    return part ? [{ group: count === 0 ? base : `${base}_${count}`, part }] : []
  })
}

/** Whether a file has its weights so. */
export const hasVariables = (root: Hdf5Object): boolean =>
  root.names().some((name) => name === 'layers' || name === '_layer_checkpoint_dependencies')

export function findVariables(op: string, network: KerasNetwork, root: Hdf5Object): FoundWeight[] {
  const holder = root.get('layers') ?? root.get('_layer_checkpoint_dependencies')
  return groupsOf(op, network).flatMap(({ group, part }): FoundWeight[] => {
    if (part.weights.length === 0 && !part.network) return []
    const where = `layer ${describe(part.name)} (${part.className})`
    const found = holder?.get(group) ?? holder?.get(part.name)
    if (!found) {
      const got = `no group '${group}'`
      return fail({ op, argument: where, needs: 'must have its weights in the file', got })
    }
    if (part.network) return findVariables(op, part.network, found)
    const variables = found.get('vars')
    const count = variables?.names().length ?? 0
    if (!variables || count !== part.weights.length) {
      const needs = `must have ${part.weights.length} arrays in ${describe(`${found.path}/vars`)}`
      return fail({ op, argument: where, needs, got: `${count}` })
    }
    return part.weights.map((slot, at) => {
      const what = `${slot.name} of ${where}`
      const variable = variables.get(String(at))
      if (variable)
        return { slot, what: `${what} (${describe(variable.path)})`, array: variable.array() }
      return fail({
        op,
        argument: what,
        needs: `must stand at '${variables.path}/${at}'`,
        got: 'nothing',
      })
    })
  })
}
