/** Every operator that can be imported, by ONNX's name. */
import type { OperatorTable } from '../operator.ts'
import { activationOperators } from './activation.ts'
import { controlOperators } from './control.ts'
import { convolutionOperators } from './convolution.ts'
import { elementwiseOperators } from './elementwise.ts'
import { lossOperators } from './loss.ts'
import { matmulOperators } from './matmul.ts'
import { normalisationOperators } from './normalisation.ts'
import { paddingOperators } from './padding.ts'
import { poolingOperators } from './pooling.ts'
import { reductionOperators } from './reduction.ts'
import { resizeOperators } from './resize.ts'
import { scatterOperators } from './scatter.ts'
import { shapeOperators } from './shape.ts'

export const operators: OperatorTable = {
  ...activationOperators,
  ...controlOperators,
  ...convolutionOperators,
  ...elementwiseOperators,
  ...lossOperators,
  ...matmulOperators,
  ...normalisationOperators,
  ...paddingOperators,
  ...poolingOperators,
  ...reductionOperators,
  ...resizeOperators,
  ...scatterOperators,
  ...shapeOperators,
}
