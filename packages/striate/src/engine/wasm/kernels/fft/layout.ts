/**
 * How complex values lie: blocks of eight, the real parts and then the imaginary parts; and in which
 * steps a transform of a power of two is taken apart.
 */

/** Complex values of a block; a block is one line of the cache. */
export const blockValues = 8
export const blockBytes = 64
/** From the real parts of a block to its imaginary parts. */
export const imaginary = 32

/** The last step of a forward transform, taken in registers. */
export const leafSize = 16

/** One pass: every part of `size` values becomes `radix` parts. */
export interface FftLevel {
  readonly size: number
  readonly radix: 2 | 4
  /** Of its twiddle factors in the table, in bytes. */
  readonly twiddles: number
}

/** Passes of a forward transform from the whole down to parts of {@link leafSize}, radix 2 at most once. */
export function fftLevels(size: number): FftLevel[] {
  const levels: FftLevel[] = []
  let at = leafTwiddleBytes
  let left = size
  while (left > leafSize) {
    const radix = Math.log2(left) % 2 === 0 ? 4 : 2
    levels.push({ size: left, radix, twiddles: at })
    at += 8 * (left / radix) * (radix - 1)
    left /= radix
  }
  return levels
}

/** W₁₆^k, W₁₆^2k, W₁₆^3k for k = 0 … 3: four real and four imaginary parts each. */
export const leafTwiddleBytes = 96

/**
 * The factors W^jk = e^(−2πi·jk/size) of every pass, as it meets them: those of the leaves; then for each
 * level, for eight values of k at a time, those of j = 1, 2, 3 in a block each.
 */
export function fftTwiddles(size: number): Float32Array {
  const cosines = new Float32Array(size)
  const sines = new Float32Array(size)
  for (let k = 0; k < size; k++) {
    cosines[k] = Math.cos((2 * Math.PI * k) / size)
    sines[k] = -Math.sin((2 * Math.PI * k) / size)
  }
  const levels = fftLevels(size)
  const last = levels.at(-1)
  const words = last
    ? last.twiddles / 4 + 2 * (last.size / last.radix) * (last.radix - 1)
    : leafTwiddleBytes / 4
  const table = new Float32Array(words)
  const write = (at: number, length: number, j: number, from: number, lanes: number): void => {
    const step = j * (size / length)
    for (let lane = 0; lane < lanes; lane++) {
      const power = (from + lane) * step
      table[at + lane] = cosines[power]!
      table[at + lanes + lane] = sines[power]!
    }
  }
  for (const j of [1, 2, 3]) write(8 * (j - 1), leafSize, j, 0, 4)
  for (const { size: length, radix, twiddles } of levels) {
    let at = twiddles / 4
    for (let k = 0; k < length / radix; k += blockValues) {
      for (let j = 1; j < radix; j++) {
        write(at, length, j, k, blockValues)
        at += 2 * blockValues
      }
    }
  }
  return table
}
