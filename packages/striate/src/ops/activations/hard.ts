/** Piecewise linear stand-ins for smooth activations. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { asTensor, requireTensor } from '../../tensor/build.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, mul } from '../elementwise/arithmetic.ts'
import { greaterEqual, lessEqual, where } from '../elementwise/comparison.ts'
import { numberOption } from '../numberOption.ts'

/**
 * `x · min(max(x + 3, 0), 6) / 6`, element by element. The gradient is 0 up to −3, 1 from 3 on.
 *
 * @throws StriateError if `x` is no tensor.
 * @example
 * ```ts
 * import { hardSwish, tensor } from 'striate'
 * await hardSwish(tensor([-4, 0, 1.5, 4])).array() // => [0, 0, 1.125, 4]
 * ```
 * @see Howard et al., "Searching for MobileNetV3" (2019).
 */
export function hardSwish(x: Tensor): Tensor {
  requireTensor('hardSwish', 'x', x)
  const middle = mul(x, mul(add(x, 3), 1 / 6))
  return where(lessEqual(x, -3), 0, where(greaterEqual(x, 3), x, middle))
}

export interface HardSigmoidOptions {
  /** The slope of the middle. 1/6 by default (PyTorch's; ONNX and older Keras have 0.2). */
  readonly alpha?: number
  /** The value at 0. 0.5 by default. */
  readonly beta?: number
}

/**
 * `min(max(alpha · x + beta, 0), 1)`, element by element. The gradient where it is 0 or 1 is 0.
 *
 * @throws StriateError for unknown options or constants that are no numbers.
 * @example
 * ```ts
 * import { hardSigmoid, tensor } from 'striate'
 * await hardSigmoid(tensor([-4, 0, 1.5, 4])).array() // => [0, 0.5, 0.75, 1]
 * ```
 * @see Courbariaux, Bengio, David, "BinaryConnect" (2015).
 */
export function hardSigmoid(x: Tensor, options: HardSigmoidOptions = {}): Tensor {
  requireTensor('hardSigmoid', 'x', x)
  rejectUnknown('hardSigmoid', options, ['alpha', 'beta'])
  const alpha = numberOption('hardSigmoid', 'alpha', options.alpha, 1 / 6)
  const beta = numberOption('hardSigmoid', 'beta', options.beta, 0.5)
  const line = add(mul(x, alpha), beta)
  return where(lessEqual(line, 0), 0, where(greaterEqual(line, 1), 1, line))
}

export interface HardTanhOptions {
  /** The lower bound. −1 by default. */
  readonly minVal?: number
  /** The upper bound. 1 by default. */
  readonly maxVal?: number
}

/**
 * `min(max(x, minVal), maxVal)`, element by element; NaN stays. The gradient at both bounds is 0
 * (that of {@link clamp} is 1 there, as in PyTorch).
 *
 * @throws StriateError for unknown options, or a lower bound that is not below the upper one.
 * @example
 * ```ts
 * import { hardTanh, tensor } from 'striate'
 * await hardTanh(tensor([-3, 0.5, 3])).array() // => [-1, 0.5, 1]
 * ```
 * @see Collobert, "Large scale machine learning" (2004).
 */
export function hardTanh(x: Tensor, options: HardTanhOptions = {}): Tensor {
  const op = 'hardTanh'
  requireTensor(op, 'x', x)
  rejectUnknown(op, options, ['minVal', 'maxVal'])
  const low = numberOption(op, 'minVal', options.minVal, -1)
  const high = numberOption(op, 'maxVal', options.maxVal, 1)
  if (low >= high) {
    fail({
      op,
      argument: 'minVal',
      got: `${describe(low)} and maxVal ${describe(high)}`,
      needs: 'must be below maxVal',
    })
  }
  const bound = (value: number): Tensor => asTensor(op, 'x', value, x.dtype)
  return where(lessEqual(x, low), bound(low), where(greaterEqual(x, high), bound(high), x))
}
