/** Pooling over the whole space of each channel. */
import type { Layout } from '../../geometry/layout.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { max, mean } from '../reductions.ts'
import { checkFlag, checkSpatial } from '../spatialArguments.ts'

export interface GlobalPoolOptions {
  /** Whether spatial axes stay, with size 1. False by default: the result is `[batch, channels]`. */
  readonly keepDims?: boolean
  /** Where the channels lie in `x`. `'channels-first'` by default. */
  readonly layout?: Layout
}

function over(op: string, reduction: typeof mean, x: Tensor, options: GlobalPoolOptions): Tensor {
  rejectUnknown(op, options, ['keepDims', 'layout'])
  const { keepDims, layout } = options
  checkFlag(op, 'keepDims', keepDims)
  const { first, space } = checkSpatial(op, null, x, layout)
  return reduction(x, { axes: space.map((_, a) => first + a), keepDims: keepDims ?? false })
}

/**
 * Mean of each channel over all of space: `[batch, channels, ...space]` → `[batch, channels]`.
 *
 * @throws StriateError for fewer than three axes or unknown options.
 * @example
 * ```ts
 * import { globalAvgPool, tensor } from 'striate'
 * const x = tensor([[[[1, 2], [3, 6]]]])
 * await globalAvgPool(x).array() // => [[3]]
 * globalAvgPool(x, { keepDims: true }).shape // => [1, 1, 1, 1]
 * ```
 * @see Lin, Chen, Yan, "Network in network" (2013).
 */
export const globalAvgPool = (x: Tensor, options: GlobalPoolOptions = {}): Tensor =>
  over('globalAvgPool', mean, x, options)

/**
 * Largest cell of each channel over all of space. At ties the gradient is shared evenly.
 *
 * @throws StriateError for fewer than three axes or unknown options.
 * @example
 * ```ts
 * import { globalMaxPool, tensor } from 'striate'
 * await globalMaxPool(tensor([[[[1, 2], [3, 6]]]])).array() // => [[6]]
 * ```
 */
export const globalMaxPool = (x: Tensor, options: GlobalPoolOptions = {}): Tensor =>
  over('globalMaxPool', max, x, options)
