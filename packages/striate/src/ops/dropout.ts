/** Dropout: random elements or channels become 0, the others grow so that the mean stays. */
import { describe, fail } from '../errors.ts'
import { channelAxis, checkLayout, type Layout } from '../geometry/layout.ts'
import { rejectUnknown } from '../options.ts'
import { RandomStream } from '../random/index.ts'
import { requireTensor } from '../tensor/build.ts'
import { asFloat } from '../tensor/dtype.ts'
import { sizeOf } from '../tensor/shape.ts'
import { fromData, type Tensor } from '../tensor/tensor.ts'
import { requireBatch } from './channelVector.ts'
import { mul } from './elementwise/arithmetic.ts'
import { numberOption } from './numberOption.ts'

export interface DropoutOptions {
  /** The probability of being dropped. 0.5 by default. */
  readonly p?: number
  /** Where the randomness comes from; each call draws from it. */
  readonly stream: RandomStream
}

export interface DropoutChannelsOptions extends DropoutOptions {
  /** Where the channels lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/** `x` times a mask of `shape`, which is 0 with probability `p` and `1 / (1 − p)` otherwise. */
function drop(op: string, x: Tensor, shape: readonly number[], options: DropoutOptions): Tensor {
  const p = numberOption(op, 'p', options.p, 0.5, { least: 0, most: 1 })
  const { stream } = options
  if (!(stream instanceof RandomStream)) {
    fail({
      op,
      argument: 'stream',
      got: describe(stream),
      needs: 'must be a RandomStream',
      hint: 'new RandomStream(seed) makes one',
    })
  }
  if (p === 0) return x
  const dtype = asFloat(x.dtype)
  const mask =
    dtype === 'float64' ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape))
  stream.fillUniform(mask, 0, 1)
  const kept = p === 1 ? 0 : 1 / (1 - p)
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i]! < p ? 0 : kept
  return mul(x, fromData(mask, shape, dtype))
}

/**
 * Each element of `x` becomes 0 with probability `p`, and `x / (1 − p)` otherwise: for training; at
 * inference leave it out. The choice is made when this is called, from `stream`.
 *
 * @throws StriateError for unknown options, a probability outside [0, 1], or no stream.
 * @example
 * ```ts
 * import { dropout, ones, RandomStream } from 'striate'
 * const y = await dropout(ones([8]), { p: 0.5, stream: new RandomStream(7) }).data()
 * y.every((value) => value === 0 || value === 2) // => true
 * ```
 * @see Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).
 */
export function dropout(x: Tensor, options: DropoutOptions): Tensor {
  requireTensor('dropout', 'x', x)
  rejectUnknown('dropout', options, ['p', 'stream'])
  return drop('dropout', x, x.shape, options)
}

function dropWhole(
  op: string,
  rank: number | null,
  x: Tensor,
  options: DropoutChannelsOptions,
): Tensor {
  rejectUnknown(op, options, ['p', 'stream', 'layout'])
  const layout = checkLayout(op, options.layout)
  requireBatch(op, x, layout)
  if (rank !== null && x.rank !== rank + 2) {
    fail({
      op,
      argument: 'x',
      got: `${x.rank} axes, [${x.shape.join(', ')}]`,
      needs: `expects ${rank + 2} axes, a batch with channels`,
      ...(x.rank === rank + 1 ? { hint: 'unsqueeze(x, 0) adds a batch of one' } : {}),
    })
  }
  const channel = channelAxis(layout, x.rank)
  const shape = x.shape.map((size, axis) => (axis === 0 || axis === channel ? size : 1))
  return drop(op, x, shape, options)
}

/**
 * Each channel of each sample of `x` (`[batch, channels, ...space]` or channels-last) becomes 0 as a
 * whole with probability `p`, and grows by `1 / (1 − p)` otherwise.
 *
 * @throws StriateError for unknown options, a probability outside [0, 1], no stream, or no channels.
 * @example
 * ```ts
 * import { dropoutChannels, ones, RandomStream } from 'striate'
 * const y = dropoutChannels(ones([1, 4, 9]), { stream: new RandomStream(7) })
 * y.shape // => [1, 4, 9]
 * ```
 * @see Tompson et al., "Efficient object localization using convolutional networks" (2015).
 */
export const dropoutChannels = (x: Tensor, options: DropoutChannelsOptions): Tensor =>
  dropWhole('dropoutChannels', null, x, options)

/** {@link dropoutChannels} of `[batch, channels, length]`. */
export const dropout1d = (x: Tensor, options: DropoutChannelsOptions): Tensor =>
  dropWhole('dropout1d', 1, x, options)

/** {@link dropoutChannels} of `[batch, channels, height, width]`. */
export const dropout2d = (x: Tensor, options: DropoutChannelsOptions): Tensor =>
  dropWhole('dropout2d', 2, x, options)

/** {@link dropoutChannels} of `[batch, channels, depth, height, width]`. */
export const dropout3d = (x: Tensor, options: DropoutChannelsOptions): Tensor =>
  dropWhole('dropout3d', 3, x, options)
