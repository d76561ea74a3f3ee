/** Circular and hyperbolic functions and their inverses; angles are in radians. */
import * as hyperbolic from '../../engine/wasm/kernels/elementwise/hyperbolic.ts'
import * as circular from '../../engine/wasm/kernels/elementwise/trigonometric.ts'
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import type { ScalarCard } from '../primitive/elementwise.ts'
import { scalar } from './build.ts'
import { real } from './results.ts'

/**
 * The sine.
 *
 * @example
 * ```ts
 * import { sin, tensor } from 'striate'
 * await sin(tensor([0, Math.PI / 2])).array() // => [0, 1]
 * ```
 */
export const sin = (x: TensorLike): Tensor => scalar(sinCard, x)

/**
 * The cosine.
 *
 * @example
 * ```ts
 * import { cos, tensor } from 'striate'
 * await cos(tensor([0, Math.PI])).array() // => [1, -1]
 * ```
 */
export const cos = (x: TensorLike): Tensor => scalar(cosCard, x)

/**
 * The tangent.
 *
 * @example
 * ```ts
 * import { tan, tensor } from 'striate'
 * await tan(tensor([0, Math.PI / 4])).array() // => [0, 1]
 * ```
 */
export const tan = (x: TensorLike): Tensor => scalar(tanCard, x)

/**
 * The angle in [−π/2, π/2] whose sine is `x`; NaN outside [−1, 1].
 *
 * @example
 * ```ts
 * import { asin, tensor } from 'striate'
 * await asin(tensor([0, 1])).array() // => [0, Math.PI / 2]
 * ```
 */
export const asin = (x: TensorLike): Tensor => scalar(asinCard, x)

/**
 * The angle in [0, π] whose cosine is `x`; NaN outside [−1, 1].
 *
 * @example
 * ```ts
 * import { acos, tensor } from 'striate'
 * await acos(tensor([1, -1])).array() // => [0, Math.PI]
 * ```
 */
export const acos = (x: TensorLike): Tensor => scalar(acosCard, x)

/**
 * The angle in (−π/2, π/2) whose tangent is `x`.
 *
 * @example
 * ```ts
 * import { atan, tensor } from 'striate'
 * await atan(tensor([0, 1])).array() // => [0, Math.PI / 4]
 * ```
 */
export const atan = (x: TensorLike): Tensor => scalar(atanCard, x)

/**
 * The hyperbolic sine.
 *
 * @example
 * ```ts
 * import { sinh, tensor } from 'striate'
 * await sinh(tensor([0, Math.log(2)])).array() // => [0, 0.75]
 * ```
 */
export const sinh = (x: TensorLike): Tensor => scalar(sinhCard, x)

/**
 * The hyperbolic cosine.
 *
 * @example
 * ```ts
 * import { cosh, tensor } from 'striate'
 * await cosh(tensor([0, Math.log(2)])).array() // => [1, 1.25]
 * ```
 */
export const cosh = (x: TensorLike): Tensor => scalar(coshCard, x)

/**
 * The inverse of {@link sinh}.
 *
 * @example
 * ```ts
 * import { asinh, tensor } from 'striate'
 * await asinh(tensor([0, 0.75])).array() // => [0, Math.LN2]
 * ```
 */
export const asinh = (x: TensorLike): Tensor => scalar(asinhCard, x)

/**
 * The inverse of {@link cosh}; NaN below 1.
 *
 * @example
 * ```ts
 * import { acosh, tensor } from 'striate'
 * await acosh(tensor([1, 1.25])).array() // => [0, Math.LN2]
 * ```
 */
export const acosh = (x: TensorLike): Tensor => scalar(acoshCard, x)

/**
 * The inverse of the hyperbolic tangent; NaN outside [−1, 1].
 *
 * @example
 * ```ts
 * import { atanh, tensor } from 'striate'
 * await atanh(tensor([0, 0.6])).array() // => [0, Math.LN2]
 * ```
 */
export const atanh = (x: TensorLike): Tensor => scalar(atanhCard, x)

/**
 * The angle in [−π, π] of the point whose abscissa is `x` and whose ordinate is `y`, broadcast.
 *
 * @example
 * ```ts
 * import { atan2, tensor } from 'striate'
 * await atan2(tensor([0, 0]), tensor([1, 2])).array() // => [0, 0]
 * ```
 */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor => scalar(atan2Card, y, x)

const sinCard: ScalarCard = {
  function: 'sin',
  result: real,
  evaluate: (a) => Math.sin(a),
  formulas: () => ({ f32: circular.sin }),
}

const cosCard: ScalarCard = {
  function: 'cos',
  result: real,
  evaluate: (a) => Math.cos(a),
  formulas: () => ({ f32: circular.cos }),
}

const tanCard: ScalarCard = {
  function: 'tan',
  result: real,
  evaluate: (a) => Math.tan(a),
  formulas: () => ({ f32: circular.tan }),
}

const asinCard: ScalarCard = {
  function: 'asin',
  result: real,
  evaluate: (a) => Math.asin(a),
  formulas: () => ({ f32: circular.asin }),
}

const acosCard: ScalarCard = {
  function: 'acos',
  result: real,
  evaluate: (a) => Math.acos(a),
  formulas: () => ({ f32: circular.acos }),
}

const atanCard: ScalarCard = {
  function: 'atan',
  result: real,
  evaluate: (a) => Math.atan(a),
  formulas: () => ({ f32: circular.atan }),
}

const sinhCard: ScalarCard = {
  function: 'sinh',
  result: real,
  evaluate: (a) => Math.sinh(a),
  formulas: () => ({ f32: hyperbolic.sinh }),
}

const coshCard: ScalarCard = {
  function: 'cosh',
  result: real,
  evaluate: (a) => Math.cosh(a),
  formulas: () => ({ f32: hyperbolic.cosh }),
}

const asinhCard: ScalarCard = {
  function: 'asinh',
  result: real,
  evaluate: (a) => Math.asinh(a),
  formulas: () => ({ f32: hyperbolic.asinh }),
}

const acoshCard: ScalarCard = {
  function: 'acosh',
  result: real,
  evaluate: (a) => Math.acosh(a),
  formulas: () => ({ f32: hyperbolic.acosh }),
}

const atanhCard: ScalarCard = {
  function: 'atanh',
  result: real,
  evaluate: (a) => Math.atanh(a),
  formulas: () => ({ f32: hyperbolic.atanh }),
}

const atan2Card: ScalarCard = {
  function: 'atan2',
  result: real,
  evaluate: (a, b) => Math.atan2(a, b),
  formulas: () => ({ f32: circular.atan2 }),
}
