/** Takes the cheapest way to compute a convolution. */
import type { ConvolutionGeometry } from '../../../geometry/convolution.ts'
import { getPrecision } from '../../precision.ts'
import type { Features } from '../features.ts'
import type { Builder } from '../plan.ts'
import { isBanned } from '../proof/trust.ts'
import type { ConvolutionAlgorithm } from './algorithm.ts'
import { contractionAlgorithm } from './convolution.ts'
import { lowerConvolutionWeightGradient, weightGradientCost } from './convolutionWeightGradient.ts'
import { directAlgorithm } from './direct.ts'
import { directWeightGradientApplies, lowerDirectWeightGradient } from './directWeightGradient.ts'
import { chooseForm } from './fft/form.ts'
import { lowerFftWeightGradient } from './fft/weightGradient.ts'
import { fftAlgorithm } from './fft.ts'
import type { LoweringContext } from './host.ts'
import type { Pooling } from './pooling.ts'
import { chooseTiles, plainGeometry } from './winograd/choice.ts'
import { lowerWinogradWeightGradient } from './winograd/weightGradient.ts'
import { winogradAlgorithm } from './winograd.ts'

/** The first one applies to everything. */
export const algorithms: readonly ConvolutionAlgorithm[] = [
  contractionAlgorithm,
  winogradAlgorithm,
  directAlgorithm,
  fftAlgorithm,
]

/** The same for the gradient of the weight; the inputs are x and the upstream gradient. */
const gradientAlgorithms = (): readonly ConvolutionAlgorithm[] => [
  {
    name: contractionAlgorithm.name,
    applies: () => true,
    cost: weightGradientCost,
    lower: lowerConvolutionWeightGradient,
  },
  {
    ...winogradAlgorithm,
    applies: (g) => winogradAlgorithm.applies(plainGeometry(g)),
    cost: (g, features) => chooseTiles(plainGeometry(g), features, 'gradient').cost,
    lower: lowerWinogradWeightGradient,
  },
  {
    name: directAlgorithm.name,
    applies: directWeightGradientApplies,
    // It applies where it is the fastest.
    cost: () => 0,
    lower: lowerDirectWeightGradient,
  },
  {
    ...fftAlgorithm,
    cost: (g) => chooseForm(g, 'gradient')!.cost,
    lower: lowerFftWeightGradient,
  },
]

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

const isExact = (g: ConvolutionGeometry): boolean => (g.precision ?? getPrecision()) === 'exact'

function candidatesFor(
  all: readonly ConvolutionAlgorithm[],
  g: ConvolutionGeometry,
  features: Features,
): Candidate[] {
  const exact = isExact(g)
  return all
    .filter((each) => !isBanned(each.name) && (!exact || !each.isTransform) && each.applies(g))
    .map((algorithm) => ({ algorithm, cost: algorithm.cost(g, features) }))
}

function choose(candidates: readonly Candidate[]): ConvolutionAlgorithm {
  const wanted = candidates.find(({ algorithm }) => algorithm.name === forced)
  const cheapest = candidates.reduce((best, next) => (next.cost < best.cost ? next : best))
  return (wanted ?? cheapest).algorithm
}

export const chooseAlgorithm = (g: ConvolutionGeometry, features: Features): ConvolutionAlgorithm =>
  choose(candidatesFor(algorithms, g, features))

/** Whether the algorithm that a convolution will follow takes a pooling in. */
export function poolsConvolution(
  g: ConvolutionGeometry,
  pooling: Pooling,
  { features }: Builder,
): boolean {
  const candidates = candidatesFor(algorithms, g, features)
  return candidates.length > 0 && (choose(candidates).pools?.(g, pooling, features) ?? false)
}

function lowerBy(
  all: readonly ConvolutionAlgorithm[],
  context: LoweringContext<ConvolutionGeometry>,
): boolean {
  const { attributes, build } = context
  const candidates = candidatesFor(all, attributes, build.features)
  if (candidates.length === 0) return false
  const algorithm = choose(candidates)
  const considered = candidates.map(({ algorithm: { name }, cost }) => ({
    name,
    nanoseconds: cost,
  }))
  build.chose?.({ name: algorithm.name, considered })
  algorithm.lower(context)
  return true
}

// Functions, which are there before this file has run: the operators' cards name them.
export function lowerConvolution(context: LoweringContext<ConvolutionGeometry>): boolean {
  return lowerBy(algorithms, context)
}

export function lowerWeightGradient(context: LoweringContext<ConvolutionGeometry>): boolean {
  return lowerBy(gradientAlgorithms(), context)
}
