/** How convolutions may round. */
import { describe, fail } from '../errors.ts'

/**
 * `'fast'`: convolutions may be computed by transforms (Winograd's, Fourier's), whose rounding errors are
 * relative to the largest values nearby. `'exact'`: each output is a sum of its own products in float32,
 * rounded as such sums are.
 */
export type Precision = 'exact' | 'fast'

let chosen: Precision = 'fast'

const names: readonly Precision[] = ['fast', 'exact']

export function checkPrecision(op: string, argument: string, precision: Precision): Precision {
  if (!names.includes(precision)) {
    fail({ op, argument, got: describe(precision), needs: "must be 'fast' or 'exact'" })
  }
  return precision
}

/**
 * Sets how the convolutions of the wasm engine may round that say nothing of it themselves (option
 * `precision`): `'fast'`, the default, or `'exact'`. The largest error, in parts of the largest output, is
 * about 1e-6 for sums and 5e-6 for transforms; what `'exact'` gives besides: an output whose inputs are
 * small is exact as such, zeros give zeros, and what is infinite or NaN stays within its windows.
 *
 * @throws StriateError for another word.
 * @example
 * ```ts
 * import { getPrecision, setPrecision } from 'striate'
 * setPrecision('exact')
 * getPrecision() // => 'exact'
 * setPrecision('fast')
 * ```
 */
export function setPrecision(precision: Precision): void {
  chosen = checkPrecision('setPrecision', 'precision', precision)
}

/** The precision that is set. */
export const getPrecision = (): Precision => chosen
