/** Losses of classification: cross-entropy of logits, and negative log-likelihood of log-probabilities. */
import { describe, fail } from '../../errors.ts'
import { channelAxis, checkLayout, type Layout } from '../../geometry/layout.ts'
import { rejectUnknown } from '../../options.ts'
import { requireTensor } from '../../tensor/build.ts'
import { isFloat } from '../../tensor/dtype.ts'
import { sameShape } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { logSoftmax } from '../activations/softmax.ts'
import { add, cast, div, mul, neg } from '../elementwise/arithmetic.ts'
import { equal, notEqual, where } from '../elementwise/comparison.ts'
import { gather, takeAlong } from '../gather.ts'
import { numberOption } from '../numberOption.ts'
import { sum } from '../reductions.ts'
import { reshape } from '../reshape.ts'
import { checkReduction, type Reduction, type ReductionOptions, requireReal } from './reduction.ts'

export interface NllLossOptions extends ReductionOptions {
  /** `[classes]`, by which the losses of each class are multiplied; the mean is over these weights. */
  readonly weight?: Tensor | undefined
  /** Targets of this value count for nothing; it need not be a class. −100 by default. */
  readonly ignoreIndex?: number
  /** Where the classes lie in `x`. `'channels-first'` by default. */
  readonly layout?: Layout
}

export interface CrossEntropyOptions extends NllLossOptions {
  /** This share of each target is spread evenly over all classes. 0 by default. */
  readonly labelSmoothing?: number
}

const nllOptions = ['weight', 'ignoreIndex', 'reduction', 'layout']

/** The arguments that both losses share, checked. */
interface Classification {
  readonly op: string
  readonly axis: number
  readonly classes: number
  readonly weight: Tensor | undefined
  readonly ignoreIndex: number
  readonly reduction: Reduction
}

function check(op: string, x: Tensor, options: NllLossOptions): Classification {
  const layout = checkLayout(op, options.layout)
  const shape = `[${x.shape.join(', ')}]`
  if (x.rank === 0 || x.size === 0) {
    const needs = 'expects [classes] or [batch, classes, ...space], none of size 0'
    fail({ op, argument: 'x', got: shape, needs })
  }
  const axis = x.rank === 1 ? 0 : channelAxis(layout, x.rank)
  const classes = x.shape[axis]!
  const { weight } = options
  if (weight !== undefined) {
    requireTensor(op, 'weight', weight)
    if (weight.rank !== 1 || weight.size !== classes) {
      fail({
        op,
        argument: 'weight',
        got: `[${weight.shape.join(', ')}]`,
        needs: `expects shape [${classes}], one value per class`,
        hint: `x is ${shape}`,
      })
    }
  }
  const ignoreIndex = numberOption(op, 'ignoreIndex', options.ignoreIndex, -100, { whole: true })
  const reduction = checkReduction(op, options.reduction)
  return { op, axis, classes, weight, ignoreIndex, reduction }
}

/** Class numbers that can be looked up everywhere, and which of them count. */
interface Targets {
  readonly index: Tensor
  readonly counts: Tensor
}

function checkTargets(
  target: Tensor,
  x: Tensor,
  { op, axis, ignoreIndex }: Classification,
): Targets {
  requireTensor(op, 'target', target)
  const expected = x.shape.toSpliced(axis, 1)
  if (!sameShape(target.shape, expected)) {
    fail({
      op,
      argument: 'target',
      got: `[${target.shape.join(', ')}]`,
      needs: `expects class numbers of shape [${expected.join(', ')}], that of x without its classes`,
      hint: `x is [${x.shape.join(', ')}]`,
    })
  }
  if (isFloat(target.dtype)) {
    fail({
      op,
      argument: 'target',
      got: target.dtype,
      needs: 'expects class numbers, int32',
      hint: "cast(target, 'int32') converts",
    })
  }
  const index = cast(target, 'int32')
  const counts = notEqual(index, ignoreIndex)
  return { index: where(counts, index, 0), counts }
}

/** `−weight[t] · logProbabilities[t]`, summed up as asked. */
function likelihood(logs: Tensor, { index, counts }: Targets, how: Classification): Tensor {
  const { axis, weight, reduction } = how
  const column = reshape(index, logs.shape.with(axis, 1))
  const picked = neg(reshape(takeAlong(logs, column, axis), index.shape))
  const factor = weight ? where(counts, gather(weight, index), 0) : counts
  const losses = where(counts, weight ? mul(picked, factor) : picked, 0)
  return reduceBy(losses, factor, reduction)
}

const reduceBy = (losses: Tensor, factor: Tensor, reduction: Reduction): Tensor =>
  reduction === 'none' ? losses : reduction === 'sum' ? sum(losses) : div(sum(losses), sum(factor))

/** `−Σ weight · logProbabilities` over all classes, summed up as asked: what smoothing spreads. */
function evenLikelihood(logs: Tensor, { index, counts }: Targets, how: Classification): Tensor {
  const { axis, weight, reduction } = how
  const all = neg(sum(weighted(logs, how), { axes: axis }))
  const factor = weight ? where(counts, gather(weight, index), 0) : counts
  return reduceBy(where(counts, all, 0), factor, reduction)
}

function weighted(logs: Tensor, { axis, classes, weight }: Classification): Tensor {
  if (weight === undefined) return logs
  const shape = logs.shape.map((_, a) => (a === axis ? classes : 1))
  return mul(logs, reshape(weight, shape))
}

/**
 * The negative log-likelihood `−weight[t] · x[t]` of class numbers `target` under log-probabilities `x`.
 *
 * `x` is `[batch, classes, ...space]` (or `[classes]`, or channels-last), `target` (int32) has the
 * shape of `x` without its classes, and so has the result with `reduction: 'none'`. The mean is the
 * sum over the sum of the weights of all targets that count.
 *
 * @throws StriateError for shapes, types or options that do not fit, and, when the value is read, for
 * targets that are neither a class nor `ignoreIndex`.
 * @example
 * ```ts
 * import { nllLoss, tensor } from 'striate'
 * const x = tensor([[-1, -2], [-3, -4], [-5, -6]])
 * const target = tensor(new Int32Array([0, 1, -100]))
 * await nllLoss(x, target).item() // => 2.5
 * ```
 */
export function nllLoss(x: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  const logs = requireReal('nllLoss', 'x', x)
  rejectUnknown('nllLoss', options, nllOptions)
  const how = check('nllLoss', logs, options)
  return likelihood(logs, checkTargets(target, logs, how), how)
}

/**
 * The cross-entropy between `target` and the softmax of the logits `x`.
 *
 * `x` is `[batch, classes, ...space]` (or `[classes]`, or channels-last). `target` is either class
 * numbers (int32, the shape of `x` without its classes): `−weight[t] · logSoftmax(x)[t]`, or
 * probabilities (real, the shape of `x`): `−Σ weight · target · logSoftmax(x)`. With
 * `labelSmoothing` ε the target becomes `(1 − ε) · target + ε / classes`. The mean of class numbers
 * is over the weights of those that count, of probabilities over the elements.
 *
 * @throws StriateError for shapes, types or options that do not fit, and, when the value is read, for
 * targets that are neither a class nor `ignoreIndex`.
 * @example
 * ```ts
 * import { crossEntropy, tensor } from 'striate'
 * const logits = tensor([[0, 1000], [1000, 0]])
 * await crossEntropy(logits, tensor(new Int32Array([1, 1]))).item() // => 500
 * await crossEntropy(logits, tensor([[0, 1], [0.5, 0.5]])).item() // => 250
 * ```
 * @see Szegedy et al., "Rethinking the Inception architecture" (2016), for label smoothing.
 */
export function crossEntropy(x: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const op = 'crossEntropy'
  const logits = requireReal(op, 'x', x)
  rejectUnknown(op, options, [...nllOptions, 'labelSmoothing'])
  requireTensor(op, 'target', target)
  const how = check(op, logits, options)
  const range = { least: 0, most: 1 }
  const smoothing = numberOption(op, 'labelSmoothing', options.labelSmoothing, 0, range)
  const logs = logSoftmax(logits, { axis: how.axis })
  if (isFloat(target.dtype) && sameShape(target.shape, logits.shape)) {
    if (options.ignoreIndex !== undefined && options.ignoreIndex >= 0) {
      fail({
        op,
        argument: 'ignoreIndex',
        got: describe(options.ignoreIndex),
        needs: 'needs class numbers as target, not probabilities',
      })
    }
    return ofProbabilities(logs, target, smoothing, how)
  }
  const targets = checkTargets(target, logits, how)
  const loss = likelihood(logs, targets, how)
  if (smoothing === 0) return loss
  const even = evenLikelihood(logs, targets, how)
  return add(mul(loss, 1 - smoothing), mul(even, smoothing / how.classes))
}

function ofProbabilities(
  logs: Tensor,
  target: Tensor,
  smoothing: number,
  how: Classification,
): Tensor {
  const { axis, classes, reduction } = how
  const smooth = smoothing === 0 ? target : add(mul(target, 1 - smoothing), smoothing / classes)
  // A class of probability 0 counts for nothing, even if its logit is −∞.
  const terms = where(equal(smooth, 0), 0, mul(weighted(logs, how), smooth))
  const losses = neg(sum(terms, { axes: axis }))
  if (reduction === 'none') return losses
  return reduction === 'sum' ? sum(losses) : div(sum(losses), logs.size / classes)
}
