/** The normal distribution between two bounds, by the rejection sampler that suits the interval (Robert, "Simulation of truncated normal variables", 1995). */
import { logarithm } from './elementary.ts'

/** What the samplers draw from. */
interface Source {
  nextUint32(): number
  uniform(low?: number, high?: number): number
  normal(): number
}

/** One value of the normal distribution of that mean and standard deviation, given that it lies in [low, high]. */
export function drawTruncated(
  source: Source,
  mean: number,
  std: number,
  low: number,
  high: number,
): number {
  if (std === 0 || low === high) return Math.min(Math.max(mean, low), high)
  const from = (low - mean) / std
  const to = (high - mean) / std
  // So far out, the values lie within rounding of the nearer bound.
  if (from > farthest) return low
  if (to < -farthest) return high
  const z = to < 0 ? -standard(source, -to, -from) : standard(source, from, to)
  return Math.min(Math.max(mean + std * z, low), high)
}

/** z of the standard normal distribution in [from, to], where to ≥ 0. */
function standard(source: Source, from: number, to: number): number {
  if (from <= 0)
    return to - from > narrow ? fromNormal(source, from, to) : flat(source, from, to, 0)
  const rate = (from + Math.sqrt(from * from + 4)) / 2
  if (to - from < 1 / rate) return flat(source, from, to, from)
  return fromExponential(source, from, to, rate)
}

const farthest = 1e9

/** Below this width a flat proposal is kept more often than a normal one: √(2π). */
const narrow = Math.sqrt(2 * Math.PI)

function fromNormal(source: Source, from: number, to: number): number {
  let z = source.normal()
  while (z < from || z > to) z = source.normal()
  return z
}

/** A flat proposal, kept with probability exp((peak² − z²) / 2). */
function flat(source: Source, from: number, to: number, peak: number): number {
  for (;;) {
    const z = source.uniform(from, to)
    if (2 * logOfUniform(source) <= peak * peak - z * z) return z
  }
}

/** A proposal from + Exponential(rate), kept with probability exp(−(z − rate)² / 2). */
function fromExponential(source: Source, from: number, to: number, rate: number): number {
  for (;;) {
    const z = from - logOfUniform(source) / rate
    const away = z - rate
    if (z <= to && 2 * logOfUniform(source) <= -away * away) return z
  }
}

function logOfUniform(source: Source): number {
  return logarithm((source.nextUint32() + 0.5) / 4294967296)
}
