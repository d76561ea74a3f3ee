/** Whole models as `.h5` files. */
import type { ArrayInput } from 'striate'
import type { GroupContent } from '../../hdf5/write.ts'
import type { JsonObject } from '../config.ts'
import type { KerasNetwork } from '../network.ts'
import { storedWeight } from './arrange.ts'
import { trainedFirst } from './match.ts'
import { partsOf, slotsOf } from './slots.ts'

export async function legacyGroup(
  op: string,
  network: KerasNetwork,
  config: JsonObject,
  version: string,
): Promise<GroupContent> {
  const groups = new Map<string, GroupContent>()
  const { model } = network.plan
  const notes = { backend: 'tensorflow', keras_version: version }
  for (const part of partsOf(op, network)) {
    const arrays = new Map<string, ArrayInput>()
    for (const { layers, slot } of trainedFirst(slotsOf(op, part)))
      arrays.set([...layers, slot.name].join('/'), await storedWeight(slot))
    groups.set(part.name, { attributes: { weight_names: [...arrays.keys()] }, arrays })
  }
  // Layers that no output needs, and inputs, stand there without weights.
  const names = model.layers
    .filter(({ className }) => model.className === 'Functional' || className !== 'InputLayer')
    .map(({ name }) => name)
  for (const name of names)
    if (!groups.has(name)) groups.set(name, { attributes: { weight_names: [] } })
  return {
    attributes: { ...notes, model_config: JSON.stringify(config) },
    groups: new Map([['model_weights', { attributes: { ...notes, layer_names: names }, groups }]]),
  }
}
