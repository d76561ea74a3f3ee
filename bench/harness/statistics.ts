/** Numbers about numbers. */

export const minimum = (values: readonly number[]): number => Math.min(...values)

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/** Largest difference over largest magnitude; infinite where sizes differ or a value is not finite. */
export function relativeDifference(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let magnitude = 0
  for (let i = 0; i < found.length; i++) {
    const each = Math.abs(found[i]! - wanted[i]!)
    if (!(each <= difference)) difference = each
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY
    magnitude = Math.max(magnitude, Math.abs(wanted[i]!))
  }
  return difference === 0 ? 0 : difference / magnitude
}
