/** Stochastic gradient descent with momentum, by PyTorch's formula (torch.optim.SGD). */
import { fail } from '../../errors.ts'
import { add, mul, sub } from '../../ops/elementwise/arithmetic.ts'
import { makeOptimizer, type Optimizer } from './optimizer.ts'
import {
  type CommonHyperparameters,
  checkCommon,
  checkFlag,
  checkNumber,
  type OptimizerOptions,
  type Rule,
} from './rule.ts'

export interface SgdHyperparameters extends CommonHyperparameters {
  /** The share of the last move that goes on; 0 (the default) keeps none. */
  readonly momentum: number
  /** The share of the gradient that momentum leaves out, from the second step on. */
  readonly dampening: number
  /** Whether to look ahead along the momentum (Sutskever et al. 2013). */
  readonly nesterov: boolean
}

export type SgdOptions = OptimizerOptions<SgdHyperparameters>

type Scalar = 'learningRate' | 'weightDecay' | 'momentum' | 'taken'

/**
 * g ← g + weightDecay·p; m ← momentum·m + (1 − dampening)·g, with m = g at first;
 * g ← g + momentum·m with `nesterov`, else m; p ← p − learningRate·g
 */
const rule: Rule<SgdHyperparameters, 'momentum_buffer', Scalar> = {
  name: 'sgd',
  defaults: { learningRate: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false },

  check(op, hyperparameters) {
    const { momentum, dampening, nesterov } = hyperparameters
    checkCommon(op, hyperparameters)
    checkNumber(op, 'momentum', momentum)
    checkNumber(op, 'dampening', dampening, Number.NEGATIVE_INFINITY)
    checkFlag(op, 'nesterov', nesterov)
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      const got = `momentum ${momentum} and dampening ${dampening}`
      fail({ op, argument: 'nesterov', needs: 'needs momentum above 0 and no dampening', got })
    }
  },

  slots: ({ momentum }) => (momentum === 0 ? [] : ['momentum_buffer']),

  scalars: ({ learningRate, weightDecay, momentum, dampening }, step) => ({
    learningRate,
    weightDecay,
    momentum,
    taken: step === 1 ? 1 : 1 - dampening,
  }),

  move({ p, g, slots, scalars }, { weightDecay, momentum, nesterov }) {
    const pulled = weightDecay === 0 ? g : add(g, mul(p, scalars.weightDecay))
    if (momentum === 0) return { p: sub(p, mul(pulled, scalars.learningRate)), slots: {} }
    const before = mul(slots.momentum_buffer, scalars.momentum)
    const buffer = add(before, mul(pulled, scalars.taken))
    const direction = nesterov ? add(pulled, mul(buffer, scalars.momentum)) : buffer
    return {
      p: sub(p, mul(direction, scalars.learningRate)),
      slots: { momentum_buffer: buffer },
    }
  },
}

/**
 * Stochastic gradient descent. Defaults: learningRate 1e-3, momentum 0, dampening 0, weightDecay 0,
 * nesterov false.
 *
 * @throws StriateError for an unknown option, a negative number, or Nesterov's momentum without any.
 * @example
 * ```ts
 * import { nn, sgd, tensor } from 'striate'
 * const w = new nn.Parameter(tensor([1, 2]))
 * const optimizer = sgd({ learningRate: 0.5, momentum: 0.9 }).attach([w])
 * await optimizer.step([tensor([1, 1])])
 * await w.array() // => [0.5, 1.5]
 * ```
 */
export const sgd = (options: SgdOptions = {}): Optimizer => makeOptimizer(rule, options)
