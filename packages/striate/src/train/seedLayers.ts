/** The random numbers of a training's layers: of its seed, and of their names. */
import type { Layer } from '../nn/layer.ts'
import { RandomStream } from '../random/index.ts'

/** Gives every layer that draws random numbers a stream of the seed and the layer's name. */
export function seedLayers(net: Layer, seed: number): void {
  const root = new RandomStream(seed, 'fit')
  const names = Object.keys(net.randomStates())
  net.loadRandomStates(
    Object.fromEntries(names.map((name) => [name, root.split(`layer ${name}`).state] as const)),
  )
}
