/** Filters every channel of a batch with one kernel. */
import { fail } from '../errors.ts'
import type { Layout } from '../geometry/layout.ts'
import type { Padding, PaddingMode, SizeArgument } from '../geometry/padding.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import { allocate } from '../tensor/dtype.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { broadcastTo } from './broadcastTo.ts'
import { conv } from './conv.ts'
import { add } from './elementwise/arithmetic.ts'
import { separateKernel } from './separateKernel.ts'
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
  /**
   * Whether a kernel that is a sum of few outer products, as a Gaussian is, is applied axis by axis: a
   * 31 × 31 kernel then costs 62 multiply-adds a cell instead of 961. The kernel must be known, and no
   * gradient passes to it. Values differ by rounding only. False by default.
   */
  readonly separate?: boolean
}

const optionNames = ['padding', 'paddingMode', 'stride', 'dilation', 'layout', 'separate']

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
  const { padding = 'same', paddingMode = 'replicate', separate = false, ...rest } = options
  const settings = { ...rest, padding, paddingMode, groups: channels }
  const apply = (each: Tensor): Tensor =>
    conv(x, broadcastTo(each, [channels, 1, ...each.shape]), settings)
  if (!separate) return apply(kernel)
  if (!kernel.node.isKnown) {
    fail({
      op,
      argument: 'separate',
      needs: 'needs a kernel whose values are known',
      got: 'one that is yet to be computed',
      hint: 'await compute([kernel]) computes it',
    })
  }
  const products = separateKernel(kernel.node.data!, kernel.shape)
  if (products === null) return apply(kernel)
  return products.map((factors) => alongAxes(x, factors, kernel, settings)).reduce(add)
}

/** One pass for each axis; padding, stride and dilation of an axis belong to its own pass. */
function alongAxes(
  x: Tensor,
  factors: readonly Float64Array[],
  kernel: Tensor,
  { padding, stride = 1, dilation = 1, groups, ...rest }: PassSettings,
): Tensor {
  const rank = factors.length
  const on = <T>(axis: number, value: T | readonly T[], idle: T): T[] =>
    Array.from({ length: rank }, (_, a) =>
      a !== axis ? idle : Array.isArray(value) ? (value as readonly T[])[a]! : (value as T),
    )
  return factors.reduce((y, factor, axis) => {
    const shape = factors.map((_, a) => (a === axis ? factor.length : 1))
    const values = allocate(kernel.dtype, factor.length)
    values.set(factor)
    const weight = tensor(values, shape)
    return conv(y, broadcastTo(weight, [groups, 1, ...shape]), {
      ...rest,
      groups,
      padding: typeof padding === 'string' ? padding : (on<unknown>(axis, padding, 0) as Padding),
      stride: on(axis, stride, 1),
      dilation: on(axis, dilation, 1),
    })
  }, x)
}

type PassSettings = Omit<FilterOptions, 'separate' | 'padding'> & {
  readonly padding: Padding
  readonly groups: number
}
