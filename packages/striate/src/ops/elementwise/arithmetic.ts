/** Sums, products, powers and extremes of two tensors, with broadcasting. */
import { apply, requireTensor } from '../../tensor/build.ts'
import { type DType, isFloat } from '../../tensor/dtype.ts'
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import { elementwise, type ScalarCard } from '../primitive/elementwise.ts'
import { scalar } from './build.ts'
import { equal, greater, less, where } from './comparison.ts'
import { log } from './exponential.ts'

/**
 * `x + y`, broadcast (NumPy's rule).
 *
 * @example
 * ```ts
 * import { add, tensor } from 'striate'
 * await add(tensor([1, 2]), tensor([[10], [20]])).array() // => [[11, 12], [21, 22]]
 * ```
 */
export const add = (x: TensorLike, y: TensorLike): Tensor => scalar('add', x, y)

/**
 * `x − y`, broadcast.
 *
 * @example
 * ```ts
 * import { sub, tensor } from 'striate'
 * await sub(tensor([3, 2]), 1).array() // => [2, 1]
 * ```
 */
export const sub = (x: TensorLike, y: TensorLike): Tensor => scalar('sub', x, y)

/**
 * `x · y`, element by element, broadcast.
 *
 * @example
 * ```ts
 * import { mul, tensor } from 'striate'
 * await mul(tensor([1, 2]), tensor([3, 4])).array() // => [3, 8]
 * ```
 */
export const mul = (x: TensorLike, y: TensorLike): Tensor => scalar('mul', x, y)

/**
 * `x / y`, broadcast; whole numbers divide to float32.
 *
 * @example
 * ```ts
 * import { div, tensor } from 'striate'
 * await div(tensor([1, 2]), 4).array() // => [0.25, 0.5]
 * ```
 */
export const div = (x: TensorLike, y: TensorLike): Tensor => scalar('div', x, y)

/**
 * `x` to the power `y`, broadcast.
 *
 * @example
 * ```ts
 * import { pow, tensor } from 'striate'
 * await pow(tensor([1, 2, 3]), 2).array() // => [1, 4, 9]
 * ```
 */
export const pow = (x: TensorLike, y: TensorLike): Tensor => scalar('pow', x, y)

/**
 * The remainder of `x / y` with the sign of `y` (PyTorch's `remainder`).
 *
 * @example
 * ```ts
 * import { mod, tensor } from 'striate'
 * await mod(tensor([5, -5]), 3).array() // => [2, 1]
 * ```
 */
export const mod = (x: TensorLike, y: TensorLike): Tensor => scalar('mod', x, y)

/**
 * The larger of both; NaN if either is. At ties the gradient is shared evenly.
 *
 * @example
 * ```ts
 * import { maximum, tensor } from 'striate'
 * await maximum(tensor([-1, 2]), 0).array() // => [0, 2]
 * ```
 */
export const maximum = (x: TensorLike, y: TensorLike): Tensor => scalar('maximum', x, y)

/**
 * The smaller of both; NaN if either is. At ties the gradient is shared evenly.
 *
 * @example
 * ```ts
 * import { minimum, tensor } from 'striate'
 * await minimum(tensor([-1, 2]), 0).array() // => [-1, 0]
 * ```
 */
export const minimum = (x: TensorLike, y: TensorLike): Tensor => scalar('minimum', x, y)

/**
 * `−x`.
 *
 * @example
 * ```ts
 * import { neg, tensor } from 'striate'
 * await neg(tensor([1, -2])).array() // => [-1, 2]
 * ```
 */
export const neg = (x: TensorLike): Tensor => scalar('neg', x)

/**
 * `|x|`; the gradient at 0 is 0.
 *
 * @example
 * ```ts
 * import { abs, tensor } from 'striate'
 * await abs(tensor([1, -2])).array() // => [1, 2]
 * ```
 */
export const abs = (x: TensorLike): Tensor => scalar('abs', x)

/**
 * −1, 0 or 1.
 *
 * @example
 * ```ts
 * import { sign, tensor } from 'striate'
 * await sign(tensor([-3, 0, 5])).array() // => [-1, 0, 1]
 * ```
 */
export const sign = (x: TensorLike): Tensor => scalar('sign', x)

/**
 * `1 / x`.
 *
 * @example
 * ```ts
 * import { reciprocal, tensor } from 'striate'
 * await reciprocal(tensor([2, 4])).array() // => [0.5, 0.25]
 * ```
 */
export const reciprocal = (x: TensorLike): Tensor => scalar('reciprocal', x)

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
  return x.dtype === dtype ? x : apply(elementwise, [x], { function: 'copy', dtype })
}

/** The larger (`side` greater) or smaller share of an extreme, split evenly at ties. */
const share = (x: Tensor, y: Tensor, upstream: Tensor, wins: typeof greater): Tensor =>
  where(equal(x, y), mul(upstream, 0.5), where(wins(x, y), upstream, 0))

type Name =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'mod'
  | 'maximum'
  | 'minimum'
  | 'neg'
  | 'abs'
  | 'sign'
  | 'reciprocal'
  | 'copy'

export const arithmeticCards: Readonly<Record<Name, ScalarCard>> = {
  add: {
    arity: 2,
    result: 'same',
    evaluate: (a, b) => a + b,
    gradient: ({ upstream }) => [upstream, upstream],
  },
  sub: {
    arity: 2,
    result: 'same',
    evaluate: (a, b) => a - b,
    gradient: ({ upstream, wanted }) => [upstream, wanted[1] ? neg(upstream) : null],
  },
  mul: {
    arity: 2,
    result: 'same',
    evaluate: (a, b) => a * b,
    gradient: ({ inputs: [a, b], upstream, wanted }) => [
      wanted[0] ? mul(upstream, b!) : null,
      wanted[1] ? mul(upstream, a!) : null,
    ],
  },
  div: {
    arity: 2,
    result: 'float',
    evaluate: (a, b) => a / b,
    gradient: ({ inputs: [, b], output, upstream, wanted }) => [
      wanted[0] ? div(upstream, b!) : null,
      wanted[1] ? neg(div(mul(upstream, output), b!)) : null,
    ],
  },
  pow: {
    arity: 2,
    result: 'same',
    evaluate: (a, b) => (a === 1 || b === 0 ? 1 : a ** b),
    // d/da = b·a^(b−1), 0 where b = 0; d/db = a^b·ln a, 0 where a = 0 and b ≥ 0
    gradient: ({ inputs: [a, b], output, upstream, wanted }) => [
      wanted[0] ? where(equal(b!, 0), 0, mul(upstream, mul(b!, pow(a!, sub(b!, 1))))) : null,
      wanted[1] ? where(equal(output, 0), 0, mul(upstream, mul(output, log(a!)))) : null,
    ],
  },
  mod: {
    arity: 2,
    result: 'same',
    evaluate: (a, b) => {
      const rest = a % b
      return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
    },
    // x mod y = x − y·⌊x/y⌋
    gradient: ({ inputs: [a, b], output, upstream, wanted }) => [
      upstream,
      wanted[1] ? mul(upstream, div(sub(output, a!), b!)) : null,
    ],
  },
  maximum: {
    arity: 2,
    result: 'same',
    evaluate: (a, b) => Math.max(a, b),
    gradient: ({ inputs: [a, b], upstream, wanted }) => [
      wanted[0] ? share(a!, b!, upstream, greater) : null,
      wanted[1] ? share(b!, a!, upstream, greater) : null,
    ],
  },
  minimum: {
    arity: 2,
    result: 'same',
    evaluate: (a, b) => Math.min(a, b),
    gradient: ({ inputs: [a, b], upstream, wanted }) => [
      wanted[0] ? share(a!, b!, upstream, less) : null,
      wanted[1] ? share(b!, a!, upstream, less) : null,
    ],
  },
  neg: {
    arity: 1,
    result: 'same',
    evaluate: (a) => -a,
    gradient: ({ upstream }) => [neg(upstream)],
  },
  abs: {
    arity: 1,
    result: 'same',
    evaluate: (a) => Math.abs(a),
    gradient: ({ inputs: [a], upstream }) => [mul(upstream, sign(a!))],
  },
  sign: { arity: 1, result: 'same', evaluate: (a) => Math.sign(a), gradient: () => [null] },
  reciprocal: {
    arity: 1,
    result: 'float',
    evaluate: (a) => 1 / a,
    gradient: ({ output, upstream }) => [neg(mul(upstream, mul(output, output)))],
  },
  copy: {
    arity: 1,
    result: 'same',
    evaluate: (a) => a,
    gradient: ({ inputs: [a], upstream }) => [isFloat(a!.dtype) ? cast(upstream, a!.dtype) : null],
  },
}
