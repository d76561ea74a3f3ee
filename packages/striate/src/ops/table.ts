/** Every primitive operator by its name. */
import type { broadcastOperator } from './broadcastTo.ts'
import type { concatOperator } from './concat.ts'
import type { gatherElements, gatherRows, scatterElements, scatterRows } from './gather.ts'
import type { matmulOperator } from './matmul.ts'
import type { orderOperator } from './order.ts'
import type { axisMapOperator } from './primitive/axisMap.ts'
import type { convolution, convolutionWeightGradient } from './primitive/convolution.ts'
import type { elementwise } from './primitive/elementwise.ts'
import type { reduce } from './primitive/reduce.ts'
import type { windowArgmax, windowMax } from './primitive/windowMax.ts'
import type { reshapeOperator } from './reshape.ts'
import type { placeOperator, sliceOperator } from './slice.ts'
import type { permuteOperator } from './transpose.ts'

export interface Operators {
  readonly elementwise: typeof elementwise
  readonly reduce: typeof reduce
  readonly convolution: typeof convolution
  readonly convolutionWeightGradient: typeof convolutionWeightGradient
  readonly matmul: typeof matmulOperator
  readonly axisMap: typeof axisMapOperator
  readonly windowMax: typeof windowMax
  readonly windowArgmax: typeof windowArgmax
  readonly reshape: typeof reshapeOperator
  readonly broadcast: typeof broadcastOperator
  readonly permute: typeof permuteOperator
  readonly slice: typeof sliceOperator
  readonly place: typeof placeOperator
  readonly concat: typeof concatOperator
  readonly gatherRows: typeof gatherRows
  readonly scatterRows: typeof scatterRows
  readonly gatherElements: typeof gatherElements
  readonly scatterElements: typeof scatterElements
  readonly order: typeof orderOperator
}

export type OperatorName = keyof Operators

/** Attributes of an operator, by its name. */
export type AttributesOf<Name extends OperatorName> = Parameters<Operators[Name]['infer']>[1]
