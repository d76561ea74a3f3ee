/** The sum that one output cell is: every tap with its place, its two factors and their product. */
import { describe, fail } from '../errors.ts'
import { type AxisTap, axisTaps, type TapKind } from '../geometry/axis.ts'
import { layoutStrides } from '../geometry/layout.ts'
import { paddedIndex } from '../geometry/padding.ts'
import { type Formula, formulaOf } from './formula.ts'
import {
  type Convolution,
  type ConvolutionSpec,
  type ConvolutionValues,
  resolveSpec,
  valuesOf,
} from './spec.ts'

export interface ExplainedTap {
  /** Input channel. */
  readonly channel: number
  /** Place in the weight as it is stored. */
  readonly kernelIndex: readonly number[]
  /** Place in the input, beyond its ends for padding; empty for a hole. */
  readonly inputIndex: readonly number[]
  /** An input cell; padding; or a hole between the input cells that a transposed convolution spreads. */
  readonly kind: TapKind
  /** The input cell whose value the tap takes: its own, or the one that the padding mode repeats; null for a zero. */
  readonly source: readonly number[] | null
  /** 0 for zero padding and holes. */
  readonly x: number
  readonly w: number
  readonly product: number
}

export interface CellExplanation {
  readonly convolution: Convolution
  readonly outputChannel: number
  /** The cell, an index per axis of space. */
  readonly position: readonly number[]
  /** Null without a bias. */
  readonly bias: number | null
  /** By channel, and in a channel in the order of the window. */
  readonly taps: readonly ExplainedTap[]
  readonly byChannel: readonly { readonly channel: number; readonly sum: number }[]
  /** `bias + Σ product`. */
  readonly y: number
  readonly formula: Formula
}

/**
 * Explains one cell of a convolution's or transposed convolution's output, of any rank.
 *
 * Where the spec gives no numbers, small whole ones are drawn from its seed: inputs 0 to 4, weights and
 * biases −2 to 2. Their products add up exactly, whichever the order and the engine.
 *
 * @throws StriateError if the spec does not fit together, or the output has no such cell.
 * @example
 * ```ts
 * import { explainCell } from 'striate'
 * const cell = explainCell(
 *   { input: [1, 4], kernelSize: 3, padding: 1, x: [1, 2, 3, 4], weight: [2, 2, 2], bias: [1] },
 *   0,
 *   [0],
 * )
 * cell.y // => 7
 * cell.taps.map((tap) => tap.kind) // => ['pad', 'in', 'in']
 * cell.taps.map((tap) => tap.product) // => [0, 2, 4]
 * ```
 */
export function explainCell(
  spec: ConvolutionSpec,
  outputChannel: number,
  position: readonly number[],
): CellExplanation {
  const convolution = resolveSpec(spec)
  checkPlace(convolution, outputChannel, position)
  return explainWith(convolution, valuesOf(spec, convolution), outputChannel, position)
}

/** As {@link explainCell}, of a convolution that was worked out before. */
export function explainWith(
  convolution: Convolution,
  values: ConvolutionValues,
  outputChannel: number,
  position: readonly number[],
): CellExplanation {
  const bias = values.bias ? values.bias[outputChannel]! : null
  const taps: ExplainedTap[] = []
  const byChannel: { channel: number; sum: number }[] = []
  let y = bias ?? 0
  const window = windowOf(convolution, position)
  const weightAt = weightsOf(convolution, values, outputChannel)
  const inputAt = inputsOf(convolution, values)
  for (const channel of channelsRead(convolution, outputChannel)) {
    let sum = 0
    for (const tap of window) {
      const x = tap.source ? inputAt(channel, tap.source) : 0
      const w = weightAt(channel, tap.kernelIndex)
      // A zero of the padding is no factor: it leaves no NaN behind, whatever the weight.
      const product = tap.source ? x * w : 0
      sum += product
      y += product
      taps.push({ channel, ...tap, x, w, product })
    }
    byChannel.push({ channel, sum })
  }
  const formula = formulaOf(convolution, outputChannel, position)
  return { convolution, outputChannel, position, bias, taps, byChannel, y, formula }
}

export function checkPlace(
  { name, outChannels, plan }: Convolution,
  outputChannel: number,
  position: readonly number[],
): void {
  const within = (index: unknown, size: number): boolean =>
    Number.isSafeInteger(index) && (index as number) >= 0 && (index as number) < size
  if (!within(outputChannel, outChannels)) {
    fail({
      op: name,
      argument: 'outputChannel',
      got: describe(outputChannel),
      needs: `must be a whole number from 0 to ${outChannels - 1}`,
    })
  }
  const sizes = plan.axes.map((axis) => axis.output)
  const exists =
    Array.isArray(position) &&
    position.length === sizes.length &&
    position.every((index, a) => within(index, sizes[a]!))
  if (!exists) {
    fail({
      op: name,
      argument: 'position',
      got: describe(position),
      needs: `must be ${sizes.length} indices within the output of ${sizes.join('×')} cells`,
      hint: `the last cell is [${sizes.map((size) => size - 1).join(', ')}]`,
    })
  }
}

/** The input channels that an output channel reads: those of its group. */
export function channelsRead(
  { inChannels, outChannels, groups }: Convolution,
  outputChannel: number,
): number[] {
  const count = inChannels / groups
  const group = Math.floor(outputChannel / (outChannels / groups))
  return Array.from({ length: count }, (_, i) => group * count + i)
}

type WindowTap = Pick<ExplainedTap, 'kernelIndex' | 'inputIndex' | 'kind' | 'source'>

/** The taps of an output cell, the same for every channel. */
export function windowOf({ plan }: Convolution, position: readonly number[]): WindowTap[] {
  const { axes, paddingMode } = plan
  let taps: readonly AxisTap[][] = [[]]
  for (const [a, axis] of axes.entries())
    taps = taps.flatMap((before) => axisTaps(axis, position[a]!).map((tap) => [...before, tap]))
  return taps.map((perAxis) => {
    const kinds = perAxis.map((tap) => tap.kind)
    const kind = kinds.includes('hole') ? 'hole' : kinds.includes('pad') ? 'pad' : 'in'
    const inputIndex = kind === 'hole' ? [] : perAxis.map((tap) => tap.index)
    const source = inputIndex.map((index, a) => paddedIndex(paddingMode, index, axes[a]!.input))
    const hasValue = kind !== 'hole' && source.every((index) => index >= 0)
    return {
      kernelIndex: perAxis.map((tap) => tap.kernel),
      inputIndex,
      kind,
      source: hasValue ? source : null,
    }
  })
}

/** Reads the input by channel and place. */
export function inputsOf(
  { layout, inChannels, plan }: Convolution,
  { x }: ConvolutionValues,
): (channel: number, place: readonly number[]) => number {
  const strides = layoutStrides(
    layout,
    inChannels,
    plan.axes.map((axis) => axis.input),
  )
  return (channel, place) =>
    x[place.reduce((at, index, a) => at + index * strides.space[a]!, channel * strides.channel)]!
}

/** Reads the weight of an output channel by input channel and place in the kernel. */
export function weightsOf(
  { transposed, groups, inChannels, outChannels, plan }: Convolution,
  { weight }: ConvolutionValues,
  outputChannel: number,
): (channel: number, place: readonly number[]) => number {
  const inputs = inChannels / groups
  const outputs = outChannels / groups
  return (channel, place) => {
    const row = transposed
      ? channel * outputs + (outputChannel % outputs)
      : outputChannel * inputs + (channel % inputs)
    return weight[place.reduce((at, k, a) => at * plan.axes[a]!.kernel + k, row)]!
  }
}

/** The value of one output cell, without its explanation. */
export function cellValue(
  convolution: Convolution,
  values: ConvolutionValues,
  outputChannel: number,
  position: readonly number[],
): number {
  const weightAt = weightsOf(convolution, values, outputChannel)
  const inputAt = inputsOf(convolution, values)
  const window = windowOf(convolution, position)
  let y = values.bias ? values.bias[outputChannel]! : 0
  for (const channel of channelsRead(convolution, outputChannel))
    for (const { source, kernelIndex } of window)
      if (source) y += inputAt(channel, source) * weightAt(channel, kernelIndex)
  return y
}
