/** What there is to say of a convolution without its numbers: shapes, where sizes come from, counts, receptive field. */
import type { Axis } from '../geometry/axis.ts'
import { nominalMultiplyAdds, product, usefulMultiplyAdds } from '../geometry/convolution.ts'
import { paddedIndex } from '../geometry/padding.ts'
import { cellsReadEndlessly, type Ratio, receptiveField } from '../geometry/receptiveField.ts'
import { bytesOf } from '../tensor/dtype.ts'
import { axisNames } from './formula.ts'
import { type Convolution, type ConvolutionSpec, resolveSpec } from './spec.ts'

export interface AxisDescription {
  /** `'row'`, `'column'`, … */
  readonly name: string
  readonly input: number
  readonly output: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  /** Added to the input or, transposed, cut from the output. */
  readonly padding: readonly [low: number, high: number]
  readonly outputPadding: number
  /** The output size worked out: `'⌊(5 + 2·1 − 3) / 2⌋ + 1 = 3'`. */
  readonly derivation: string
  /** Input cells that no window falls on, rising. */
  readonly unread: readonly number[]
  /** Input cells from the first to the last that an output cell reads. */
  readonly receptiveField: number
  /** Input cells from the window of an output cell to that of the next. */
  readonly jump: Ratio
  /** Where the window of output cell 0 begins, negative in the padding; null if it reads nothing. */
  readonly start: number | null
}

export interface ConvolutionDescription {
  readonly convolution: Convolution
  readonly axes: readonly AxisDescription[]
  readonly parameters: { readonly weight: number; readonly bias: number; readonly total: number }
  /** Every tap of every output cell counted; of a transposed convolution, every tap of every input cell. */
  readonly multiplyAdds: number
  /** Taps on zero padding and in holes left out. */
  readonly usefulMultiplyAdds: number
  /** Bytes of the output in float32. */
  readonly activationBytes: number
  /** Cells of the input, over all axes (of one channel), that no output cell reads. */
  readonly unreadCells: number
}

/**
 * Describes a convolution or transposed convolution of any rank.
 *
 * @throws StriateError if the spec does not fit together: what the operator itself would throw.
 * @example
 * ```ts
 * import { describeConvolution } from 'striate'
 * const d = describeConvolution({ input: [3, 6, 5], kernelSize: 3, stride: 2, padding: [0, 1] })
 * d.convolution.outputShape // => [1, 2, 3]
 * d.axes[0]!.derivation // => '⌊(6 − 3) / 2⌋ + 1 = 2'
 * d.axes[0]!.unread // => [5]
 * d.parameters.total // => 28
 * d.multiplyAdds // => 162
 * ```
 */
export function describeConvolution(spec: ConvolutionSpec): ConvolutionDescription {
  const convolution = resolveSpec(spec)
  const { plan, hasBias, outChannels, weightShape, outputShape } = convolution
  const names = axisNames(convolution.rank)
  const axes = plan.axes.map((axis, a): AxisDescription => {
    const field = receptiveField([axis])
    return {
      name: names[a]!,
      input: axis.input,
      output: axis.output,
      kernel: axis.kernel,
      stride: plan.stride[a]!,
      dilation: plan.dilation[a]!,
      padding: plan.padding[a]!,
      outputPadding: plan.outputPadding[a]!,
      derivation: derivation(convolution, a),
      unread: unreadCells(convolution, a),
      receptiveField: field.size,
      jump: field.jump,
      start: field.start,
    }
  })
  const weight = product(weightShape)
  const bias = hasBias ? outChannels : 0
  const read = product(axes.map(({ input, unread }) => input - unread.length))
  return {
    convolution,
    axes,
    parameters: { weight, bias, total: weight + bias },
    multiplyAdds: nominalMultiplyAdds(plan.geometry),
    usefulMultiplyAdds: usefulMultiplyAdds(plan.geometry),
    activationBytes: product(outputShape) * bytesOf.float32,
    unreadCells: product(axes.map(({ input }) => input)) - read,
  }
}

/** The output size of one axis, worked out with its numbers; what is 0 or 1 and changes nothing is left out. */
export function derivation({ transposed, plan }: Convolution, a: number): string {
  const axis = plan.axes[a]!
  const stride = plan.stride[a]!
  const padding = plan.padding[a]!
  const outputPadding = plan.outputPadding[a]!
  const extent = axis.kernel === 1 ? '1' : extentText(axis)
  if (transposed) {
    const spread = stride === 1 ? `${axis.input} − 1` : `(${axis.input} − 1)·${stride}`
    const more = outputPadding > 0 ? ` + ${outputPadding}` : ''
    return `${spread}${paddingText(padding, '−')} + ${extent}${more} = ${axis.output}`
  }
  const span = `${axis.input}${paddingText(padding, '+')} − ${extent}`
  if (stride === 1) return `${span} + 1 = ${axis.output}`
  return `⌊(${span}) / ${stride}⌋ + 1 = ${axis.output}`
}

/** Cells that the kernel spans: `'3'`, or `'(2·(3 − 1) + 1)'` when it is dilated. */
const extentText = ({ kernel, dilation }: Axis): string =>
  dilation === 1 ? String(kernel) : `(${dilation}·(${kernel} − 1) + 1)`

function paddingText([low, high]: readonly [number, number], sign: '+' | '−'): string {
  if (low === 0 && high === 0) return ''
  return low === high ? ` ${sign} 2·${low}` : ` ${sign} ${low} ${sign} ${high}`
}

/** Input cells of an axis that no tap takes its value from, directly or through the padding mode. */
function unreadCells({ plan }: Convolution, a: number): number[] {
  const axis = plan.axes[a]!
  const outputs = Array.from({ length: axis.output }, (_, o) => o)
  const read = new Set(
    cellsReadEndlessly(axis, outputs).map((cell) =>
      paddedIndex(plan.paddingMode, cell, axis.input),
    ),
  )
  return Array.from({ length: axis.input }, (_, i) => i).filter((cell) => !read.has(cell))
}
