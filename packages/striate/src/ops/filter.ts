/** Filters every channel of a batch with one kernel. */
import { fail } from '../errors.ts'
import type { Layout } from '../geometry/layout.ts'
import type { Padding, PaddingMode, SizeArgument } from '../geometry/padding.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { broadcastTo } from './broadcastTo.ts'
import { conv } from './conv.ts'
import { checkSpatial } from './spatialArguments.ts'

export interface FilterOptions {
  /** Cells added around the input. `'same'` by default: the result has the size of `x`. */
  readonly padding?: Padding
  /** What the added cells hold. `'replicate'` by default, so that flat pictures stay flat. */
  readonly paddingMode?: PaddingMode
  /** Cells from window to window, per axis. 1 by default. */
  readonly stride?: SizeArgument
  /** Cells from tap to tap, per axis. 1 by default. */
  readonly dilation?: SizeArgument
  /** Where the channels lie, in `x` and in the result. `'channels-first'` by default. */
  readonly layout?: Layout
}

const optionNames = ['padding', 'paddingMode', 'stride', 'dilation', 'layout']

/**
 * Every channel of `x` (`[batch, channels, ...space]`, or channels last) filtered with one `kernel`
 * `[...kernel]`, as cross-correlation: cell `k` of the kernel multiplies the cell that lies `k` to the
 * right of the window's start, without turning the kernel round.
 *
 *     y[n, c, o] = Σ_k kernel[k] · x[n, c, o·stride + k·dilation − padding]
 *
 * @throws StriateError for ranks, sizes or options that do not fit.
 * @example
 * ```ts
 * import { boxKernel, derivativeKernel, filter, tensor } from 'striate'
 * const x = tensor([[[0, 0, 3, 3, 3]]])
 * await filter(x, boxKernel(3, 1)).array() // => [[[0, 1, 2, 3, 3]]]
 * await filter(x, derivativeKernel()).array() // => [[[0, 1.5, 1.5, 0, 0]]]
 * ```
 */
export function filter(x: Tensor, kernel: Tensor, options: FilterOptions = {}): Tensor {
  const op = 'filter'
  rejectUnknown(op, options, optionNames)
  requireTensor(op, 'kernel', kernel)
  const { channels, rank } = checkSpatial(op, null, x, options.layout)
  if (kernel.rank !== rank || kernel.size === 0) {
    fail({
      op,
      argument: 'kernel',
      got: `shape [${kernel.shape.join(', ')}]`,
      needs: `expects ${rank} axes, one for each spatial axis of x [${x.shape.join(', ')}]`,
    })
  }
  const { padding = 'same', paddingMode = 'replicate', ...rest } = options
  const weight = broadcastTo(kernel, [channels, 1, ...kernel.shape])
  return conv(x, weight, { ...rest, padding, paddingMode, groups: channels })
}
