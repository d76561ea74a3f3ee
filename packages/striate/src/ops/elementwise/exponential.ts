/** Exponentials, logarithms, roots and the smooth functions that are made of them. */
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import type { ScalarCard } from '../primitive/elementwise.ts'
import { add, div, mul, neg, reciprocal, square, sub } from './arithmetic.ts'
import { scalar } from './build.ts'
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
export const exp = (x: TensorLike): Tensor => scalar('exp', x)

/**
 * `eˣ − 1`, exact near 0.
 *
 * @example
 * ```ts
 * import { expm1, tensor } from 'striate'
 * await expm1(tensor([0, 1e-7, Math.log(3)])).array() // => [0, 1e-7, 2]
 * ```
 */
export const expm1 = (x: TensorLike): Tensor => scalar('expm1', x)

/**
 * The natural logarithm; NaN below 0, −∞ at 0.
 *
 * @example
 * ```ts
 * import { log, tensor } from 'striate'
 * await log(tensor([1, Math.E, 0])).array() // => [0, 1, -Infinity]
 * ```
 */
export const log = (x: TensorLike): Tensor => scalar('log', x)

/**
 * `ln(1 + x)`, exact near 0.
 *
 * @example
 * ```ts
 * import { log1p, tensor } from 'striate'
 * await log1p(tensor([0, 1e-7])).array() // => [0, 1e-7]
 * ```
 */
export const log1p = (x: TensorLike): Tensor => scalar('log1p', x)

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
export const sqrt = (x: TensorLike): Tensor => scalar('sqrt', x)

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
export const sigmoid = (x: TensorLike): Tensor => scalar('sigmoid', x)

/**
 * The hyperbolic tangent.
 *
 * @example
 * ```ts
 * import { tanh, tensor } from 'striate'
 * await tanh(tensor([0, Math.log(2), -1000])).array() // => [0, 0.6, -1]
 * ```
 */
export const tanh = (x: TensorLike): Tensor => scalar('tanh', x)

/**
 * The error function `2/√π · ∫₀ˣ e^(−t²) dt`.
 *
 * @example
 * ```ts
 * import { erf, tensor } from 'striate'
 * await erf(tensor([0, 0.5, 1000])).array() // => [0, 0.5204999, 1]
 * ```
 */
export const erf = (x: TensorLike): Tensor => scalar('erf', x)

/** `ln(1 + eˣ)` without overflow: what {@link softplus} and the logistic losses stand on. */
export const log1pExp = (x: TensorLike): Tensor => scalar('softplus', x)

type Name = 'exp' | 'expm1' | 'log' | 'log1p' | 'sqrt' | 'sigmoid' | 'tanh' | 'erf' | 'softplus'

export const exponentialCards: Readonly<Record<Name, ScalarCard>> = {
  exp: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.exp(a),
    // eᵃ
    gradient: ({ output, upstream }) => [mul(upstream, output)],
  },
  expm1: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.expm1(a),
    // eᵃ
    gradient: ({ output, upstream }) => [mul(upstream, add(output, 1))],
  },
  log: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.log(a),
    // 1/a
    gradient: ({ inputs: [a], upstream }) => [div(upstream, a!)],
  },
  log1p: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.log1p(a),
    // 1/(1 + a)
    gradient: ({ inputs: [a], upstream }) => [div(upstream, add(a!, 1))],
  },
  sqrt: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.sqrt(a),
    // 1/(2√a)
    gradient: ({ output, upstream }) => [div(upstream, mul(output, 2))],
  },
  sigmoid: {
    arity: 1,
    result: 'float',
    evaluate: (a) => logistic(a),
    // s·(1 − s)
    gradient: ({ output, upstream }) => [mul(upstream, mul(output, sub(1, output)))],
  },
  tanh: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.tanh(a),
    // 1 − tanh²a
    gradient: ({ output, upstream }) => [mul(upstream, sub(1, square(output)))],
  },
  erf: {
    arity: 1,
    result: 'float',
    evaluate: (a) => errorFunction(a),
    // 2/√π · e^(−a²)
    gradient: ({ inputs: [a], upstream }) => [
      mul(upstream, mul(exp(neg(square(a!))), 2 / Math.sqrt(Math.PI))),
    ],
  },
  softplus: {
    arity: 1,
    result: 'float',
    evaluate: (a) => softplusOf(a),
    // 1/(1 + e⁻ᵃ)
    gradient: ({ inputs: [a], upstream }) => [mul(upstream, sigmoid(a!))],
  },
}
