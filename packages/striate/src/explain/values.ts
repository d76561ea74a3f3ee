/**
 * The numbers of an example: small whole numbers, so that a reader can check every product, and their
 * sum is exact in any order and in float32 (below 2²⁴ while a cell has fewer than two million taps).
 */
import { RandomStream } from '../random/index.ts'

/** `count` whole numbers from `low` to `high`, each equally likely, drawn from the stream of that name. */
function draw(seed: number, name: string, count: number, low: number, high: number): Int8Array {
  const random = new RandomStream(seed, `explain/${name}`)
  const values = new Int8Array(count)
  const words = new Uint32Array(Math.min(count, 4096))
  for (let start = 0; start < count; start += words.length) {
    random.fillUint32(words)
    const end = Math.min(words.length, count - start)
    for (let i = 0; i < end; i++)
      values[start + i] = low + Math.floor((words[i]! / 2 ** 32) * (high - low + 1))
  }
  return values
}

/** Input values, 0 to 4. */
export const defaultX = (seed: number, count: number): Int8Array => draw(seed, 'x', count, 0, 4)

/** Weights, −2 to 2. */
export const defaultWeight = (seed: number, count: number): Int8Array =>
  draw(seed, 'weight', count, -2, 2)

/** Biases, −2 to 2. */
export const defaultBias = (seed: number, count: number): Int8Array =>
  draw(seed, 'bias', count, -2, 2)
