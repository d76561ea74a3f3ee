/** Weights as Keras keeps them in `.h5` files: a group for each layer, with the names of its arrays in order. */
import { describe, fail } from 'striate'
import type { Hdf5Object } from '../../hdf5/file.ts'
import type { KerasNetwork, NetworkPart } from '../network.ts'
import type { FoundWeight } from './arrange.ts'
import { matchNames } from './match.ts'
import { type PlacedSlot, partsOf, slotsOf } from './slots.ts'

/** A list of names, which stands in several attributes where one is too small. */
export function readNames(op: string, group: Hdf5Object, name: string): string[] {
  const names: unknown[] = []
  const take = (value: unknown): void => {
    if (Array.isArray(value)) names.push(...value)
    else names.push(value)
  }
  const whole = group.attribute(name)
  if (whole !== undefined) take(whole)
  else {
    for (let part = 0; ; part++) {
      const value = group.attribute(`${name}${part}`)
      if (value === undefined) break
      take(value)
    }
  }
  if (names.every((each): each is string => typeof each === 'string')) return names
  const needs = `must have text in its attribute '${name}'`
  return fail({ op, argument: describe(group.path), needs, got: describe(names) })
}

/** Whether a file, or a group of it, has its weights so. */
export const hasLayerNames = (group: Hdf5Object): boolean =>
  group.attribute('layer_names') !== undefined || group.attribute('layer_names0') !== undefined

export function findLegacy(op: string, network: KerasNetwork, group: Hdf5Object): FoundWeight[] {
  const parts = partsOf(op, network)
    .map((part) => ({ part, slots: slotsOf(op, part) }))
    .filter(({ slots }) => slots.length > 0)
  const layers = readNames(op, group, 'layer_names')
  const known = new Set(layers)
  const isByName = parts.every(({ part }) => known.has(part.name))
  const held = isByName ? [] : layers.filter((name) => hasWeights(op, group, name))
  if (!isByName && held.length !== parts.length) {
    const needs = `must hold weights of ${parts.length} layers`
    fail({ op, argument: describe(group.path), needs, got: `${held.length}` })
  }
  return parts.flatMap(({ part, slots }, at) => {
    const name = isByName ? part.name : held[at]!
    const found = group.get(name)
    if (found) return findLayer(op, part, slots, found)
    const needs = 'must be a group of the file, as its layer_names say'
    return fail({ op, argument: describe(`${group.path}/${name}`), needs, got: 'nothing' })
  })
}

const hasWeights = (op: string, group: Hdf5Object, name: string): boolean => {
  const layer = group.get(name)
  return layer !== undefined && readNames(op, layer, 'weight_names').length > 0
}

function findLayer(
  op: string,
  part: NetworkPart,
  slots: readonly PlacedSlot[],
  group: Hdf5Object,
): FoundWeight[] {
  const where = `layer ${describe(part.name)} (${part.className})`
  const names = readNames(op, group, 'weight_names')
  if (names.length !== slots.length) {
    const needs = `must have ${slots.length} arrays in ${describe(group.path)}`
    fail({ op, argument: where, needs, got: `${names.length}` })
  }
  const chosen = matchNames(slots, names)
  return slots.map((placed) => {
    const { slot, layers } = placed
    const what = `${slot.name} of layer ${describe(layers.join('/'))}`
    const found = group.get(chosen.get(placed)!)
    if (found) return { slot, what: `${what} (${describe(found.path)})`, array: found.array() }
    const needs = `must stand at '${group.path}/${chosen.get(placed)}'`
    return fail({ op, argument: what, needs, got: 'nothing' })
  })
}
