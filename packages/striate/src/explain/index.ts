/** Table of contents: convolutions explained. */
export { type CellExplanation, type ExplainedTap, explainCell } from './cell.ts'
export {
  type AxisDescription,
  type ConvolutionDescription,
  describeConvolution,
} from './describe.ts'
export { type DrawingOptions, drawCell } from './drawing.ts'
export type { Formula, FormulaRange } from './formula.ts'
export type { Convolution, ConvolutionSpec, ExplainedValues } from './spec.ts'
export { cellText, type TextOptions } from './text.ts'
