/** Activations as layers; their options are those of the operators of the same names. */

import type {
  CeluOptions,
  EluOptions,
  GeluOptions,
  GluOptions,
  HardSigmoidOptions,
  HardTanhOptions,
  LeakyReluOptions,
  SeluOptions,
  ShrinkOptions,
  SoftmaxOptions,
  SoftplusOptions,
  SoftshrinkOptions,
  SwishOptions,
  ThresholdedReluOptions,
  ThresholdOptions,
} from '../../ops/activations/index.ts'
import * as operators from '../../ops/activations/index.ts'
import { sigmoid as sigmoidOf, tanh as tanhOf } from '../../ops/elementwise/exponential.ts'
import { rejectUnknown } from '../../options.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import type { Same } from '../channels.ts'
import { recipeOf } from '../recipe.ts'
import { keepsChannels, Stateless } from './stateless.ts'

/** A layer without parameters that changes every element by itself. */
export type Activation = Stateless<number, Same>

/** Tried on one element at once, so that wrong options are refused here and not in use. */
function elementwise<Options>(
  kind: string,
  builder: string,
  compute: (x: Tensor, options: Options) => Tensor,
  options: Options,
): Activation {
  compute(tensor([0]), options)
  return keepsChannels(kind, (x) => compute(x, options), recipeOf(builder, options))
}

/** `max(x, 0)`. */
export const relu = (): Activation =>
  keepsChannels('ReLU', (x) => operators.relu(x), recipeOf('relu'))

/** `min(max(x, 0), 6)`. */
export const relu6 = (): Activation =>
  keepsChannels('ReLU6', (x) => operators.relu6(x), recipeOf('relu6'))

/**
 * `x` right of 0, `negativeSlope · x` elsewhere.
 *
 * @throws StriateError for unknown options or a slope that is no number.
 * @example
 * ```ts
 * import { nn, tensor } from 'striate'
 * await nn.leakyRelu({ negativeSlope: 0.5 }).forward(tensor([-2, 3])).array() // => [-1, 3]
 * ```
 */
export const leakyRelu = (options: LeakyReluOptions = {}): Activation =>
  elementwise('LeakyReLU', 'leakyRelu', operators.leakyRelu, options)

/** `x` above the threshold, `value` elsewhere. */
export const threshold = (options: ThresholdOptions): Activation =>
  elementwise('Threshold', 'threshold', operators.threshold, options)

/** `x` above `alpha`, 0 elsewhere. */
export const thresholdedRelu = (options: ThresholdedReluOptions = {}): Activation =>
  elementwise('ThresholdedReLU', 'thresholdedRelu', operators.thresholdedRelu, options)

/** `x` right of 0, `alpha · (eˣ − 1)` elsewhere. */
export const elu = (options: EluOptions = {}): Activation =>
  elementwise('ELU', 'elu', operators.elu, options)

/** ELU with a slope of 1 at 0 for every alpha. */
export const celu = (options: CeluOptions = {}): Activation =>
  elementwise('CELU', 'celu', operators.celu, options)

/** The self-normalising ELU. */
export const selu = (options: SeluOptions = {}): Activation =>
  elementwise('SELU', 'selu', operators.selu, options)

/** `x` times the normal distribution up to `x`. */
export const gelu = (options: GeluOptions = {}): Activation =>
  elementwise('GELU', 'gelu', operators.gelu, options)

/** `x · sigmoid(x)`. */
export const silu = (): Activation =>
  keepsChannels('SiLU', (x) => operators.silu(x), recipeOf('silu'))

/** `x · sigmoid(alpha · x)`. */
export const swish = (options: SwishOptions = {}): Activation =>
  elementwise('Swish', 'swish', operators.swish, options)

/** `x · tanh(softplus(x))`. */
export const mish = (): Activation =>
  keepsChannels('Mish', (x) => operators.mish(x), recipeOf('mish'))

/** SiLU in straight pieces. */
export const hardSwish = (): Activation =>
  keepsChannels('Hardswish', (x) => operators.hardSwish(x), recipeOf('hardSwish'))

/** The sigmoid in straight pieces. */
export const hardSigmoid = (options: HardSigmoidOptions = {}): Activation =>
  elementwise('Hardsigmoid', 'hardSigmoid', operators.hardSigmoid, options)

/** `x`, cut at both ends. */
export const hardTanh = (options: HardTanhOptions = {}): Activation =>
  elementwise('Hardtanh', 'hardTanh', operators.hardTanh, options)

/** `x` outside `±lambda`, 0 inside. */
export const hardshrink = (options: ShrinkOptions = {}): Activation =>
  elementwise('Hardshrink', 'hardshrink', operators.hardshrink, options)

/** `x` moved towards 0 by `lambda`, 0 inside `±lambda`. */
export const softshrink = (options: SoftshrinkOptions = {}): Activation =>
  elementwise('Softshrink', 'softshrink', operators.softshrink, options)

/** `x − tanh(x)`. */
export const tanhshrink = (): Activation =>
  keepsChannels('Tanhshrink', (x) => operators.tanhshrink(x), recipeOf('tanhshrink'))

/** `ln(1 + e^(beta · x)) / beta`. */
export const softplus = (options: SoftplusOptions = {}): Activation =>
  elementwise('Softplus', 'softplus', operators.softplus, options)

/** `x / (1 + |x|)`. */
export const softsign = (): Activation =>
  keepsChannels('Softsign', (x) => operators.softsign(x), recipeOf('softsign'))

/** `ln(sigmoid(x))`. */
export const logSigmoid = (): Activation =>
  keepsChannels('LogSigmoid', (x) => operators.logSigmoid(x), recipeOf('logSigmoid'))

/** `1 / (1 + e⁻ˣ)`. */
export const sigmoid = (): Activation =>
  keepsChannels('Sigmoid', (x) => sigmoidOf(x), recipeOf('sigmoid'))

/** The hyperbolic tangent. */
export const tanh = (): Activation => keepsChannels('Tanh', (x) => tanhOf(x), recipeOf('tanh'))

function alongAxis<Options extends object>(
  name: string,
  compute: (x: Tensor, options: Options) => Tensor,
  options: Options,
): (x: Tensor) => Tensor {
  rejectUnknown(`nn.${name}`, options, ['axis'])
  return (x) => compute(x, options)
}

/** `eˣ / Σ eˣ` along `axis`, the last by default. */
export const softmax = (options: SoftmaxOptions = {}): Activation =>
  keepsChannels(
    'Softmax',
    alongAxis('softmax', operators.softmax, options),
    recipeOf('softmax', options),
  )

/** The logarithm of the softmax. */
export const logSoftmax = (options: SoftmaxOptions = {}): Activation =>
  keepsChannels(
    'LogSoftmax',
    alongAxis('logSoftmax', operators.logSoftmax, options),
    recipeOf('logSoftmax', options),
  )

/** The softmax of `−x`. */
export const softmin = (options: SoftmaxOptions = {}): Activation =>
  keepsChannels(
    'Softmin',
    alongAxis('softmin', operators.softmin, options),
    recipeOf('softmin', options),
  )

/** 1 at the first largest element along `axis`, 0 elsewhere. */
export const hardmax = (options: SoftmaxOptions = {}): Activation =>
  keepsChannels(
    'Hardmax',
    alongAxis('hardmax', operators.hardmax, options),
    recipeOf('hardmax', options),
  )

/** The first half along `axis`, times the sigmoid of the second. */
export const glu = (options: GluOptions = {}): Stateless =>
  new Stateless('GLU', alongAxis('glu', operators.glu, options), recipeOf('glu', options))
