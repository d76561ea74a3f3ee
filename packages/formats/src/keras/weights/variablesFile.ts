/** Weights written as Keras 3 keeps them. */
import type { ArrayInput } from 'striate'
import type { GroupContent } from '../../hdf5/write.ts'
import type { KerasNetwork } from '../network.ts'
import { storedWeight } from './arrange.ts'
import { groupsOf } from './variables.ts'

/** The group of a model: its layers, and beside them variables of its own, of which it has none. */
export async function variablesGroup(
  op: string,
  network: KerasNetwork,
  name: string = network.plan.model.name,
): Promise<GroupContent> {
  const layers = new Map<string, GroupContent>()
  for (const { group, part } of groupsOf(op, network)) {
    if (part.network) {
      layers.set(group, await variablesGroup(op, part.network, part.name))
      continue
    }
    const arrays = new Map<string, ArrayInput>()
    for (const [at, slot] of part.weights.entries())
      arrays.set(String(at), await storedWeight(slot))
    layers.set(group, { groups: new Map([['vars', { attributes: { name: part.name }, arrays }]]) })
  }
  return {
    groups: new Map<string, GroupContent>([
      ['layers', { groups: layers }],
      ['vars', { attributes: { name } }],
    ]),
  }
}
