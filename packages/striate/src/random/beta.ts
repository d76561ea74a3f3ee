/** Numbers between 0 and 1 from the symmetric beta distribution, the same on every platform. */
import { exponential, logarithm } from './elementary.ts'
import type { RandomStream } from './stream.ts'

/** A number from Beta(alpha, alpha), as the share of one of two gamma-distributed numbers. */
export function drawBeta(random: RandomStream, alpha: number): number {
  const difference = logGamma(random, alpha) - logGamma(random, alpha)
  return 1 / (1 + exponential(-difference))
}

/**
 * The logarithm of a number from Gamma(alpha, 1), by Marsaglia and Tsang, "A simple method for
 * generating gamma variables" (2000). Below 1 it is Gamma(alpha + 1) · U^(1 / alpha), which may be too
 * small for a number, hence the logarithm.
 */
function logGamma(random: RandomStream, alpha: number): number {
  if (alpha < 1) return logGamma(random, alpha + 1) + logarithm(openUniform(random)) / alpha
  const d = alpha - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const root = 1 + c * x
    const v = root * root * root
    if (v <= 0) continue
    const logV = logarithm(v)
    if (logarithm(openUniform(random)) < (x * x) / 2 + d - d * v + d * logV)
      return logarithm(d) + logV
  }
}

/** A number in (0, 1), whose logarithm is finite. */
const openUniform = (random: RandomStream): number => (random.nextUint32() + 0.5) / 4294967296
