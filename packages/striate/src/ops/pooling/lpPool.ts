/** Lp pooling of any rank: the p-norm of each window. */
import { describe, fail } from '../../errors.ts'
import type { SizeArgument } from '../../geometry/padding.ts'
import { asFloat } from '../../tensor/dtype.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { cast, pow, square } from '../elementwise/arithmetic.ts'
import { equal, where } from '../elementwise/comparison.ts'
import { mapAxes } from '../mapAxes.ts'
import { alongSpace } from '../spatialArguments.ts'
import { type PoolOptions, poolWindows } from './windows.ts'

function build(
  op: string,
  rank: number | null,
  x: Tensor,
  normType: number,
  kernelSize: SizeArgument,
  options: PoolOptions,
): Tensor {
  if (!(Number.isFinite(normType) && normType > 0)) {
    const hint =
      normType === Number.POSITIVE_INFINITY ? { hint: 'maxPool(abs(x), …) is the limit' } : {}
    fail({
      op,
      argument: 'normType',
      got: describe(normType),
      needs: 'must be a finite number above 0',
      ...hint,
    })
  }
  const { maps, first } = poolWindows(op, rank, x, kernelSize, options)
  const real = cast(x, asFloat(x.dtype))
  const powers = normType === 1 ? real : normType === 2 ? square(real) : pow(real, normType)
  const totals = mapAxes(powers, alongSpace(first, maps))
  if (normType === 1) return totals
  // The root has no derivative at 0; there the gradient is set to 0, as PyTorch documents it.
  const isZero = equal(totals, 0)
  return where(isZero, 0, pow(where(isZero, 1, totals), 1 / normType))
}

/**
 * The p-norm of each window, `p = normType`:
 *
 *     y[n, c, o] = (Σ_k x[n, c, o·stride + k·dilation − padding]^p)^(1/p)
 *
 * `p = 1` is sum pooling. The power is of `x` itself, as in PyTorch, so an odd `p` keeps signs and a
 * negative sum has no root (NaN): `lpPool(abs(x), …)` is the norm in that case, and what ONNX calls
 * LpPool. Padding adds zeros; windows cut short by ceil mode sum the cells that they have.
 *
 * @throws StriateError for a `normType` that is not above 0, and for ranks, sizes or options that do
 * not fit.
 * @example
 * ```ts
 * import { lpPool, tensor } from 'striate'
 * const x = tensor([[[3, 4, 6, 8]]])
 * await lpPool(x, 2, 2).array() // => [[[5, 10]]]
 * await lpPool(x, 1, 2).array() // => [[[7, 14]]]
 * ```
 * @see PyTorch, `torch.nn.functional.lp_pool2d`.
 */
export const lpPool = (
  x: Tensor,
  normType: number,
  kernelSize: SizeArgument,
  options: PoolOptions = {},
): Tensor => build('lpPool', null, x, normType, kernelSize, options)

/** {@link lpPool} over one axis: `x` `[batch, channels, length]`. */
export const lpPool1d = (
  x: Tensor,
  normType: number,
  kernelSize: SizeArgument,
  options: PoolOptions = {},
): Tensor => build('lpPool1d', 1, x, normType, kernelSize, options)

/** {@link lpPool} over two axes: `x` `[batch, channels, height, width]`. */
export const lpPool2d = (
  x: Tensor,
  normType: number,
  kernelSize: SizeArgument,
  options: PoolOptions = {},
): Tensor => build('lpPool2d', 2, x, normType, kernelSize, options)

/** {@link lpPool} over three axes: `x` `[batch, channels, depth, height, width]`. */
export const lpPool3d = (
  x: Tensor,
  normType: number,
  kernelSize: SizeArgument,
  options: PoolOptions = {},
): Tensor => build('lpPool3d', 3, x, normType, kernelSize, options)
