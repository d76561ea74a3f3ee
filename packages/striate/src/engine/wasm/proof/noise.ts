/** Random values in the place of known ones, for kernels that real values say nothing about. */
import type { TypedArray } from '../../../tensor/dtype.ts'
import type { Node } from '../../../tensor/node.ts'

/** Numbers before they repeat: no multiple of anything that a tensor is likely to have. */
const period = 16_381

/** Real leaves become noise that keeps sums over a weight's inputs near 1; the others stay, since they may be positions. */
export function noiseFor(leaf: Node): TypedArray {
  const data = leaf.data!
  if (!(data instanceof Float32Array)) return data
  const rows = leaf.shape[0] ?? 1
  const noise = new Float32Array(data.length)
  // Scales, shifts and variances are vectors; they must not be negative, or near 0.
  const isVector = leaf.shape.length < 2
  const spread = isVector ? 0.5 : Math.sqrt((3 * rows) / Math.max(1, data.length))
  let state = 0x2545f491 ^ leaf.id
  const count = Math.min(period, noise.length)
  for (let i = 0; i < count; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    noise[i] = spread * (state / 2 ** 31) + (isVector ? 1 : 0)
  }
  for (let filled = count; filled < noise.length; filled *= 2)
    noise.copyWithin(filled, 0, Math.min(filled, noise.length - filled))
  return noise
}
