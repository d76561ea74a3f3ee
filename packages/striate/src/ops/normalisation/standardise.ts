/** What all normalisations share: mean 0 and variance 1 over some axes, then a scale and a shift. */
import { asFloat } from '../../tensor/dtype.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, cast, mul, square, sub } from '../elementwise/arithmetic.ts'
import { rsqrt } from '../elementwise/exponential.ts'
import { mean } from '../reductions.ts'

export interface Moments {
  /** `x − mean`. */
  readonly centred: Tensor
  /** The axes keep size 1. */
  readonly mean: Tensor
  /** Biased: the mean square distance. The axes keep size 1. */
  readonly variance: Tensor
}

export function moments(x: Tensor, axes: readonly number[]): Moments {
  const real = cast(x, asFloat(x.dtype))
  const over = { axes, keepDims: true }
  const centre = mean(real, over)
  const centred = sub(real, centre)
  return { centred, mean: centre, variance: mean(square(centred), over) }
}

/** `centred / √(variance + eps) · weight + bias`. */
export function rescale(
  { centred, variance }: Moments,
  eps: number,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
): Tensor {
  const inverse = rsqrt(add(variance, eps))
  // One factor for both where that is small: a value per channel and sample at most.
  const isSmall = weight !== undefined && weight.size * inverse.size < centred.size
  const scaled = isSmall ? mul(centred, mul(inverse, weight)) : mul(centred, inverse)
  const weighted = weight === undefined || isSmall ? scaled : mul(scaled, weight)
  return bias === undefined ? weighted : add(weighted, bias)
}
