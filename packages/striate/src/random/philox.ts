/**
 * Philox4x32-10: ten rounds that turn a 128-bit counter and a 64-bit key into 128 random bits, with no
 * state between calls (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 */
import { describe, fail } from '../errors.ts'

const rounds = 10
const multiplier0 = 0xd2511f53 | 0
const multiplier1 = 0xcd9e8d57 | 0
const high0 = multiplier0 >>> 16
const low0 = multiplier0 & 0xffff
const high1 = multiplier1 >>> 16
const low1 = multiplier1 & 0xffff
/** The golden ratio and √3 − 1, as fractions of 2³²: the key moves on by them each round. */
const weyl0 = 0x9e3779b9 | 0
const weyl1 = 0xbb67ae85 | 0

/**
 * One block of the generator: four 32-bit words from a counter of four words and a key of two.
 * Words are taken modulo 2³² and the lowest comes first. Exact on every platform.
 *
 * Throws if the counter does not have four words or the key two.
 *
 * ```ts
 * import { philox } from 'striate'
 * const block = philox([0, 0, 0, 0], [0, 0])
 * block[0].toString(16) // => '6627e8d5'
 * ```
 */
export function philox(
  counter: ArrayLike<number>,
  key: ArrayLike<number>,
): [number, number, number, number] {
  if (counter.length !== 4)
    fail({ op: 'philox', argument: 'counter', needs: 'needs four words', got: describe(counter) })
  if (key.length !== 2)
    fail({ op: 'philox', argument: 'key', needs: 'needs two words', got: describe(key) })
  philoxBlocks(words, 0, 1, counter, key)
  return [words[0]!, words[1]!, words[2]!, words[3]!]
}

const words = new Uint32Array(4)

/**
 * Writes `blocks` consecutive blocks of four words to `out` from index `start`;
 * the first two words of the counter, as one number of 64 bits, rise by one a block.
 */
export function philoxBlocks(
  out: Uint32Array,
  start: number,
  blocks: number,
  counter: ArrayLike<number>,
  key: ArrayLike<number>,
): void {
  let blockLow = counter[0]! | 0
  let blockHigh = counter[1]! | 0
  const counter2 = counter[2]! | 0
  const counter3 = counter[3]! | 0
  const key0 = key[0]! | 0
  const key1 = key[1]! | 0
  const end = start + 4 * blocks
  for (let at = start; at < end; at += 4) {
    let a = blockLow
    let b = blockHigh
    let c = counter2
    let d = counter3
    let k0 = key0
    let k1 = key1
    for (let round = 0; round < rounds; round++) {
      // The high word of a 64-bit product, from 16-bit halves: no partial sum exceeds 32 bits.
      const aLow = a & 0xffff
      const aHigh = a >>> 16
      const aMiddle = (Math.imul(aHigh, low0) + (Math.imul(aLow, low0) >>> 16)) | 0
      const aCarry = (Math.imul(aLow, high0) + (aMiddle & 0xffff)) | 0
      const aTop = (Math.imul(aHigh, high0) + (aMiddle >>> 16) + (aCarry >>> 16)) | 0
      const aBottom = Math.imul(a, multiplier0)
      const cLow = c & 0xffff
      const cHigh = c >>> 16
      const cMiddle = (Math.imul(cHigh, low1) + (Math.imul(cLow, low1) >>> 16)) | 0
      const cCarry = (Math.imul(cLow, high1) + (cMiddle & 0xffff)) | 0
      const cTop = (Math.imul(cHigh, high1) + (cMiddle >>> 16) + (cCarry >>> 16)) | 0
      const cBottom = Math.imul(c, multiplier1)
      a = cTop ^ b ^ k0
      b = cBottom
      c = aTop ^ d ^ k1
      d = aBottom
      k0 = (k0 + weyl0) | 0
      k1 = (k1 + weyl1) | 0
    }
    out[at] = a
    out[at + 1] = b
    out[at + 2] = c
    out[at + 3] = d
    blockLow = (blockLow + 1) | 0
    if (blockLow === 0) blockHigh = (blockHigh + 1) | 0
  }
}
