/** Tensors made of a rule instead of values: constants, ranges, the unit matrix. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from './build.ts'
import { allocate, type DType } from './dtype.ts'
import { sizeOf } from './shape.ts'
import { checkShape, fromData, type Tensor } from './tensor.ts'

export interface CreateOptions {
  /** Element type. `'float32'` by default (for `…Like` that of the model). */
  readonly dtype?: DType
}

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8']

function checkDType(op: string, options: CreateOptions, fallback: DType): DType {
  rejectUnknown(op, options, ['dtype'])
  const { dtype = fallback } = options
  if (!dtypes.includes(dtype)) {
    fail({
      op,
      argument: 'dtype',
      got: describe(dtype),
      needs: "must be 'float32', 'float64', 'int32' or 'uint8'",
    })
  }
  return dtype
}

function checkNumber(op: string, argument: string, value: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value))
    fail({ op, argument, got: describe(value), needs: 'must be a finite number' })
}

function make(
  dtype: DType,
  shape: readonly number[],
  element: number | ((i: number) => number),
): Tensor {
  const data = allocate(dtype, sizeOf(shape))
  if (typeof element === 'number') data.fill(element)
  else for (let i = 0; i < data.length; i++) data[i] = element(i)
  return fromData(data, shape, dtype)
}

/**
 * A tensor of `shape` whose every element is `value`.
 *
 * @throws StriateError if `shape` is not a list of whole numbers, or `value` no number.
 * @example
 * ```ts
 * import { full } from 'striate'
 * await full([2, 2], 7).array() // => [[7, 7], [7, 7]]
 * ```
 */
export function full(shape: readonly number[], value: number, options: CreateOptions = {}): Tensor {
  if (typeof value !== 'number')
    fail({ op: 'full', argument: 'value', got: describe(value), needs: 'must be a number' })
  return make(checkDType('full', options, 'float32'), checkShape('full', shape), value)
}

/**
 * Zeros of `shape`.
 *
 * @throws StriateError if `shape` is not a list of whole numbers.
 * @example
 * ```ts
 * import { zeros } from 'striate'
 * await zeros([3]).array() // => [0, 0, 0]
 * ```
 */
export const zeros = (shape: readonly number[], options: CreateOptions = {}): Tensor =>
  make(checkDType('zeros', options, 'float32'), checkShape('zeros', shape), 0)

/**
 * Ones of `shape`.
 *
 * @throws StriateError if `shape` is not a list of whole numbers.
 * @example
 * ```ts
 * import { ones } from 'striate'
 * await ones([1, 2]).array() // => [[1, 1]]
 * ```
 */
export const ones = (shape: readonly number[], options: CreateOptions = {}): Tensor =>
  make(checkDType('ones', options, 'float32'), checkShape('ones', shape), 1)

/** Zeros of the shape and, unless another is asked for, the element type of `model`. */
export function zerosLike(model: Tensor, options: CreateOptions = {}): Tensor {
  requireTensor('zerosLike', 'model', model)
  return make(checkDType('zerosLike', options, model.dtype), model.shape, 0)
}

/** Ones of the shape and, unless another is asked for, the element type of `model`. */
export function onesLike(model: Tensor, options: CreateOptions = {}): Tensor {
  requireTensor('onesLike', 'model', model)
  return make(checkDType('onesLike', options, model.dtype), model.shape, 1)
}

/**
 * `start`, `start + step`, … up to, not including, `end`; with one number from 0 up to it.
 *
 * @throws StriateError if a bound is not finite, or the step is 0 or leads away from `end`.
 * @example
 * ```ts
 * import { arange } from 'striate'
 * await arange(4).array() // => [0, 1, 2, 3]
 * await arange(5, 0, -2).array() // => [5, 3, 1]
 * ```
 */
export function arange(
  start: number,
  end?: number,
  step: number = 1,
  options: CreateOptions = {},
): Tensor {
  const op = 'arange'
  const [from, to] = end === undefined ? [0, start] : [start, end]
  checkNumber(op, 'start', from)
  checkNumber(op, 'end', to)
  checkNumber(op, 'step', step)
  const dtype = checkDType(op, options, 'float32')
  const count = Math.ceil((to - from) / step)
  if (step === 0 || count < 0) {
    fail({
      op,
      argument: 'step',
      got: `${step} from ${from} to ${to}`,
      needs: step === 0 ? 'must not be 0' : 'must lead from start to end',
    })
  }
  return make(dtype, [count], (i) => from + i * step)
}

/**
 * `steps` numbers at equal distances from `start` to `end`, both included.
 *
 * @throws StriateError if a bound is not finite, or `steps` not a whole number of at least 1.
 * @example
 * ```ts
 * import { linspace } from 'striate'
 * await linspace(0, 1, 5).array() // => [0, 0.25, 0.5, 0.75, 1]
 * ```
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: CreateOptions = {},
): Tensor {
  const op = 'linspace'
  checkNumber(op, 'start', start)
  checkNumber(op, 'end', end)
  if (!Number.isSafeInteger(steps) || steps < 1) {
    const needs = 'must be a whole number of at least 1'
    fail({ op, argument: 'steps', got: describe(steps), needs })
  }
  const dtype = checkDType(op, options, 'float32')
  const step = steps === 1 ? 0 : (end - start) / (steps - 1)
  return make(dtype, [steps], (i) => (i > 0 && i === steps - 1 ? end : start + i * step))
}

/**
 * The unit matrix: `rows` by `columns` (as many by default), 1 where both indices agree.
 *
 * @throws StriateError if a size is not a whole number.
 * @example
 * ```ts
 * import { eye } from 'striate'
 * await eye(2, 3).array() // => [[1, 0, 0], [0, 1, 0]]
 * ```
 */
export function eye(rows: number, columns: number = rows, options: CreateOptions = {}): Tensor {
  const dtype = checkDType('eye', options, 'float32')
  const shape = checkShape('eye', [rows, columns])
  return make(dtype, shape, (i) => (Math.floor(i / columns) === i % columns ? 1 : 0))
}
