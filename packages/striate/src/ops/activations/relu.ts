/** The rectifier and its relatives: linear on either side of a kink. */
import { describe, fail } from '../../errors.ts'
import { channelAxis, checkLayout, type Layout } from '../../geometry/layout.ts'
import { rejectUnknown } from '../../options.ts'
import { asTensor, requireTensor } from '../../tensor/build.ts'
import { broadcastShapes, sameShape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { channelVector } from '../channelVector.ts'
import { mul } from '../elementwise/arithmetic.ts'
import { greater, greaterEqual, lessEqual, where } from '../elementwise/comparison.ts'
import { numberOption } from '../numberOption.ts'
import { reshape } from '../reshape.ts'

/**
 * `max(x, 0)`, element by element, of any shape; NaN stays. The gradient at 0 is 0.
 *
 * @throws StriateError if `x` is no tensor.
 * @example
 * ```ts
 * import { relu, tensor } from 'striate'
 * await relu(tensor([-1, 0, 2])).array() // => [0, 0, 2]
 * ```
 * @see Glorot, Bordes, Bengio, "Deep sparse rectifier neural networks" (2011).
 */
export function relu(x: Tensor): Tensor {
  requireTensor('relu', 'x', x)
  return where(lessEqual(x, 0), 0, x)
}

/**
 * `min(max(x, 0), 6)`, element by element. The gradient at both bounds is 0.
 *
 * @throws StriateError if `x` is no tensor.
 * @example
 * ```ts
 * import { relu6, tensor } from 'striate'
 * await relu6(tensor([-1, 3, 8])).array() // => [0, 3, 6]
 * ```
 * @see Krizhevsky, "Convolutional deep belief networks on CIFAR-10" (2010).
 */
export function relu6(x: Tensor): Tensor {
  requireTensor('relu6', 'x', x)
  return where(lessEqual(x, 0), 0, where(greaterEqual(x, 6), 6, x))
}

export interface LeakyReluOptions {
  /** The slope left of 0. 0.01 by default. */
  readonly negativeSlope?: number
}

/**
 * `x` right of 0, `negativeSlope · x` elsewhere. The gradient at 0 is `negativeSlope`.
 *
 * @throws StriateError for unknown options or a slope that is no number.
 * @example
 * ```ts
 * import { leakyRelu, tensor } from 'striate'
 * await leakyRelu(tensor([-2, 3]), { negativeSlope: 0.25 }).array() // => [-0.5, 3]
 * ```
 * @see Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models" (2013).
 */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  requireTensor('leakyRelu', 'x', x)
  rejectUnknown('leakyRelu', options, ['negativeSlope'])
  const slope = numberOption('leakyRelu', 'negativeSlope', options.negativeSlope, 0.01)
  return where(greater(x, 0), x, mul(x, slope))
}

export interface PreluOptions {
  /** Where the channels of `x` lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/**
 * `x` right of 0, `weight · x` elsewhere, with a learnt slope: `weight` is one value, `[channels]`, or
 * a shape of several axes that broadcasts to that of `x`. The gradient at 0 is that of the left side.
 *
 * @throws StriateError if the shape of `weight` fits none of these.
 * @example
 * ```ts
 * import { prelu, tensor } from 'striate'
 * const x = tensor([[[-4, 1], [-4, 2]]])
 * await prelu(x, tensor([0.5, 0.25])).array() // => [[[-2, 1], [-1, 2]]]
 * ```
 * @see He et al., "Delving deep into rectifiers" (2015).
 */
export function prelu(x: Tensor, weight: Tensor, options: PreluOptions = {}): Tensor {
  requireTensor('prelu', 'x', x)
  rejectUnknown('prelu', options, ['layout'])
  const layout = checkLayout('prelu', options.layout)
  return where(greater(x, 0), x, mul(x, slopes(x, weight, layout)))
}

function slopes(x: Tensor, weight: Tensor, layout: Layout): Tensor {
  requireTensor('prelu', 'weight', weight)
  if (weight.size === 1) return reshape(weight, [])
  if (weight.rank === 1 && x.rank > 1) return channelVector('prelu', 'weight', weight, x, layout)
  if (
    weight.rank > x.rank ||
    !sameShape(broadcastShapes('prelu', [x.shape, weight.shape]), x.shape)
  ) {
    const channels = x.shape[channelAxis(layout, x.rank)] ?? 1
    fail({
      op: 'prelu',
      argument: 'weight',
      got: describe(weight),
      needs: `expects one value, shape [${channels}], or a shape that broadcasts to [${x.shape.join(', ')}]`,
    })
  }
  return weight
}

export interface ThresholdOptions {
  /** Up to here, included, `x` is replaced. */
  readonly threshold: number
  /** What replaces it. 0 by default. */
  readonly value?: number
}

/**
 * `x` above `threshold`, `value` elsewhere; NaN stays. No gradient passes where `x` was replaced.
 *
 * @throws StriateError for unknown options or a threshold or value that is no number.
 * @example
 * ```ts
 * import { tensor, threshold } from 'striate'
 * await threshold(tensor([1, 2, 3]), { threshold: 2, value: -1 }).array() // => [-1, -1, 3]
 * ```
 */
export function threshold(x: Tensor, options: ThresholdOptions): Tensor {
  const op = 'threshold'
  requireTensor(op, 'x', x)
  rejectUnknown(op, options, ['threshold', 'value'])
  const limit = numberOption(op, 'threshold', options.threshold, undefined)
  const value = numberOption(op, 'value', options.value, 0)
  return where(lessEqual(x, limit), asTensor(op, 'value', value, x.dtype), x)
}

export interface ThresholdedReluOptions {
  /** Up to here, included, the result is 0. 1 by default. */
  readonly alpha?: number
}

/**
 * `x` above `alpha`, 0 elsewhere (ONNX's ThresholdedRelu).
 *
 * @throws StriateError for unknown options or an alpha that is no number.
 * @example
 * ```ts
 * import { tensor, thresholdedRelu } from 'striate'
 * await thresholdedRelu(tensor([0.5, 1, 1.5])).array() // => [0, 0, 1.5]
 * ```
 * @see Konda, Memisevic, Krueger, "Zero-bias autoencoders" (2014).
 */
export function thresholdedRelu(x: Tensor, options: ThresholdedReluOptions = {}): Tensor {
  requireTensor('thresholdedRelu', 'x', x)
  rejectUnknown('thresholdedRelu', options, ['alpha'])
  const alpha = numberOption('thresholdedRelu', 'alpha', options.alpha, 1)
  return where(lessEqual(x, alpha), 0, x)
}
