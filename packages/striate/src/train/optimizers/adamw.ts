/** Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019), as torch.optim.AdamW. */
import { type AdamOptions, adamRule } from './adam.ts'
import { makeOptimizer, type Optimizer } from './optimizer.ts'

/**
 * Adam whose weight decay shrinks the weights directly, beside the gradient. Defaults: learningRate
 * 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0.01, amsgrad false.
 *
 * @throws StriateError for an unknown option, a negative number, or a beta outside [0, 1).
 * @example
 * ```ts
 * import { adamw, nn, tensor } from 'striate'
 * const w = new nn.Parameter(tensor([1]))
 * const optimizer = adamw({ learningRate: 0.5, weightDecay: 0.5 }).attach([w])
 * await optimizer.step([tensor([4])])
 * Math.round(1e6 * (await w.data())[0]!) // => 250000
 * ```
 */
export const adamw = (options: AdamOptions = {}): Optimizer =>
  makeOptimizer(adamRule('adamw', true, 0.01), options)
