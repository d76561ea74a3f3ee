/** The gradient of every primitive: an operator without one does not compile. Inference does without them all. */
import type { Gradient } from '../../tensor/operator.ts'
import type { AttributesOf, OperatorName } from '../table.ts'
import {
  broadcastGradient,
  concatGradient,
  permuteGradient,
  placeGradient,
  reshapeGradient,
  sliceGradient,
} from './copies.ts'
import { elementwiseGradient } from './elementwise.ts'
import {
  gatherElementsGradient,
  gatherRowsGradient,
  scatterElementsGradient,
  scatterRowsGradient,
} from './gather.ts'
import {
  axisMapGradient,
  convolutionGradient,
  matmulGradient,
  weightGradientGradient,
} from './linear.ts'
import { reduceGradient } from './reduce.ts'
import { windowMaxGradient } from './windowMax.ts'

type Gradients = { readonly [Name in OperatorName]: Gradient<AttributesOf<Name>> }

/** Of what jumps from place to place. */
const none = (): readonly null[] => [null]

export const gradientTable: Gradients = {
  elementwise: elementwiseGradient,
  reduce: reduceGradient,
  convolution: convolutionGradient,
  convolutionWeightGradient: weightGradientGradient,
  matmul: matmulGradient,
  axisMap: axisMapGradient,
  windowMax: windowMaxGradient,
  windowArgmax: none,
  reshape: reshapeGradient,
  broadcast: broadcastGradient,
  permute: permuteGradient,
  slice: sliceGradient,
  place: placeGradient,
  concat: concatGradient,
  gatherRows: gatherRowsGradient,
  scatterRows: scatterRowsGradient,
  gatherElements: gatherElementsGradient,
  scatterElements: scatterElementsGradient,
  order: none,
}
