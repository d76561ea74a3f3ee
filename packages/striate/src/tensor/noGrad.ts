/** Operations without history. */
import { withoutTracking } from './node.ts'

/**
 * Runs `build` so that the tensors it makes pass no gradient and, once their value is known, forget
 * what they were made from: for updates by hand in a long loop. Asynchronous work does not belong
 * inside; read values after it.
 *
 * @example
 * ```ts
 * import { mul, noGrad, sub, tensor } from 'striate'
 * let weight = tensor([1, 2])
 * weight = noGrad(() => sub(weight, mul(weight, 0.5)))
 * await weight.array() // => [0.5, 1]
 * ```
 */
export const noGrad = <T>(build: () => T): T => withoutTracking(build)
