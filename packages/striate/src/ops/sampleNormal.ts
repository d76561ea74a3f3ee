/** Numbers drawn from normal distributions, through which gradients run. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { RandomStream } from '../random/index.ts'
import { requireTensor } from '../tensor/build.ts'
import { asFloat } from '../tensor/dtype.ts'
import { fromData, type Tensor } from '../tensor/tensor.ts'
import { add, mul } from './elementwise/arithmetic.ts'
import { exp } from './elementwise/exponential.ts'
import { requireSameShape } from './losses/reduction.ts'

export interface SampleNormalOptions {
  /** Where the randomness comes from; each call draws from it. */
  readonly stream: RandomStream
}

/**
 * A number from each normal distribution of a mean and the logarithm of a variance, written as
 * `mean + e^(½·logVariance) · ε` with ε from N(0, 1): gradients with respect to both run through it. ε
 * is drawn when this is called, from `stream`; in a layer that is `this.random`, after `useRandom()`.
 *
 * @throws StriateError for shapes that differ, unknown options, or no stream.
 * @example
 * ```ts
 * import { gradients, RandomStream, sampleNormal, sum, tensor } from 'striate'
 * const mean = tensor([5, -5])
 * const sure = tensor([-200, -200])
 * const drawn = sampleNormal(mean, sure, { stream: new RandomStream(7) })
 * await drawn.array() // => [5, -5]
 * const [slope] = gradients(sum(drawn), [mean])
 * await slope!.array() // => [1, 1]
 * ```
 * @see Kingma, Welling, "Auto-encoding variational Bayes" (2013), section 2.4.
 */
export function sampleNormal(
  mean: Tensor,
  logVariance: Tensor,
  options: SampleNormalOptions,
): Tensor {
  const op = 'sampleNormal'
  requireTensor(op, 'mean', mean)
  requireSameShape(op, 'logVariance', logVariance, mean, 'mean')
  rejectUnknown(op, options, ['stream'])
  const { stream } = options
  if (!(stream instanceof RandomStream)) {
    const hint = 'new RandomStream(seed) makes one'
    fail({ op, argument: 'stream', needs: 'must be a RandomStream', got: describe(stream), hint })
  }
  const dtype = asFloat(mean.dtype)
  const noise = dtype === 'float64' ? new Float64Array(mean.size) : new Float32Array(mean.size)
  stream.fillNormal(noise)
  return add(mean, mul(exp(mul(logVariance, 0.5)), fromData(noise, mean.shape, dtype)))
}
