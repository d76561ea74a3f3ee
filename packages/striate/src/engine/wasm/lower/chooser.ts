/** Takes the cheapest way to compute a convolution. */
import type { ConvolutionGeometry } from '../../../geometry/convolution.ts'
import type { Features } from '../features.ts'
import type { ConvolutionAlgorithm } from './algorithm.ts'
import { contractionAlgorithm } from './convolution.ts'
import type { LoweringContext } from './host.ts'
import { winogradAlgorithm } from './winograd.ts'

/** The first one applies to everything. */
const algorithms: readonly ConvolutionAlgorithm[] = [contractionAlgorithm, winogradAlgorithm]

let forced: string | null = null

/** From now on plans take the algorithm of that name wherever it applies; null lets cost decide again. */
export function forceAlgorithm(name: string | null): void {
  forced = name
}

/** What plans depend on beside the graph. */
export const forcedAlgorithm = (): string | null => forced

interface Candidate {
  readonly algorithm: ConvolutionAlgorithm
  readonly cost: number
}

function candidatesFor(g: ConvolutionGeometry, features: Features): Candidate[] {
  return algorithms
    .filter((each) => each.applies(g))
    .map((algorithm) => ({ algorithm, cost: algorithm.cost(g, features) }))
}

function choose(candidates: readonly Candidate[]): ConvolutionAlgorithm {
  const wanted = candidates.find(({ algorithm }) => algorithm.name === forced)
  const cheapest = candidates.reduce((best, next) => (next.cost < best.cost ? next : best))
  return (wanted ?? cheapest).algorithm
}

export const chooseAlgorithm = (
  g: ConvolutionGeometry,
  features: Features,
): ConvolutionAlgorithm => choose(candidatesFor(g, features))

export function lowerConvolution(context: LoweringContext<ConvolutionGeometry>): boolean {
  const { attributes, build } = context
  const candidates = candidatesFor(attributes, build.features)
  const algorithm = choose(candidates)
  algorithm.lower(context)
  return true
}
