/** An explanation as data: plain objects, in the words of the options. */
import type { CellExplanation, ConvolutionDescription } from 'striate'

export function documentOf(
  description: ConvolutionDescription,
  cell: CellExplanation,
): Record<string, unknown> {
  const { convolution, ...counts } = description
  const { plan, name, rank, hasBias, ...shapes } = convolution
  const { convolution: _, ...explained } = cell
  return {
    operator: name,
    rank,
    ...shapes,
    bias: hasBias,
    paddingMode: plan.paddingMode,
    ...counts,
    cell: explained,
  }
}
