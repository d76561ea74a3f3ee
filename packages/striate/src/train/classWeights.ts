/** Classes that come seldom: weights for the loss, or for drawing samples. */
import { describe, fail } from '../errors.ts'
import { channelAxis, type Layout } from '../geometry/layout.ts'
import { cast } from '../ops/elementwise/arithmetic.ts'
import { notEqual, where } from '../ops/elementwise/comparison.ts'
import { gather } from '../ops/gather.ts'
import { crossEntropy } from '../ops/losses/crossEntropy.ts'
import { sum } from '../ops/reductions.ts'
import { rejectUnknown } from '../options.ts'
import { isFloat } from '../tensor/dtype.ts'
import { withoutTracking } from '../tensor/node.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import type { Loss } from './losses.ts'
import { checkNumber } from './optimizers/rule.ts'
import type { SamplingOptions } from './sampler.ts'

export interface ClassWeightOptions {
  /** How many classes there are; one more than the largest label by default. */
  readonly classes?: number
  /**
   * Counts a class of n samples as (1 − βⁿ) / (1 − β), the effective number of Cui and others (2019);
   * as n by default, which is β = 1.
   */
  readonly beta?: number
}

/**
 * A weight for each class, the smaller the more samples it has: samples / (classes · samples of the
 * class), so that a sample weighs 1 in the mean. A class without samples weighs 0.
 *
 * @throws StriateError if there are no labels, or they are not whole numbers below `classes`.
 * @example
 * ```ts
 * import { classWeights } from 'striate'
 * await classWeights(Uint8Array.of(0, 0, 0, 1)).array() // => [0.6666666865348816, 2]
 * ```
 */
export function classWeights(labels: ArrayLike<number>, options: ClassWeightOptions = {}): Tensor {
  const op = 'classWeights'
  rejectUnknown(op, options, ['classes', 'beta'])
  const counts = countLabels(op, labels, options.classes)
  const { beta = 1 } = options
  if (beta !== 1) checkNumber(op, 'beta', beta, 0, 1)
  const numbers = counts.map((count) => (beta === 1 ? count : (1 - beta ** count) / (1 - beta)))
  const inverse = numbers.map((number) => (number === 0 ? 0 : 1 / number))
  // Σ over samples of their weights is the number of samples.
  const total = inverse.reduce((all, each, at) => all + each * counts[at]!, 0)
  return tensor(Float32Array.from(inverse, (each) => (each * labels.length) / total))
}

/**
 * How `fit` draws samples so that every class is drawn as often: `sampling: balancedSampling(labels)`.
 *
 * @throws StriateError as `classWeights`.
 * @example
 * ```ts
 * import { balancedSampling } from 'striate'
 * const { weights } = balancedSampling(Uint8Array.of(0, 0, 0, 1))
 * Array.from(weights) // => [1 / 3, 1 / 3, 1 / 3, 1]
 * ```
 */
export function balancedSampling(
  labels: ArrayLike<number>,
  options: { readonly count?: number } = {},
): SamplingOptions {
  const op = 'balancedSampling'
  rejectUnknown(op, options, ['count'])
  const counts = countLabels(op, labels, undefined)
  const weights = Float64Array.from({ length: labels.length }, (_, at) => 1 / counts[labels[at]!]!)
  return { weights, ...options }
}

function countLabels(op: string, labels: ArrayLike<number>, classes: number | undefined): number[] {
  const isList = typeof labels === 'object' && labels !== null && labels.length > 0
  if (!isList) {
    const needs = 'must be a list of at least one'
    fail({ op, argument: 'labels', needs, got: describe(labels) })
  }
  const counts: number[] = new Array(classes ?? 0).fill(0)
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at]!
    if (!Number.isSafeInteger(label) || label < 0 || label >= (classes ?? 2 ** 24)) {
      const needs = `must be whole numbers from 0${classes === undefined ? '' : ` to ${classes - 1}`}`
      fail({ op, argument: 'labels', needs, got: `${describe(label)} at ${at}` })
    }
    while (counts.length <= label) counts.push(0)
    counts[label]! += 1
  }
  return counts
}

export interface CrossEntropyLossOptions {
  /** `[classes]`, by which the losses of each class are multiplied; the mean is over these weights. */
  readonly weight?: Tensor
  /** Targets of this value count for nothing. −100 by default. */
  readonly ignoreIndex?: number
  /** This share of each target is spread evenly over all classes. 0 by default. */
  readonly labelSmoothing?: number
  /** Where the classes lie. `'channels-first'` by default. */
  readonly layout?: Layout
}

/**
 * `crossEntropy` with options, as a loss for `fit` (PyTorch's `CrossEntropyLoss`). Its mean is over the
 * weights of the targets, and stays exactly that when a batch comes in parts (`accumulate`), and over
 * a whole data set in `evaluate`.
 *
 * @throws StriateError in use, as `crossEntropy`.
 * @example
 * ```ts
 * import { classWeights, crossEntropyLoss, tensor } from 'striate'
 * const loss = crossEntropyLoss({ weight: classWeights(Uint8Array.of(0, 0, 0, 1)) })
 * const logits = tensor([[Math.log(3), 0], [Math.log(3), 0]])
 * const value = await loss(logits, tensor(Int32Array.of(0, 1))).item()
 * // ¼ · −ln ¾ + ¾ · −ln ¼: class 1 weighs three times as much.
 * Math.abs(value - (0.25 * Math.log(4 / 3) + 0.75 * Math.log(4))) < 1e-6 // => true
 * ```
 */
export function crossEntropyLoss(options: CrossEntropyLossOptions = {}): Loss {
  const op = 'crossEntropyLoss'
  rejectUnknown(op, options, ['weight', 'ignoreIndex', 'labelSmoothing', 'layout'])
  const loss = (output: Tensor, target: Tensor): Tensor => crossEntropy(output, target, options)
  const weighted = {
    sum: (output: Tensor, target: Tensor): Tensor =>
      crossEntropy(output, target, { ...options, reduction: 'sum' }),
    weight: (target: Tensor): Tensor => withoutTracking(() => weightOf(target, options)),
  }
  return Object.assign(loss, { weighted })
}

/** What the mean of cross-entropy goes over: weights of the classes that count, or elements of probabilities. */
function weightOf(target: Tensor, options: CrossEntropyLossOptions): Tensor {
  const { weight, ignoreIndex = -100, layout = 'channels-first' } = options
  if (isFloat(target.dtype)) {
    const classes = target.shape[target.rank < 2 ? 0 : channelAxis(layout, target.rank)]!
    return tensor(target.size / classes)
  }
  const index = cast(target, 'int32')
  const counts = notEqual(index, ignoreIndex)
  if (weight === undefined) return cast(sum(counts), 'float32')
  return sum(where(counts, gather(weight, where(counts, index, 0)), 0))
}
