/** Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015), as torch.optim.Adam. */
import { describe, fail } from '../../errors.ts'
import { add, div, maximum, mul, sub } from '../../ops/elementwise/arithmetic.ts'
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

export interface AdamHyperparameters extends CommonHyperparameters {
  /** How much of the running means of the gradient and of its square stays at each step. */
  readonly betas: readonly [number, number]
  /** Keeps the divisor away from 0. */
  readonly eps: number
  /** Whether to divide by the largest mean square so far (Reddi et al. 2018). */
  readonly amsgrad: boolean
}

export type AdamOptions = OptimizerOptions<AdamHyperparameters>

type Slot = 'exp_avg' | 'exp_avg_sq' | 'max_exp_avg_sq'
type Scalar =
  | 'weightDecay'
  | 'shrink'
  | 'beta1'
  | 'taken1'
  | 'beta2'
  | 'taken2'
  | 'stepSize'
  | 'correction'
  | 'eps'
export type AdamRule = Rule<AdamHyperparameters, Slot, Scalar>

/**
 * m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²;
 * p ← p − learningRate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps)
 *
 * Weight decay adds weightDecay·p to g, or, when decoupled, first takes p·(1 − learningRate·weightDecay).
 */
export const adamRule = (name: string, decoupled: boolean, weightDecay: number): AdamRule => ({
  name,
  defaults: { learningRate: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay, amsgrad: false },

  check(op, hyperparameters) {
    const { betas, eps, amsgrad } = hyperparameters
    checkCommon(op, hyperparameters)
    if (!Array.isArray(betas) || betas.length !== 2)
      fail({ op, argument: 'betas', needs: 'must be two numbers', got: describe(betas) })
    for (const [at, beta] of betas.entries()) checkNumber(op, `betas[${at}]`, beta, 0, 1)
    checkNumber(op, 'eps', eps)
    checkFlag(op, 'amsgrad', amsgrad)
  },

  slots: ({ amsgrad }) => [
    'exp_avg',
    'exp_avg_sq',
    ...(amsgrad ? ['max_exp_avg_sq' as const] : []),
  ],

  scalars: ({ learningRate, betas: [beta1, beta2], eps, weightDecay: decay }, step) => ({
    weightDecay: decay,
    shrink: 1 - learningRate * decay,
    beta1,
    taken1: 1 - beta1,
    beta2,
    taken2: 1 - beta2,
    stepSize: learningRate / (1 - beta1 ** step),
    correction: Math.sqrt(1 - beta2 ** step),
    eps,
  }),

  move({ p, g, slots, scalars }, { weightDecay: decay, amsgrad }): Moved<Slot> {
    const decays = decay !== 0
    const start = decays && decoupled ? mul(p, scalars.shrink) : p
    const pulled = decays && !decoupled ? add(g, mul(p, scalars.weightDecay)) : g
    const m = add(mul(slots.exp_avg, scalars.beta1), mul(pulled, scalars.taken1))
    const squares = mul(mul(pulled, pulled), scalars.taken2)
    const v = add(mul(slots.exp_avg_sq, scalars.beta2), squares)
    const largest = amsgrad ? maximum(slots.max_exp_avg_sq, v) : v
    const divisor = add(div(sqrt(largest), scalars.correction), scalars.eps)
    return {
      p: sub(start, mul(div(m, divisor), scalars.stepSize)),
      slots: { exp_avg: m, exp_avg_sq: v, ...(amsgrad ? { max_exp_avg_sq: largest } : {}) },
    }
  },
})

const rule = adamRule('adam', false, 0)

/**
 * Adam. Defaults: learningRate 1e-3, betas [0.9, 0.999], eps 1e-8, weightDecay 0 (added to the
 * gradient; `adamw` decouples it), amsgrad false.
 *
 * @throws StriateError for an unknown option, a negative number, or a beta outside [0, 1).
 * @example
 * ```ts
 * import { adam, nn, tensor } from 'striate'
 * const w = new nn.Parameter(tensor([1]))
 * const optimizer = adam({ learningRate: 0.5 }).attach([w])
 * await optimizer.step([tensor([4])])
 * Math.round(1e6 * (await w.data())[0]!) // => 500000
 * ```
 */
export const adam = (options: AdamOptions = {}): Optimizer => makeOptimizer(rule, options)
