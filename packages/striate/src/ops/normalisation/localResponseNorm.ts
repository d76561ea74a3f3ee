/** Local response normalisation: each channel is divided by the activity of its neighbours. */
import { windowAxis } from '../../geometry/axis.ts'
import { windowMap } from '../../geometry/axisMap.ts'
import { channelAxis, checkLayout, type Layout } from '../../geometry/layout.ts'
import { rejectUnknown } from '../../options.ts'
import { asFloat } from '../../tensor/dtype.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { requireBatch } from '../channelVector.ts'
import { add, cast, div, mul, pow, square } from '../elementwise/arithmetic.ts'
import { mapAxes } from '../mapAxes.ts'
import { numberOption } from '../numberOption.ts'

export interface LocalResponseNormOptions {
  /** How many neighbouring channels are summed. */
  readonly size: number
  /** The weight of the sum (divided by `size`). 1e-4 by default. */
  readonly alpha?: number
  /** The exponent. 0.75 by default. */
  readonly beta?: number
  /** Added before the power. 1 by default. */
  readonly k?: number
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/**
 * `x / (k + alpha / size · Σ x²)^beta`, the sum over the `size` channels around each one (from
 * `⌊size/2⌋` before it on; channels beyond an end count as 0). `x` is `[batch, channels, ...space]` or
 * channels-last.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { localResponseNorm, tensor } from 'striate'
 * const x = tensor([[[2], [2]]])
 * await localResponseNorm(x, { size: 1, alpha: 1, beta: 1, k: 0 }).array() // => [[[0.5], [0.5]]]
 * ```
 * @see Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
 * networks" (2012), section 3.3 (where `alpha` is not divided by `size`).
 */
export function localResponseNorm(x: Tensor, options: LocalResponseNormOptions): Tensor {
  const op = 'localResponseNorm'
  rejectUnknown(op, options, ['size', 'alpha', 'beta', 'k', 'layout'])
  const layout = checkLayout(op, options.layout)
  requireBatch(op, x, layout, 3)
  const size = numberOption(op, 'size', options.size, undefined, { least: 1, whole: true })
  const alpha = numberOption(op, 'alpha', options.alpha, 1e-4)
  const beta = numberOption(op, 'beta', options.beta, 0.75)
  const k = numberOption(op, 'k', options.k, 1)
  const real = cast(x, asFloat(x.dtype))
  const channel = channelAxis(layout, x.rank)
  const window = windowAxis(op, {
    input: x.shape[channel]!,
    kernel: size,
    stride: 1,
    dilation: 1,
    padding: [Math.floor(size / 2), Math.floor((size - 1) / 2)],
  })
  const activity = mapAxes(square(real), [[channel, windowMap(window)]])
  return div(real, pow(add(mul(activity, alpha / size), k), beta))
}
