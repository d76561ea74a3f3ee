/** The weights of a network by the layers of the Keras model. */
import { describe, fail } from 'striate'
import type { WeightSlot } from '../layer.ts'
import type { KerasNetwork, NetworkPart } from '../network.ts'

/** Checks that the layers of the network are those that were read. */
export function partsOf(op: string, network: KerasNetwork): readonly NetworkPart[] {
  const now = new Map(network.children())
  for (const { name, className, children } of network.plan.parts) {
    const replaced = children.find(([child, layer]) => now.get(child) !== layer)
    if (!replaced) continue
    const needs = 'must be the layer that was read from the model'
    const got = `a ${now.get(replaced[0])?.kind ?? 'missing layer'} in its place`
    fail({ op, argument: `layer ${describe(name)} (${className})`, needs, got })
  }
  return network.plan.parts
}

/** A slot, and the names of the layers around it, the outermost first. */
export interface PlacedSlot {
  readonly layers: readonly string[]
  readonly slot: WeightSlot
  readonly isTrained: boolean
}

/** All slots of a part, those of models inside it included, in the order of the layers. */
export function slotsOf(
  op: string,
  part: NetworkPart,
  layers: readonly string[] = [],
): PlacedSlot[] {
  const path = [...layers, part.name]
  if (part.network) return partsOf(op, part.network).flatMap((inner) => slotsOf(op, inner, path))
  return part.weights.map((slot) => {
    const isTrained = 'requiresGrad' in slot.state && slot.state.requiresGrad === true
    return { layers: path, slot, isTrained }
  })
}
