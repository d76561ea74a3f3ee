/** The rules by which compositions of primitives are recognised, the more particular ones first. */
import type { Operation } from '../vertex.ts'
import type { Translation } from '../writer.ts'
import {
  batchNormalization,
  instanceNormalization,
  layerNormalization,
  localResponse,
} from './normalisation.ts'
import { averagePool, euclideanPool } from './pooling.ts'
import { clip, hardSigmoid, hardSwish, leaky, shrink, thresholdedRelu } from './rectifiers.ts'
import { dropped, logSumExp, means, norms } from './reductions.ts'
import { elu, logSoftmax, softmax, softplus, softsign } from './smooth.ts'
import {
  constantPad,
  depthAndSpace,
  gather,
  gemm,
  largest,
  sameChoice,
  unchanged,
  wholeMaps,
} from './structure.ts'

/** What an operation is the last step of, or null. */
type Rule = (vertex: Operation) => Translation | null

const ofElementwise: readonly Rule[] = [
  sameChoice,
  unchanged,
  constantPad,
  hardSwish,
  hardSigmoid,
  clip,
  leaky,
  thresholdedRelu,
  shrink,
  elu,
  softplus,
  softsign,
  softmax,
  logSoftmax,
  means,
  norms,
  logSumExp,
  batchNormalization,
  instanceNormalization,
  layerNormalization,
  localResponse,
  averagePool,
  euclideanPool,
  gemm,
  wholeMaps,
]

const ofReshape: readonly Rule[] = [norms, logSumExp, dropped, gather, depthAndSpace]

const rules: Readonly<Partial<Record<Operation['kind'], readonly Rule[]>>> = {
  elementwise: ofElementwise,
  reshape: ofReshape,
  reduce: [norms],
  gatherElements: [largest],
}

/** The translation by the first rule that knows the operation. */
export function translateByRule(operation: Operation): Translation | null {
  for (const rule of rules[operation.kind] ?? []) {
    const found = rule(operation)
    if (found) return found
  }
  return null
}
