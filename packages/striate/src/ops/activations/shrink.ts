/** Shrinkage: values near 0 become 0, or nearly. */
import { rejectUnknown } from '../../options.ts'
import { requireTensor } from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { abs, mul, sign, sub } from '../elementwise/arithmetic.ts'
import { lessEqual, where } from '../elementwise/comparison.ts'
import { tanh } from '../elementwise/exponential.ts'
import { numberOption } from '../numberOption.ts'

export interface ShrinkOptions {
  /** Up to this distance from 0, included, the result is 0. 0.5 by default. */
  readonly lambda?: number
}

/**
 * `x` farther than `lambda` from 0, else 0; NaN stays.
 *
 * @throws StriateError for unknown options or a negative lambda.
 * @example
 * ```ts
 * import { hardshrink, tensor } from 'striate'
 * await hardshrink(tensor([-2, 0.5, 1])).array() // => [-2, 0, 1]
 * ```
 */
export function hardshrink(x: Tensor, options: ShrinkOptions = {}): Tensor {
  requireTensor('hardshrink', 'x', x)
  rejectUnknown('hardshrink', options, ['lambda'])
  const lambda = numberOption('hardshrink', 'lambda', options.lambda, 0.5, { least: 0 })
  return where(lessEqual(abs(x), lambda), 0, x)
}

export interface SoftshrinkOptions extends ShrinkOptions {
  /** By how much the others move towards 0. `lambda` by default (ONNX's Shrink has it apart). */
  readonly bias?: number
}

/**
 * `x − bias` above `lambda`, `x + bias` below `−lambda`, else 0; `bias` is `lambda` unless given.
 *
 * @throws StriateError for unknown options or a negative lambda.
 * @example
 * ```ts
 * import { softshrink, tensor } from 'striate'
 * await softshrink(tensor([-2, 0.5, 1])).array() // => [-1.5, 0, 0.5]
 * ```
 * @see Donoho, "De-noising by soft-thresholding" (1995).
 */
export function softshrink(x: Tensor, options: SoftshrinkOptions = {}): Tensor {
  requireTensor('softshrink', 'x', x)
  rejectUnknown('softshrink', options, ['lambda', 'bias'])
  const lambda = numberOption('softshrink', 'lambda', options.lambda, 0.5, { least: 0 })
  const bias = numberOption('softshrink', 'bias', options.bias, lambda)
  return where(lessEqual(abs(x), lambda), 0, sub(x, mul(sign(x), bias)))
}

/**
 * `x − tanh(x)`, element by element.
 *
 * @throws StriateError if `x` is no tensor.
 * @example
 * ```ts
 * import { tanhshrink, tensor } from 'striate'
 * await tanhshrink(tensor([0, 100])).array() // => [0, 99]
 * ```
 */
export function tanhshrink(x: Tensor): Tensor {
  requireTensor('tanhshrink', 'x', x)
  return sub(x, tanh(x))
}
