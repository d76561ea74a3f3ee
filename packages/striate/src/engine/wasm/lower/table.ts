/**
 * How the WASM engine answers for each primitive: an operator without an entry does not compile.
 * False means that there is no kernel for these types, and the plain loop runs on the host.
 */
import type { AttributesOf, OperatorName } from '../../../ops/table.ts'
import { lowerAxisMap } from './axisMap.ts'
import { lowerConvolution, lowerWeightGradient } from './chooser.ts'
import { lowerBroadcast, lowerConcat, lowerPermute, lowerPlace, lowerSlice } from './copy.ts'
import {
  lowerGatherElements,
  lowerGatherRows,
  lowerScatterElements,
  lowerScatterRows,
} from './gather.ts'
import type { LoweringContext } from './host.ts'
import { lowerMatmul } from './matmul.ts'
import { lowerOrder } from './order.ts'
import { lowerReduce } from './reduce.ts'
import { lowerWindowArgmax, lowerWindowMax } from './windowMax.ts'

type Lowerings = {
  readonly [Name in OperatorName]: (context: LoweringContext<AttributesOf<Name>>) => boolean
}

const table: Lowerings = {
  // Groups of scalar functions are lowered before; here arrive whole-number ones without a kernel.
  elementwise: () => false,
  reduce: lowerReduce,
  convolution: lowerConvolution,
  convolutionWeightGradient: lowerWeightGradient,
  matmul: lowerMatmul,
  axisMap: lowerAxisMap,
  windowMax: lowerWindowMax,
  windowArgmax: lowerWindowArgmax,
  // The planner reads a reshape as its input under another shape.
  reshape: () => false,
  broadcast: lowerBroadcast,
  permute: lowerPermute,
  slice: lowerSlice,
  place: lowerPlace,
  concat: lowerConcat,
  gatherRows: lowerGatherRows,
  scatterRows: lowerScatterRows,
  gatherElements: lowerGatherElements,
  scatterElements: lowerScatterElements,
  order: lowerOrder,
}

export const lowerings: Readonly<
  Record<OperatorName, (context: LoweringContext<unknown>) => boolean>
> = table as Readonly<Record<OperatorName, (context: LoweringContext<unknown>) => boolean>>
