/** Circular and hyperbolic functions and their inverses; angles are in radians. */
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import type { ScalarCard } from '../primitive/elementwise.ts'
import { add, div, mul, neg, square, sub } from './arithmetic.ts'
import { scalar } from './build.ts'
import { sqrt } from './exponential.ts'

/**
 * The sine.
 *
 * @example
 * ```ts
 * import { sin, tensor } from 'striate'
 * await sin(tensor([0, Math.PI / 2])).array() // => [0, 1]
 * ```
 */
export const sin = (x: TensorLike): Tensor => scalar('sin', x)

/**
 * The cosine.
 *
 * @example
 * ```ts
 * import { cos, tensor } from 'striate'
 * await cos(tensor([0, Math.PI])).array() // => [1, -1]
 * ```
 */
export const cos = (x: TensorLike): Tensor => scalar('cos', x)

/**
 * The tangent.
 *
 * @example
 * ```ts
 * import { tan, tensor } from 'striate'
 * await tan(tensor([0, Math.PI / 4])).array() // => [0, 1]
 * ```
 */
export const tan = (x: TensorLike): Tensor => scalar('tan', x)

/**
 * The angle in [−π/2, π/2] whose sine is `x`; NaN outside [−1, 1].
 *
 * @example
 * ```ts
 * import { asin, tensor } from 'striate'
 * await asin(tensor([0, 1])).array() // => [0, Math.PI / 2]
 * ```
 */
export const asin = (x: TensorLike): Tensor => scalar('asin', x)

/**
 * The angle in [0, π] whose cosine is `x`; NaN outside [−1, 1].
 *
 * @example
 * ```ts
 * import { acos, tensor } from 'striate'
 * await acos(tensor([1, -1])).array() // => [0, Math.PI]
 * ```
 */
export const acos = (x: TensorLike): Tensor => scalar('acos', x)

/**
 * The angle in (−π/2, π/2) whose tangent is `x`.
 *
 * @example
 * ```ts
 * import { atan, tensor } from 'striate'
 * await atan(tensor([0, 1])).array() // => [0, Math.PI / 4]
 * ```
 */
export const atan = (x: TensorLike): Tensor => scalar('atan', x)

/**
 * The hyperbolic sine.
 *
 * @example
 * ```ts
 * import { sinh, tensor } from 'striate'
 * await sinh(tensor([0, Math.log(2)])).array() // => [0, 0.75]
 * ```
 */
export const sinh = (x: TensorLike): Tensor => scalar('sinh', x)

/**
 * The hyperbolic cosine.
 *
 * @example
 * ```ts
 * import { cosh, tensor } from 'striate'
 * await cosh(tensor([0, Math.log(2)])).array() // => [1, 1.25]
 * ```
 */
export const cosh = (x: TensorLike): Tensor => scalar('cosh', x)

/**
 * The inverse of {@link sinh}.
 *
 * @example
 * ```ts
 * import { asinh, tensor } from 'striate'
 * await asinh(tensor([0, 0.75])).array() // => [0, Math.LN2]
 * ```
 */
export const asinh = (x: TensorLike): Tensor => scalar('asinh', x)

/**
 * The inverse of {@link cosh}; NaN below 1.
 *
 * @example
 * ```ts
 * import { acosh, tensor } from 'striate'
 * await acosh(tensor([1, 1.25])).array() // => [0, Math.LN2]
 * ```
 */
export const acosh = (x: TensorLike): Tensor => scalar('acosh', x)

/**
 * The inverse of the hyperbolic tangent; NaN outside [−1, 1].
 *
 * @example
 * ```ts
 * import { atanh, tensor } from 'striate'
 * await atanh(tensor([0, 0.6])).array() // => [0, Math.LN2]
 * ```
 */
export const atanh = (x: TensorLike): Tensor => scalar('atanh', x)

/**
 * The angle in [−π, π] of the point whose abscissa is `x` and whose ordinate is `y`, broadcast.
 *
 * @example
 * ```ts
 * import { atan2, tensor } from 'striate'
 * await atan2(tensor([0, 0]), tensor([1, 2])).array() // => [0, 0]
 * ```
 */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor => scalar('atan2', y, x)

type Name =
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'atan2'

export const trigonometricCards: Readonly<Record<Name, ScalarCard>> = {
  sin: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.sin(a),
    // cos a
    gradient: ({ inputs: [a], upstream }) => [mul(upstream, cos(a!))],
  },
  cos: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.cos(a),
    // −sin a
    gradient: ({ inputs: [a], upstream }) => [neg(mul(upstream, sin(a!)))],
  },
  tan: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.tan(a),
    // 1 + tan²a
    gradient: ({ output, upstream }) => [mul(upstream, add(square(output), 1))],
  },
  asin: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.asin(a),
    // 1/√(1 − a²)
    gradient: ({ inputs: [a], upstream }) => [div(upstream, sqrt(sub(1, square(a!))))],
  },
  acos: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.acos(a),
    // −1/√(1 − a²)
    gradient: ({ inputs: [a], upstream }) => [neg(div(upstream, sqrt(sub(1, square(a!)))))],
  },
  atan: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.atan(a),
    // 1/(1 + a²)
    gradient: ({ inputs: [a], upstream }) => [div(upstream, add(square(a!), 1))],
  },
  sinh: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.sinh(a),
    // cosh a
    gradient: ({ inputs: [a], upstream }) => [mul(upstream, cosh(a!))],
  },
  cosh: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.cosh(a),
    // sinh a
    gradient: ({ inputs: [a], upstream }) => [mul(upstream, sinh(a!))],
  },
  asinh: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.asinh(a),
    // 1/√(a² + 1)
    gradient: ({ inputs: [a], upstream }) => [div(upstream, sqrt(add(square(a!), 1)))],
  },
  acosh: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.acosh(a),
    // 1/√(a² − 1)
    gradient: ({ inputs: [a], upstream }) => [div(upstream, sqrt(sub(square(a!), 1)))],
  },
  atanh: {
    arity: 1,
    result: 'float',
    evaluate: (a) => Math.atanh(a),
    // 1/(1 − a²)
    gradient: ({ inputs: [a], upstream }) => [div(upstream, sub(1, square(a!)))],
  },
  atan2: {
    arity: 2,
    result: 'float',
    evaluate: (a, b) => Math.atan2(a, b),
    // d/da = b/(a² + b²); d/db = −a/(a² + b²)
    gradient: ({ inputs: [a, b], upstream, wanted }) => {
      const shared = div(upstream, add(square(a!), square(b!)))
      return [wanted[0] ? mul(shared, b!) : null, wanted[1] ? neg(mul(shared, a!)) : null]
    },
  },
}
