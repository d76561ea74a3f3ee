/** What a way to compute a convolution is: the planner takes the cheapest of those that apply. */
import type { ConvolutionGeometry } from '../../../geometry/convolution.ts'
import type { Features } from '../features.ts'
import type { LoweringContext } from './host.ts'
import type { Pooling } from './pooling.ts'

export interface ConvolutionAlgorithm {
  /** As the printed plan names it: `contraction`, `winograd4`, `depthwise`, … */
  readonly name: string
  /** Whether it rounds transformed values: errors are then relative to the largest values nearby. */
  readonly isTransform?: boolean
  applies(geometry: ConvolutionGeometry): boolean
  /** Estimated nanoseconds on one core, from multiply-adds and bytes; compared between algorithms only. */
  cost(geometry: ConvolutionGeometry, features: Features): number
  /** Whether it can write the largest results of these windows instead of them all; it cannot by default. */
  pools?(geometry: ConvolutionGeometry, pooling: Pooling, features: Features): boolean
  /** Adds the steps; inputs are x, weight and optionally bias. */
  lower(context: LoweringContext<ConvolutionGeometry>): void
}
