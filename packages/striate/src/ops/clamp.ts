/** Keeps values between two bounds. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { asTensor, requireTensor } from '../tensor/build.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { greater, less, where } from './elementwise/comparison.ts'
import { numberOption } from './numberOption.ts'

export interface ClampOptions {
  /** Smaller values become this one. No bound by default. */
  readonly min?: number
  /** Larger values become this one. No bound by default. */
  readonly max?: number
}

/**
 * `min(max(x, options.min), options.max)`, of the shape of `x`; NaN stays. The gradient passes from
 * bound to bound, both included, as in PyTorch.
 *
 * @throws StriateError if a bound is no number, or `min` is above `max`.
 * @example
 * ```ts
 * import { clamp, tensor } from 'striate'
 * await clamp(tensor([-2, 0.5, 9]), { min: 0, max: 1 }).array() // => [0, 0.5, 1]
 * ```
 */
export function clamp(x: Tensor, options: ClampOptions): Tensor {
  const op = 'clamp'
  requireTensor(op, 'x', x)
  rejectUnknown(op, options, ['min', 'max'])
  const low = numberOption(op, 'min', options.min, Number.NEGATIVE_INFINITY)
  const high = numberOption(op, 'max', options.max, Number.POSITIVE_INFINITY)
  if (low > high) {
    fail({
      op,
      argument: 'min',
      got: `${describe(low)} and max ${describe(high)}`,
      needs: 'must not be above max',
    })
  }
  const bound = (value: number): Tensor => asTensor(op, 'x', value, x.dtype)
  const raised = options.min === undefined ? x : where(less(x, low), bound(low), x)
  return options.max === undefined ? raised : where(greater(x, high), bound(high), raised)
}
