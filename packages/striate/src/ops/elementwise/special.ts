/** Scalar functions that JavaScript's `Math` lacks, in float64. */

/** `1 / (1 + e⁻ˣ)`; the exponential is taken of a negative number, so that it cannot overflow. */
export function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x))
  return x >= 0 ? 1 / (1 + e) : e / (1 + e)
}

/** `ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)`, which cannot overflow. */
export const softplusOf = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** Where the series below needs as many terms as the continued fraction beyond. */
const seriesEnd = 1.5

/** From here on `1 − erf(x)` is less than half a unit in the last place of 1. */
const saturation = 6

/** Terms after which the continued fraction has converged to float64 from `seriesEnd` on. */
const fractionDepth = 96

/** The error function to within a few units in the last place. */
export function errorFunction(x: number): number {
  const size = Math.abs(x)
  if (size <= seriesEnd) return errorSeries(x)
  if (size < saturation) return Math.sign(x) * (1 - errorFraction(size))
  return Math.sign(x)
}

/** `erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ·x^(2n+1) / (2n+1)!!`: no term cancels another (Abramowitz, Stegun 7.1.6). */
function errorSeries(x: number): number {
  let term = x
  let total = x
  for (let n = 1; Math.abs(term) > Math.abs(total) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    total += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total
}

/** `1 − erf(x) = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …))))` (Abramowitz, Stegun 7.1.14). */
function errorFraction(x: number): number {
  let rest = x
  for (let n = fractionDepth; n > 0; n--) rest = x + n / 2 / rest
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / rest
}
