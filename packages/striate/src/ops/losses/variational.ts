/** How far normal distributions are from N(0, 1): the term that keeps a variational network's numbers drawable. */
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { add, mul, sub } from '../elementwise/arithmetic.ts'
import { exp } from '../elementwise/exponential.ts'
import {
  checkReduction,
  type ReductionOptions,
  reduceLosses,
  requireReal,
  requireSameShape,
} from './reduction.ts'

/**
 * The Kullback–Leibler divergence of N(mean, e^logVariance) from N(0, 1), for each element
 * `½ (μ² + σ² − 1 − ln σ²)`.
 *
 * @throws StriateError for shapes or options that do not fit.
 * @example
 * ```ts
 * import { normalDivergence, tensor } from 'striate'
 * const divergence = normalDivergence(tensor([0, 2]), tensor([0, 0]), { reduction: 'none' })
 * await divergence.array() // => [0, 2]
 * ```
 * @see Kingma, Welling, "Auto-encoding variational Bayes" (2013), appendix B.
 */
export function normalDivergence(
  mean: Tensor,
  logVariance: Tensor,
  options: ReductionOptions = {},
): Tensor {
  const op = 'normalDivergence'
  const mu = requireReal(op, 'mean', mean)
  const log = requireReal(
    op,
    'logVariance',
    requireSameShape(op, 'logVariance', logVariance, mean, 'mean'),
  )
  rejectUnknown(op, options, ['reduction'])
  const terms = sub(sub(add(mul(mu, mu), exp(log)), 1), log)
  return reduceLosses(mul(terms, 0.5), checkReduction(op, options.reduction))
}
