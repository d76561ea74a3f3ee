/** Rounding to whole numbers; no gradient passes (it is zero wherever it exists). */
import type { Tensor, TensorLike } from '../../tensor/tensor.ts'
import type { ScalarCard } from '../primitive/elementwise.ts'
import { scalar } from './build.ts'
import { promoted } from './results.ts'

/**
 * The largest whole number that is not above `x`.
 *
 * @example
 * ```ts
 * import { floor, tensor } from 'striate'
 * await floor(tensor([1.7, -1.2])).array() // => [1, -2]
 * ```
 */
export const floor = (x: TensorLike): Tensor => scalar(floorCard, x)

/**
 * The smallest whole number that is not below `x`.
 *
 * @example
 * ```ts
 * import { ceil, tensor } from 'striate'
 * await ceil(tensor([1.2, -1.7])).array() // => [2, -1]
 * ```
 */
export const ceil = (x: TensorLike): Tensor => scalar(ceilCard, x)

/**
 * The nearest whole number; halves go to the even neighbour (IEEE 754's rule, as in PyTorch and ONNX).
 *
 * @example
 * ```ts
 * import { round, tensor } from 'striate'
 * await round(tensor([0.5, 1.5, 2.5, -1.2])).array() // => [0, 2, 2, -1]
 * ```
 */
export const round = (x: TensorLike): Tensor => scalar(roundCard, x)

/**
 * `x` without its fraction.
 *
 * @example
 * ```ts
 * import { tensor, trunc } from 'striate'
 * await trunc(tensor([1.7, -1.7])).array() // => [1, -1]
 * ```
 */
export const trunc = (x: TensorLike): Tensor => scalar(truncCard, x)

/** A half lies between 2k and 2k ± 1: halving makes it a quarter, which rounds to k. */
const roundHalfToEven = (a: number): number =>
  Math.abs(a % 1) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a)

const floorCard: ScalarCard = {
  function: 'floor',
  result: promoted,
  evaluate: (a) => Math.floor(a),
}

const ceilCard: ScalarCard = { function: 'ceil', result: promoted, evaluate: (a) => Math.ceil(a) }

const roundCard: ScalarCard = { function: 'round', result: promoted, evaluate: roundHalfToEven }

const truncCard: ScalarCard = {
  function: 'trunc',
  result: promoted,
  evaluate: (a) => Math.trunc(a),
}
