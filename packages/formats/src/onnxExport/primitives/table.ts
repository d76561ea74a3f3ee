/** How each primitive is said in ONNX when no rule knows a better word; one without an entry does not compile. */
import type { OperatorName } from 'striate'
import type { Applied, Operation } from '../vertex.ts'
import type { Translation } from '../writer.ts'
import { axisMap } from './axisMap.ts'
import { convolution, convolutionWeightGradient } from './convolution.ts'
import { elementwise } from './elementwise.ts'
import { gatherElements, gatherRows, order, scatterElements, scatterRows } from './gather.ts'
import { matmul, reduce } from './products.ts'
import { broadcast, concat, permute, place, reshape, slice } from './shapes.ts'
import { windowArgmax, windowMax } from './windowMax.ts'

const translators: {
  readonly [Name in OperatorName]: (call: Applied<Name>) => Translation
} = {
  elementwise,
  reduce,
  convolution,
  convolutionWeightGradient,
  matmul,
  axisMap,
  windowMax,
  windowArgmax,
  reshape,
  broadcast,
  permute,
  slice,
  place,
  concat,
  gatherRows,
  scatterRows,
  gatherElements,
  scatterElements,
  order,
}

/** The translation of a primitive alone. */
export function translatePrimitive(call: Operation): Translation {
  const translate = translators[call.kind] as (call: Operation) => Translation
  return translate(call)
}
