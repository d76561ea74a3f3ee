/** Exponentials, logarithms, roots and the smooth functions that are made of them. */
import * as exponential from '../../engine/wasm/kernels/elementwise/exponential.ts'
import * as hyperbolic from '../../engine/wasm/kernels/elementwise/hyperbolic.ts'
import * as special from '../../engine/wasm/kernels/elementwise/special.ts'
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import type { ScalarCard } from '../primitive/elementwise.ts'
import { mul, reciprocal } from './arithmetic.ts'
import { scalar } from './build.ts'
import { real } from './results.ts'
import { errorFunction, logistic, softplusOf } from './special.ts'

/**
 * `eˣ`, element by element.
 *
 * @example
 * ```ts
 * import { exp, tensor } from 'striate'
 * await exp(tensor([0, Math.log(2)])).array() // => [1, 2]
 * ```
 */
export const exp = (x: TensorLike): Tensor => scalar(expCard, x)

/**
 * `eˣ − 1`, exact near 0.
 *
 * @example
 * ```ts
 * import { expm1, tensor } from 'striate'
 * await expm1(tensor([0, 1e-7, Math.log(3)])).array() // => [0, 1e-7, 2]
 * ```
 */
export const expm1 = (x: TensorLike): Tensor => scalar(expm1Card, x)

/**
 * The natural logarithm; NaN below 0, −∞ at 0.
 *
 * @example
 * ```ts
 * import { log, tensor } from 'striate'
 * await log(tensor([1, Math.E, 0])).array() // => [0, 1, -Infinity]
 * ```
 */
export const log = (x: TensorLike): Tensor => scalar(logCard, x)

/**
 * `ln(1 + x)`, exact near 0.
 *
 * @example
 * ```ts
 * import { log1p, tensor } from 'striate'
 * await log1p(tensor([0, 1e-7])).array() // => [0, 1e-7]
 * ```
 */
export const log1p = (x: TensorLike): Tensor => scalar(log1pCard, x)

/**
 * The logarithm to base 2.
 *
 * @example
 * ```ts
 * import { log2, tensor } from 'striate'
 * await log2(tensor([1, 8])).array() // => [0, 3]
 * ```
 */
export const log2 = (x: TensorLike): Tensor => mul(log(x), Math.LOG2E)

/**
 * The logarithm to base 10.
 *
 * @example
 * ```ts
 * import { log10, tensor } from 'striate'
 * await log10(tensor([1, 1000])).array() // => [0, 3]
 * ```
 */
export const log10 = (x: TensorLike): Tensor => mul(log(x), Math.LOG10E)

/**
 * The square root; NaN below 0.
 *
 * @example
 * ```ts
 * import { sqrt, tensor } from 'striate'
 * await sqrt(tensor([4, 9])).array() // => [2, 3]
 * ```
 */
export const sqrt = (x: TensorLike): Tensor => scalar(sqrtCard, x)

/**
 * `1 / √x`.
 *
 * @example
 * ```ts
 * import { rsqrt, tensor } from 'striate'
 * await rsqrt(tensor([4, 16])).array() // => [0.5, 0.25]
 * ```
 */
export const rsqrt = (x: TensorLike): Tensor => reciprocal(sqrt(x))

/**
 * The logistic function `1 / (1 + e⁻ˣ)`.
 *
 * @example
 * ```ts
 * import { sigmoid, tensor } from 'striate'
 * await sigmoid(tensor([0, 1000, -1000])).array() // => [0.5, 1, 0]
 * ```
 */
export const sigmoid = (x: TensorLike): Tensor => scalar(sigmoidCard, x)

/**
 * The hyperbolic tangent.
 *
 * @example
 * ```ts
 * import { tanh, tensor } from 'striate'
 * await tanh(tensor([0, Math.log(2), -1000])).array() // => [0, 0.6, -1]
 * ```
 */
export const tanh = (x: TensorLike): Tensor => scalar(tanhCard, x)

/**
 * The error function `2/√π · ∫₀ˣ e^(−t²) dt`.
 *
 * @example
 * ```ts
 * import { erf, tensor } from 'striate'
 * await erf(tensor([0, 0.5, 1000])).array() // => [0, 0.5204999, 1]
 * ```
 */
export const erf = (x: TensorLike): Tensor => scalar(erfCard, x)

/** `ln(1 + eˣ)` without overflow: what {@link softplus} and the logistic losses stand on. */
export const log1pExp = (x: TensorLike): Tensor => scalar(softplusCard, x)

const expCard: ScalarCard = {
  function: 'exp',
  result: real,
  evaluate: (a) => Math.exp(a),
  formulas: () => ({ f32: exponential.exp }),
}

const expm1Card: ScalarCard = {
  function: 'expm1',
  result: real,
  evaluate: (a) => Math.expm1(a),
  formulas: () => ({ f32: exponential.expm1 }),
}

const logCard: ScalarCard = {
  function: 'log',
  result: real,
  evaluate: (a) => Math.log(a),
  formulas: () => ({ f32: exponential.log }),
}

const log1pCard: ScalarCard = {
  function: 'log1p',
  result: real,
  evaluate: (a) => Math.log1p(a),
  formulas: () => ({ f32: exponential.log1p }),
}

const sqrtCard: ScalarCard = { function: 'sqrt', result: real, evaluate: (a) => Math.sqrt(a) }

const sigmoidCard: ScalarCard = {
  function: 'sigmoid',
  result: real,
  evaluate: logistic,
  formulas: () => ({ f32: exponential.sigmoid }),
}

const tanhCard: ScalarCard = {
  function: 'tanh',
  result: real,
  evaluate: (a) => Math.tanh(a),
  formulas: () => ({ f32: hyperbolic.tanh }),
}

const erfCard: ScalarCard = {
  function: 'erf',
  result: real,
  evaluate: errorFunction,
  formulas: () => ({ f32: special.erf }),
}

const softplusCard: ScalarCard = {
  function: 'softplus',
  result: real,
  evaluate: softplusOf,
  formulas: () => ({ f32: exponential.softplus }),
}
