/** The checks that convolution and transposed convolution share: ranks, channels, groups, bias, types. */
import { describe, fail } from '../errors.ts'
import { checkLayout, type Layout, spatialShape } from '../geometry/layout.ts'
import type { ConvolutionSizes } from '../geometry/plan.ts'
import { requireTensor } from '../tensor/build.ts'
import { asFloat, promote } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { toReal } from './primitive/conversion.ts'

export interface CheckedArguments extends ConvolutionSizes {
  readonly x: Tensor
  readonly weight: Tensor
  readonly bias: Tensor | undefined
}

interface SharedOptions {
  readonly bias?: Tensor | undefined
  readonly groups?: number
  readonly layout?: Layout
}

const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`

export function checkArguments(
  op: string,
  rank: number | null,
  x: Tensor,
  weight: Tensor,
  options: SharedOptions,
  transposed: boolean,
): CheckedArguments {
  requireTensor(op, 'x', x)
  requireTensor(op, 'weight', weight)
  const spatial = rank ?? weight.rank - 2
  const layout = checkLayout(op, options.layout)
  if (spatial < 1 || weight.rank !== spatial + 2) {
    const rows = transposed ? '[in, out/groups, ...kernel]' : '[out, in/groups, ...kernel]'
    fail({
      op,
      argument: 'weight',
      got: `${weight.rank} axes, ${show(weight.shape)}`,
      needs: rank === null ? `expects at least 3 axes ${rows}` : `expects ${rank + 2} axes ${rows}`,
    })
  }
  if (x.rank !== spatial + 2) {
    const axes =
      layout === 'channels-first' ? '[batch, channels, ...space]' : '[batch, ...space, channels]'
    fail({
      op,
      argument: 'x',
      got: `${x.rank} axes, ${show(x.shape)}`,
      needs: `expects ${spatial + 2} axes ${axes}`,
      ...(x.rank === spatial + 1 ? { hint: 'unsqueeze(x, 0) adds a batch of one' } : {}),
    })
  }
  const groups = checkGroups(op, options.groups)
  const shapes = (): string =>
    `x is ${show(x.shape)}, weight is ${show(weight.shape)}, groups is ${groups}`
  const inChannels = layout === 'channels-first' ? x.shape[1]! : x.shape.at(-1)!
  checkChannels(op, {
    inChannels,
    groups,
    transposed,
    weight: weight.shape,
    layout,
    x: x.shape,
    shapes,
  })
  const outChannels = transposed ? weight.shape[1]! * groups : weight.shape[0]!
  checkCells(op, 'x', x.shape)
  checkCells(op, 'weight', weight.shape)
  const { bias } = options
  if (bias !== undefined) {
    requireTensor(op, 'bias', bias)
    if (bias.rank !== 1 || bias.shape[0] !== outChannels) {
      fail({
        op,
        argument: 'bias',
        got: show(bias.shape),
        needs: `expects shape [${outChannels}], one value per output channel`,
        hint: shapes(),
      })
    }
  }
  const both = promote(x.dtype, weight.dtype)
  const dtype = asFloat(bias ? promote(both, bias.dtype) : both)
  return {
    x: toReal(x, dtype),
    weight: toReal(weight, dtype),
    bias: bias && toReal(bias, dtype),
    batch: x.shape[0]!,
    inChannels,
    outChannels,
    groups,
    input: spatialShape(layout, x.shape),
    kernel: weight.shape.slice(2),
    layout,
  }
}

function checkCells(op: string, argument: string, shape: readonly number[]): void {
  if (shape.includes(0))
    fail({ op, argument, got: show(shape), needs: 'needs at least one cell on every axis' })
}

export function checkGroups(op: string, groups: number | undefined): number {
  if (groups === undefined) return 1
  if (!Number.isSafeInteger(groups) || groups < 1) {
    fail({
      op,
      argument: 'groups',
      got: describe(groups),
      needs: 'must be a whole number of at least 1',
    })
  }
  return groups
}

interface ChannelFacts {
  readonly inChannels: number
  readonly groups: number
  readonly transposed: boolean
  readonly weight: readonly number[]
  readonly layout: Layout
  readonly x: readonly number[]
  readonly shapes: () => string
}

function checkChannels(op: string, facts: ChannelFacts): void {
  const { inChannels, groups, transposed, weight, layout, x, shapes } = facts
  const expected = transposed ? weight[0]! : weight[1]! * groups
  checkDivides(op, groups, inChannels, 'input', shapes)
  if (inChannels !== expected) {
    const other = layout === 'channels-first' ? x.at(-1) : x[1]
    const otherLayout = layout === 'channels-first' ? 'channels-last' : 'channels-first'
    const swapped = other === expected ? `; layout '${otherLayout}' would fit` : ''
    fail({
      op,
      argument: 'weight',
      got: `x with ${inChannels}`,
      needs: transposed
        ? `expects ${weight[0]} input channels`
        : `expects ${weight[1]} input channels per group`,
      hint: `${shapes()}${swapped}`,
    })
  }
  if (!transposed) checkDivides(op, groups, weight[0]!, 'output', shapes)
}

/** Checks that groups of equal size can be made of the channels. */
export function checkDivides(
  op: string,
  groups: number,
  channels: number,
  which: 'input' | 'output',
  shapes?: () => string,
): void {
  if (channels % groups === 0) return
  const nearest = `the nearest that works is ${nearestDivisor(channels, groups)}`
  fail({
    op,
    argument: 'groups',
    got: `${groups} for ${channels} ${which} channels`,
    needs: `must divide the ${which} channels`,
    hint: shapes === undefined ? nearest : `${shapes()}; ${nearest}`,
  })
}

/** The divisor of `total` closest to `asked`. */
export function nearestDivisor(total: number, asked: number): number {
  const wanted = Math.min(asked, total)
  for (let distance = 0; distance <= total; distance++) {
    if (wanted - distance > 0 && total % (wanted - distance) === 0) return wanted - distance
    if (total % (wanted + distance) === 0) return wanted + distance
  }
  return 1
}
