/** Two uniform words to two independent normal values (Box and Muller, "A note on the generation of random normal deviates", 1958). */
import { cosineOfTurn, logarithm, sineOfTurn } from './elementary.ts'

/**
 * out = r·(cos 2πv, sin 2πv) with r = √(−2 ln u), u = (first + ½)/2³² in (0, 1), v = second/2³².
 * The largest magnitude is √(66 ln 2) ≈ 6.76.
 */
export function normalPair(first: number, second: number, out: Float64Array): void {
  const radius = Math.sqrt(-2 * logarithm((first + 0.5) / 4294967296))
  const turn = second / 4294967296
  out[0] = radius * cosineOfTurn(turn)
  out[1] = radius * sineOfTurn(turn)
}
