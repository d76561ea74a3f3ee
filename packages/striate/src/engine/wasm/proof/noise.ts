/** Random values in the place of known ones, for kernels that real values say nothing about. */
import type { TypedArray } from '../../../tensor/dtype.ts'
import type { Node } from '../../../tensor/node.ts'

/** Numbers before they repeat: no multiple of anything that a tensor is likely to have. */
const period = 16_381

/** Real leaves become noise; others may be positions, and stay, as do numbers that are part of the plan. */
export function noiseFor(leaf: Node): TypedArray {
  const data = leaf.data!
  if (!(data instanceof Float32Array) || leaf.isLiteral) return data
  const noise = new Float32Array(data.length)
  // Scales, shifts and variances are vectors; they must not be negative, or near 0.
  const [middle, spread] = leaf.shape.length < 2 ? [1, 0.5] : [0, 1]
  let state = 0x2545f491 ^ leaf.id
  const count = Math.min(period, noise.length)
  for (let i = 0; i < count; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    noise[i] = middle + spread * (state / 2 ** 31)
  }
  for (let filled = count; filled < noise.length; filled *= 2)
    noise.copyWithin(filled, 0, Math.min(filled, noise.length - filled))
  return noise
}
