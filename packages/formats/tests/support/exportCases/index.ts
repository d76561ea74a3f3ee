/** Graphs of one operator or a few, with the ONNX operators that they should become. */
import { activationCases } from './activations.ts'
import { adjointCases } from './adjoints.ts'
import type { ExportCase } from './case.ts'
import { convolutionCases } from './convolutions.ts'
import { moveCases } from './moves.ts'
import { normalisationCases } from './normalisation.ts'
import { poolingCases } from './pooling.ts'
import { resizingCases } from './resizing.ts'
import { scalarCases } from './scalars.ts'

export const exportCases: readonly ExportCase[] = [
  ...convolutionCases,
  ...poolingCases,
  ...normalisationCases,
  ...activationCases,
  ...scalarCases,
  ...moveCases,
  ...resizingCases,
  ...adjointCases,
]
