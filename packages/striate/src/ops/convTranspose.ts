/** Transposed convolution of any rank, with its typed faces. */
import type { SizeArgument } from '../geometry/padding.ts'
import { planTransposed } from '../geometry/plan.ts'
import { rejectUnknown } from '../options.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { applyPlan, type ConvOptions } from './conv.ts'
import { checkArguments } from './convArguments.ts'

export interface ConvTransposeOptions extends ConvOptions {
  /** Cells added to the end of the output, per axis; each less than the stride or the dilation there. */
  readonly outputPadding?: SizeArgument
}

const optionNames = [
  'bias',
  'stride',
  'dilation',
  'padding',
  'paddingMode',
  'outputPadding',
  'groups',
  'layout',
  'precision',
]

function build(
  op: string,
  rank: number | null,
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions,
): Tensor {
  rejectUnknown(op, options, optionNames)
  const checked = checkArguments(op, rank, x, weight, options, true)
  return applyPlan(op, checked, planTransposed(op, checked, options), options.precision)
}

/**
 * Transposed convolution of any rank: the gradient of {@link conv} with respect to its input, used as
 * an operator. Each input cell adds the kernel, times its value, to the output at `stride` times its
 * place; `padding` is cut from the result, `outputPadding` added to its end:
 *
 *     size = (input − 1)·stride − 2·padding + dilation·(kernel − 1) + 1 + outputPadding
 *
 * `x` is `[batch, inChannels, ...space]`, `weight` is `[inChannels, outChannels / groups, ...kernel]`.
 * `padding: 'same'` gives `input · stride` cells, `'causal'` the same without a look ahead.
 * A `paddingMode` other than zeros continues the input beyond its ends before windows gather from it.
 *
 * @throws StriateError for ranks, channels, groups, sizes or options that do not fit.
 * @example
 * ```ts
 * import { convTranspose, tensor } from 'striate'
 * const x = tensor([[[1, 2, 3]]])
 * await convTranspose(x, tensor([[[1, 1]]]), { stride: 2 }).array() // => [[[1, 1, 2, 2, 3, 3]]]
 * ```
 * @see Dumoulin, Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4.
 */
export const convTranspose = (
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor => build('convTranspose', null, x, weight, options)

/** {@link convTranspose} over one axis: `weight` `[in, out / groups, kernel]`. */
export const convTranspose1d = (
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor => build('convTranspose1d', 1, x, weight, options)

/** {@link convTranspose} over two axes. */
export const convTranspose2d = (
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor => build('convTranspose2d', 2, x, weight, options)

/** {@link convTranspose} over three axes. */
export const convTranspose3d = (
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor => build('convTranspose3d', 3, x, weight, options)
