/** The numbers that `npm run fuzz` computes with, so that its minimal cases run as tests. */
import { type Tensor, tensor } from '../../src/index.ts'

export interface ValueStyle {
  /** Decides the numbers, together with the name and the shape. */
  readonly seed: number
  /** Largest absolute value. */
  readonly scale: number
  /** Every number is moved by up to so much of the scale: to see how much a result depends on rounding. */
  readonly noise?: number
}

/** Reproducible values in [−scale, scale) that belong to a name. */
export function fuzzValues(name: string, shape: readonly number[], style: ValueStyle): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  const { scale, noise = 0 } = style
  const draw = numbers(hash(name, style.seed))
  const move = numbers(hash(name, style.seed + 7919))
  const data = Float32Array.from({ length: size }, () => {
    const value = 2 * draw() - 1
    return scale * (noise === 0 ? value : value + noise * (2 * move() - 1))
  })
  return tensor(data, shape)
}

function hash(name: string, seed: number): number {
  let state = 0x811c9dc5 ^ seed
  for (const each of name) state = Math.imul(state ^ each.charCodeAt(0), 0x01000193)
  return state >>> 0
}

/** A linear congruence's upper bits, in [0, 1). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0
    return mixed / 2 ** 32
  }
}
