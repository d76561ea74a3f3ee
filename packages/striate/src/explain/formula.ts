/** The sum of one output cell as a formula, in pieces that text and page put together. */
import type { Convolution } from './spec.ts'

export interface FormulaRange {
  readonly name: string
  readonly from: number
  readonly to: number
}

export interface Formula {
  /** `'y[0, 1, 1]'` */
  readonly y: string
  /** `'b[0]'`; null without a bias. */
  readonly bias: string | null
  /** `'x[c, 1·2 − 1 + kh·1, 1·2 − 1 + kw·1]'` */
  readonly x: string
  /** `'w[0, c, kh, kw]'` */
  readonly w: string
  /** What is summed over, outermost first. */
  readonly ranges: readonly FormulaRange[]
  /** Which terms count, where not all do. */
  readonly condition: string | null
}

/** Names of the axes of space, from the outermost. */
export const axisNames = (rank: number): readonly string[] =>
  rank === 1
    ? ['position']
    : rank === 2
      ? ['row', 'column']
      : rank === 3
        ? ['depth', 'row', 'column']
        : Array.from({ length: rank }, (_, a) => `axis ${a}`)

/** Letters for the index into the kernel. */
export const kernelNames = (rank: number): readonly string[] =>
  rank === 1
    ? ['k']
    : rank === 2
      ? ['kh', 'kw']
      : rank === 3
        ? ['kd', 'kh', 'kw']
        : Array.from({ length: rank }, (_, a) => `k${a}`)

/** Index of a cell in its layout: `'c, h, w'` or `'h, w, c'`. */
export const placed = (
  { layout }: Convolution,
  channel: number | string,
  space: readonly (number | string)[],
): string => (layout === 'channels-first' ? [channel, ...space] : [...space, channel]).join(', ')

export function formulaOf(
  convolution: Convolution,
  outputChannel: number,
  position: readonly number[],
): Formula {
  const { transposed, groups, inChannels, outChannels, rank, plan, hasBias } = convolution
  const inputs = inChannels / groups
  const outputs = outChannels / groups
  const group = Math.floor(outputChannel / outputs)
  const names = kernelNames(rank)
  const space = position.map((o, a) => {
    const [low] = plan.padding[a]!
    const stride = plan.stride[a]!
    const k = `${names[a]}·${plan.dilation[a]}`
    if (!transposed) return `${o}·${stride} − ${low} + ${k}`
    return stride === 1 ? `${o} + ${low} − ${k}` : `(${o} + ${low} − ${k}) / ${stride}`
  })
  // The weight counts the channels of a group from the first of the group.
  const c = group === 0 ? 'c' : `c − ${group * inputs}`
  const rows = transposed ? ['c', outputChannel % outputs] : [outputChannel, c]
  const isSparse = transposed && plan.stride.some((stride) => stride > 1)
  return {
    y: `y[${placed(convolution, outputChannel, position)}]`,
    bias: hasBias ? `b[${outputChannel}]` : null,
    x: `x[${placed(convolution, 'c', space)}]`,
    w: `w[${[...rows, ...names].join(', ')}]`,
    ranges: [
      { name: 'c', from: group * inputs, to: (group + 1) * inputs - 1 },
      ...plan.axes.map((axis, a) => ({ name: names[a]!, from: 0, to: axis.kernel - 1 })),
    ],
    condition: isSparse ? 'where the divisions are exact' : null,
  }
}
