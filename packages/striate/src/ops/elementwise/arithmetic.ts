/** Sums, products, powers and extremes of two tensors, with broadcasting. */
import { integerMod } from '../../engine/wasm/kernels/elementwise/integers.ts'
import * as special from '../../engine/wasm/kernels/elementwise/special.ts'
import { apply, requireTensor } from '../../tensor/build.ts'
import { type DType, isFloat } from '../../tensor/dtype.ts'
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import { toReal } from '../primitive/conversion.ts'
import { elementwise, type ScalarCard } from '../primitive/elementwise.ts'
import { scalar } from './build.ts'
import { copyCard } from './copy.ts'
import { promoted, real } from './results.ts'

/**
 * `x + y`, broadcast (NumPy's rule).
 *
 * @example
 * ```ts
 * import { add, tensor } from 'striate'
 * await add(tensor([1, 2]), tensor([[10], [20]])).array() // => [[11, 12], [21, 22]]
 * ```
 */
export const add = (x: TensorLike, y: TensorLike): Tensor => scalar(addCard, x, y)

/**
 * `x − y`, broadcast.
 *
 * @example
 * ```ts
 * import { sub, tensor } from 'striate'
 * await sub(tensor([3, 2]), 1).array() // => [2, 1]
 * ```
 */
export const sub = (x: TensorLike, y: TensorLike): Tensor => scalar(subCard, x, y)

/**
 * `x · y`, element by element, broadcast.
 *
 * @example
 * ```ts
 * import { mul, tensor } from 'striate'
 * await mul(tensor([1, 2]), tensor([3, 4])).array() // => [3, 8]
 * ```
 */
export const mul = (x: TensorLike, y: TensorLike): Tensor => scalar(mulCard, x, y)

/**
 * `x / y`, broadcast; whole numbers divide to float32.
 *
 * @example
 * ```ts
 * import { div, tensor } from 'striate'
 * await div(tensor([1, 2]), 4).array() // => [0.25, 0.5]
 * ```
 */
export const div = (x: TensorLike, y: TensorLike): Tensor => scalar(divCard, x, y)

/**
 * `x` to the power `y`, broadcast.
 *
 * @example
 * ```ts
 * import { pow, tensor } from 'striate'
 * await pow(tensor([1, 2, 3]), 2).array() // => [1, 4, 9]
 * ```
 */
export const pow = (x: TensorLike, y: TensorLike): Tensor => scalar(powCard, x, y)

/**
 * The remainder of `x / y` with the sign of `y` (PyTorch's `remainder`).
 *
 * @example
 * ```ts
 * import { mod, tensor } from 'striate'
 * await mod(tensor([5, -5]), 3).array() // => [2, 1]
 * ```
 */
export const mod = (x: TensorLike, y: TensorLike): Tensor => scalar(modCard, x, y)

/**
 * The larger of both; NaN if either is. At ties the gradient is shared evenly.
 *
 * @example
 * ```ts
 * import { maximum, tensor } from 'striate'
 * await maximum(tensor([-1, 2]), 0).array() // => [0, 2]
 * ```
 */
export const maximum = (x: TensorLike, y: TensorLike): Tensor => scalar(maximumCard, x, y)

/**
 * The smaller of both; NaN if either is. At ties the gradient is shared evenly.
 *
 * @example
 * ```ts
 * import { minimum, tensor } from 'striate'
 * await minimum(tensor([-1, 2]), 0).array() // => [-1, 0]
 * ```
 */
export const minimum = (x: TensorLike, y: TensorLike): Tensor => scalar(minimumCard, x, y)

/**
 * `−x`.
 *
 * @example
 * ```ts
 * import { neg, tensor } from 'striate'
 * await neg(tensor([1, -2])).array() // => [-1, 2]
 * ```
 */
export const neg = (x: TensorLike): Tensor => scalar(negCard, x)

/**
 * `|x|`; the gradient at 0 is 0.
 *
 * @example
 * ```ts
 * import { abs, tensor } from 'striate'
 * await abs(tensor([1, -2])).array() // => [1, 2]
 * ```
 */
export const abs = (x: TensorLike): Tensor => scalar(absCard, x)

/**
 * −1, 0 or 1.
 *
 * @example
 * ```ts
 * import { sign, tensor } from 'striate'
 * await sign(tensor([-3, 0, 5])).array() // => [-1, 0, 1]
 * ```
 */
export const sign = (x: TensorLike): Tensor => scalar(signCard, x)

/**
 * `1 / x`.
 *
 * @example
 * ```ts
 * import { reciprocal, tensor } from 'striate'
 * await reciprocal(tensor([2, 4])).array() // => [0.5, 0.25]
 * ```
 */
export const reciprocal = (x: TensorLike): Tensor => scalar(reciprocalCard, x)

/**
 * `x²`.
 *
 * @example
 * ```ts
 * import { square, tensor } from 'striate'
 * await square(tensor([2, -3])).array() // => [4, 9]
 * ```
 */
export const square = (x: TensorLike): Tensor => mul(x, x)

/**
 * The same values as another element type; real numbers lose their fraction on the way to whole ones.
 *
 * @example
 * ```ts
 * import { cast, tensor } from 'striate'
 * await cast(tensor([1.7, -1.7]), 'int32').array() // => [1, -1]
 * ```
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  requireTensor('cast', 'x', x)
  if (isFloat(dtype)) return toReal(x, dtype)
  return x.dtype === dtype ? x : apply(elementwise, [x], { ...copyCard, dtype })
}

const addCard: ScalarCard = { function: 'add', result: promoted, evaluate: (a, b) => a + b }

const subCard: ScalarCard = { function: 'sub', result: promoted, evaluate: (a, b) => a - b }

const mulCard: ScalarCard = { function: 'mul', result: promoted, evaluate: (a, b) => a * b }

const divCard: ScalarCard = { function: 'div', result: real, evaluate: (a, b) => a / b }

const powCard: ScalarCard = {
  function: 'pow',
  result: promoted,
  evaluate: (a, b) => (a === 1 || b === 0 ? 1 : a ** b),
  formulas: () => ({ f32: special.pow }),
}

const modCard: ScalarCard = {
  function: 'mod',
  result: promoted,
  evaluate: (a, b) => {
    const rest = a % b
    return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
  },
  formulas: () => ({ f32: special.mod, i32: integerMod }),
}

const maximumCard: ScalarCard = {
  function: 'maximum',
  result: promoted,
  evaluate: (a, b) => Math.max(a, b),
}

const minimumCard: ScalarCard = {
  function: 'minimum',
  result: promoted,
  evaluate: (a, b) => Math.min(a, b),
}

const negCard: ScalarCard = { function: 'neg', result: promoted, evaluate: (a) => -a }

const absCard: ScalarCard = { function: 'abs', result: promoted, evaluate: (a) => Math.abs(a) }

const signCard: ScalarCard = { function: 'sign', result: promoted, evaluate: (a) => Math.sign(a) }

const reciprocalCard: ScalarCard = { function: 'reciprocal', result: real, evaluate: (a) => 1 / a }
