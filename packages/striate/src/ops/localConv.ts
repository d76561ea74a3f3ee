/** Locally connected convolution of any rank: a kernel of its own for every output cell. */
import { describe, fail } from '../errors.ts'
import { type Layout, layShape } from '../geometry/layout.ts'
import {
  checkPaddingMode,
  type Padding,
  type PaddingMode,
  perAxis,
  resolvePadding,
  type SizeArgument,
} from '../geometry/padding.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import { asFloat, type DType, promote } from '../tensor/dtype.ts'
import { sameShape, sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkGroups, nearestDivisor } from './convArguments.ts'
import { add, cast } from './elementwise/arithmetic.ts'
import { matmul } from './matmul.ts'
import { padSpace } from './pad.ts'
import { toReal } from './primitive/conversion.ts'
import { reshape } from './reshape.ts'
import { checkSpatial, type SpatialFacts } from './spatialArguments.ts'
import { permute } from './transpose.ts'
import { unfoldAxes, unfoldSpace } from './unfold.ts'

export interface LocalConvOptions {
  /** `[outChannels]`, or one for every output cell: `[...outputSpace, outChannels]`. */
  readonly bias?: Tensor | undefined
  /** Cells from window to window, per axis. 1 by default. */
  readonly stride?: SizeArgument
  /** Cells from tap to tap, per axis. 1 by default. */
  readonly dilation?: SizeArgument
  /** Cells added around the input. None by default. */
  readonly padding?: Padding
  /** What the added cells hold. `'zeros'` by default. */
  readonly paddingMode?: PaddingMode
  /** Parts into which the channels are split; each output reads its part only. 1 by default. */
  readonly groups?: number
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
}

const optionNames = ['bias', 'stride', 'dilation', 'padding', 'paddingMode', 'groups', 'layout']

const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** Pads by the mode if it is not zeros; what is left to pad with zeros. */
function padded(
  op: string,
  x: Tensor,
  facts: SpatialFacts,
  kernel: readonly number[],
  options: LocalConvOptions,
): { x: Tensor; space: readonly number[]; padding: readonly (readonly [number, number])[] } {
  const { rank, space, layout } = facts
  const stride = perAxis(op, 'stride', options.stride, rank, 1)
  const dilation = perAxis(op, 'dilation', options.dilation, rank, 1)
  const pairs = resolvePadding(op, options.padding, { input: space, kernel, stride, dilation })
  const mode = options.paddingMode ?? 'zeros'
  for (const [a, [low, high]] of pairs.entries()) checkPaddingMode(op, mode, space[a]!, low, high)
  if (mode === 'zeros') return { x, space, padding: pairs }
  return {
    x: padSpace(toReal(x, asFloat(x.dtype)), pairs, mode, layout),
    space: space.map((size, a) => pairs[a]![0] + size + pairs[a]![1]),
    padding: pairs.map(() => [0, 0] as const),
  }
}

function build(
  op: string,
  rank: number | null,
  x: Tensor,
  weight: Tensor,
  options: LocalConvOptions,
): Tensor {
  rejectUnknown(op, options, optionNames)
  const facts = checkSpatial(op, rank, x, options.layout)
  requireTensor(op, 'weight', weight)
  const { layout, batch, channels } = facts
  const dimensions = facts.rank
  if (weight.rank !== 2 * dimensions + 2 || weight.size === 0) {
    fail({
      op,
      argument: 'weight',
      got: `${weight.rank} axes, ${show(weight.shape)}`,
      needs: `expects ${2 * dimensions + 2} axes [...outputSpace, out, in/groups, ...kernel] for x ${show(x.shape)}`,
    })
  }
  const groups = checkGroups(op, options.groups)
  const kernel = weight.shape.slice(dimensions + 2)
  const before = padded(op, x, facts, kernel, options)
  const axes = unfoldAxes(op, before.space, kernel, {
    ...unfoldOptions(options),
    padding: before.padding,
  })
  const space = axes.map((axis) => axis.output)
  const outChannels = weight.shape[dimensions]!
  checkWeight(op, weight, { space, kernel, channels, groups, outChannels, x })
  const { bias } = options
  if (bias !== undefined) checkBias(op, bias, space, outChannels)
  const dtype = asFloat(
    [x, weight, ...(bias ? [bias] : [])].map((t): DType => t.dtype).reduce(promote),
  )

  const cells = sizeOf(space)
  const inputs = (channels / groups) * sizeOf(kernel)
  const columns = unfoldSpace(cast(before.x, dtype), axes, layout)
  // [cells, groups, inputs, batch]: one matrix product for each output cell and group.
  const patches =
    layout === 'channels-first'
      ? permute(reshape(columns, [batch, groups, inputs, cells]), [3, 1, 2, 0])
      : permute(reshape(columns, [batch, cells, groups, inputs]), [1, 2, 3, 0])
  const kernels = reshape(cast(weight, dtype), [cells, groups, outChannels / groups, inputs])
  const products = reshape(matmul(kernels, patches), [cells, outChannels, batch])
  const shifted = bias
    ? add(products, biasColumns(cast(bias, dtype), cells, outChannels))
    : products
  const ordered = permute(shifted, layout === 'channels-first' ? [2, 1, 0] : [2, 0, 1])
  return reshape(ordered, layShape(layout, batch, outChannels, space))
}

function unfoldOptions({ stride, dilation }: LocalConvOptions): {
  stride?: SizeArgument
  dilation?: SizeArgument
} {
  return {
    ...(stride === undefined ? {} : { stride }),
    ...(dilation === undefined ? {} : { dilation }),
  }
}

interface WeightFacts {
  readonly space: readonly number[]
  readonly kernel: readonly number[]
  readonly channels: number
  readonly groups: number
  readonly outChannels: number
  readonly x: Tensor
}

function checkWeight(op: string, weight: Tensor, facts: WeightFacts): void {
  const { space, kernel, channels, groups, outChannels, x } = facts
  for (const [name, count] of [
    ['input', channels],
    ['output', outChannels],
  ] as const) {
    if (count % groups !== 0) {
      fail({
        op,
        argument: 'groups',
        got: `${groups} for ${count} ${name} channels`,
        needs: `must divide the ${name} channels`,
        hint: `the nearest that works is ${nearestDivisor(count, groups)}`,
      })
    }
  }
  const wanted = [...space, outChannels, channels / groups, ...kernel]
  if (!sameShape(weight.shape, wanted)) {
    fail({
      op,
      argument: 'weight',
      got: show(weight.shape),
      needs: `expects ${show(wanted)}, a kernel ${show([outChannels, channels / groups, ...kernel])} for each of the ${show(space)} output cells`,
      hint: `x is ${show(x.shape)}, groups is ${groups}`,
    })
  }
}

function checkBias(op: string, bias: Tensor, space: readonly number[], outChannels: number): void {
  requireTensor(op, 'bias', bias)
  if (sameShape(bias.shape, [outChannels]) || sameShape(bias.shape, [...space, outChannels])) return
  fail({
    op,
    argument: 'bias',
    got: describe(bias.shape),
    needs: `expects shape [${outChannels}], one value per output channel, or ${show([...space, outChannels])}, one per output cell`,
  })
}

const biasColumns = (bias: Tensor, cells: number, outChannels: number): Tensor =>
  reshape(bias, bias.rank === 1 ? [1, outChannels, 1] : [cells, outChannels, 1])

/**
 * Convolution without shared weights: every output cell has a kernel of its own,
 *
 *     y[n, c, o] = bias[c] + Σ_i Σ_k weight[o, c, i, k] · x[n, i, o·stride + k·dilation − padding]
 *
 * `x` is `[batch, inChannels, ...space]` (or channels last). `weight` is
 * `[...outputSpace, outChannels, inChannels / groups, ...kernel]` in either layout: at each output
 * cell stands the weight of a plain `conv`, and a weight repeated over the first axes gives `conv`
 * itself. `bias` is shared, `[outChannels]`, or `[...outputSpace, outChannels]`.
 *
 * @throws StriateError for ranks, channels, groups, sizes or options that do not fit.
 * @example
 * ```ts
 * import { localConv, tensor } from 'striate'
 * const x = tensor([[[1, 2, 3]]])
 * const weight = tensor([[[[1, 1]]], [[[10, 0]]]]) // two output cells, one channel, kernel 2
 * await localConv(x, weight).array() // => [[[3, 20]]]
 * ```
 * @see Gregor, LeCun, "Emergence of complex-like cells" (2010); Keras, `LocallyConnected2D`.
 */
export const localConv = (x: Tensor, weight: Tensor, options: LocalConvOptions = {}): Tensor =>
  build('localConv', null, x, weight, options)

/** {@link localConv} over one axis: `weight` `[length, out, in / groups, kernel]`. */
export const localConv1d = (x: Tensor, weight: Tensor, options: LocalConvOptions = {}): Tensor =>
  build('localConv1d', 1, x, weight, options)

/** {@link localConv} over two axes: `weight` `[height, width, out, in / groups, ...kernel]`. */
export const localConv2d = (x: Tensor, weight: Tensor, options: LocalConvOptions = {}): Tensor =>
  build('localConv2d', 2, x, weight, options)

/** {@link localConv} over three axes. */
export const localConv3d = (x: Tensor, weight: Tensor, options: LocalConvOptions = {}): Tensor =>
  build('localConv3d', 3, x, weight, options)
