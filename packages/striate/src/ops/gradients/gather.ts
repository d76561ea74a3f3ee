/** Gradients of picking by index and of adding at indices: each is the other's. */
import { apply } from '../../tensor/build.ts'
import type { Gradient, Operator } from '../../tensor/operator.ts'
import {
  type GatherAttributes,
  gatherElements,
  gatherRows,
  scatterElements,
  scatterRows,
} from '../gather.ts'

const byAdjoint =
  (adjoint: () => Operator<GatherAttributes>): Gradient<GatherAttributes> =>
  ({ inputs: [, indices], upstream, attributes }) => [
    apply(adjoint(), [upstream, indices!], attributes),
    null,
  ]

export const gatherRowsGradient: Gradient<GatherAttributes> = byAdjoint(() => scatterRows)
export const scatterRowsGradient: Gradient<GatherAttributes> = byAdjoint(() => gatherRows)
export const gatherElementsGradient: Gradient<GatherAttributes> = byAdjoint(() => scatterElements)
export const scatterElementsGradient: Gradient<GatherAttributes> = byAdjoint(() => gatherElements)
