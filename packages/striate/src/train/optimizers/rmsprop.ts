/** RMSprop (Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012), as torch.optim.RMSprop. */
import { add, div, mul, sub } from '../../ops/elementwise/arithmetic.ts'
import { sqrt } from '../../ops/elementwise/exponential.ts'
import { makeOptimizer, type Optimizer } from './optimizer.ts'
import {
  type CommonHyperparameters,
  checkCommon,
  checkFlag,
  checkNumber,
  type Moved,
  type OptimizerOptions,
  type Rule,
} from './rule.ts'

export interface RmspropHyperparameters extends CommonHyperparameters {
  /** How much of the running mean of squares stays at each step. */
  readonly alpha: number
  /** Keeps the divisor away from 0. */
  readonly eps: number
  /** The share of the last move that goes on; 0 (the default) keeps none. */
  readonly momentum: number
  /** Whether to divide by the standard deviation instead of the root mean square (Graves 2013). */
  readonly centered: boolean
}

export type RmspropOptions = OptimizerOptions<RmspropHyperparameters>

type Slot = 'square_avg' | 'momentum_buffer' | 'grad_avg'
type Scalar = 'learningRate' | 'weightDecay' | 'alpha' | 'taken' | 'eps' | 'momentum'

/**
 * g ← g + weightDecay·p; v ← alpha·v + (1 − alpha)·g²; d = √v + eps, or √(v − a²) + eps with
 * a ← alpha·a + (1 − alpha)·g when centered; m ← momentum·m + g / d; p ← p − learningRate·m
 */
const rule: Rule<RmspropHyperparameters, Slot, Scalar> = {
  name: 'rmsprop',
  defaults: {
    learningRate: 1e-2,
    alpha: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    momentum: 0,
    centered: false,
  },

  check(op, hyperparameters) {
    const { alpha, eps, momentum, centered } = hyperparameters
    checkCommon(op, hyperparameters)
    checkNumber(op, 'alpha', alpha)
    checkNumber(op, 'eps', eps)
    checkNumber(op, 'momentum', momentum)
    checkFlag(op, 'centered', centered)
  },

  slots: ({ momentum, centered }) => [
    'square_avg',
    ...(momentum === 0 ? [] : ['momentum_buffer' as const]),
    ...(centered ? ['grad_avg' as const] : []),
  ],

  scalars: ({ learningRate, weightDecay, alpha, eps, momentum }) => ({
    learningRate,
    weightDecay,
    alpha,
    taken: 1 - alpha,
    eps,
    momentum,
  }),

  move({ p, g, slots, scalars }, { weightDecay, momentum, centered }): Moved<Slot> {
    const blend = (before: typeof p, value: typeof p): typeof p =>
      add(mul(before, scalars.alpha), mul(value, scalars.taken))
    const pulled = weightDecay === 0 ? g : add(g, mul(p, scalars.weightDecay))
    const v = blend(slots.square_avg, mul(pulled, pulled))
    const a = centered ? blend(slots.grad_avg, pulled) : null
    const spread = a ? sub(v, mul(a, a)) : v
    const scaled = div(pulled, add(sqrt(spread), scalars.eps))
    const kept = { square_avg: v, ...(a ? { grad_avg: a } : {}) }
    if (momentum === 0) return { p: sub(p, mul(scaled, scalars.learningRate)), slots: kept }
    const m = add(mul(slots.momentum_buffer, scalars.momentum), scaled)
    return {
      p: sub(p, mul(m, scalars.learningRate)),
      slots: { ...kept, momentum_buffer: m },
    }
  },
}

/**
 * RMSprop. Defaults: learningRate 1e-2, alpha 0.99, eps 1e-8, weightDecay 0, momentum 0, centered
 * false.
 *
 * @throws StriateError for an unknown option or a negative number.
 * @example
 * ```ts
 * import { nn, rmsprop, tensor } from 'striate'
 * const w = new nn.Parameter(tensor([1]))
 * const optimizer = rmsprop({ learningRate: 0.5, alpha: 0.75, eps: 0 }).attach([w])
 * await optimizer.step([tensor([4])])
 * await w.array() // => [0]
 * ```
 */
export const rmsprop = (options: RmspropOptions = {}): Optimizer => makeOptimizer(rule, options)
