/** The global seed, from which every layer draws a stream of its own when it is made. */
import { RandomStream } from '../random/index.ts'

let root: RandomStream | null = null
let layersMade = 0

/**
 * Sets the seed of all layers made from now on: the same seed and the same order of making give the
 * same weights, whatever is evaluated in between. Without it, every run draws a seed of its own.
 *
 * @throws StriateError if the seed is not a whole number from 0 to 2⁵³ − 1.
 * @example
 * ```ts
 * import { manualSeed, nn } from 'striate'
 * manualSeed(7)
 * const first = await nn.linear(2, 2).weight.data()
 * manualSeed(7)
 * const second = await nn.linear(2, 2).weight.data()
 * first.join() === second.join() // => true
 * ```
 */
export function manualSeed(seed: number): void {
  root = new RandomStream(seed, 'layers')
  layersMade = 0
}

/** The stream of the next layer. */
export function layerStream(): RandomStream {
  root ??= new RandomStream(Math.floor(Math.random() * 2 ** 48), 'layers')
  return root.split(layersMade++)
}
