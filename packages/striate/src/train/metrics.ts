/** Metrics: figures of merit, summed batch by batch so that every sample counts the same. */
import { describe, fail } from '../errors.ts'
import { abs, cast, mul, sub } from '../ops/elementwise/arithmetic.ts'
import { equal } from '../ops/elementwise/comparison.ts'
import { matmul } from '../ops/matmul.ts'
import { oneHot } from '../ops/oneHot.ts'
import { argmax, topK } from '../ops/order.ts'
import { sum } from '../ops/reductions.ts'
import { reshape, unsqueeze } from '../ops/reshape.ts'
import { transpose } from '../ops/transpose.ts'
import { rejectUnknown } from '../options.ts'
import { checkAxis, sameShape } from '../tensor/shape.ts'
import { Tensor } from '../tensor/tensor.ts'
import { type Loss, type Outputs, oneNumber, outputOf } from './losses.ts'

/** A metric that is more than a mean: sums over batches, and what they come to. */
export interface Metric<Result = number, Output = Tensor, Target = Tensor> {
  /** Sums over the batch, lazily, and the number of things summed. */
  measure(output: Output, target: Target): { readonly sums: Tensor; readonly count: number }
  /** The metric, from the sums (in row-major order) and numbers of all batches. */
  result(totals: readonly number[], count: number): Result
}

/** Metrics by the names under which their results appear. */
export type Metrics = Readonly<
  Record<string, Metric<unknown> | Metric<unknown, never, never> | Loss>
>

/** The results of metrics, by name. */
export type MetricResults<M extends Metrics> = {
  readonly [Name in keyof M]: M[Name] extends Metric<infer Result, never, never> ? Result : number
}

export interface ClassAxis {
  /** The axis of the output that counts classes; 1 by default, as in PyTorch. */
  readonly axis?: number
}

const share = ([total]: readonly number[], count: number): number => total! / count

/**
 * The share of positions whose largest output is at the right class. The target holds class numbers
 * (the output's shape without its class axis), or one-hot or probable classes (the output's shape).
 *
 * @example
 * ```ts
 * import { accuracy, tensor } from 'striate'
 * const { sums, count } = accuracy().measure(
 *   tensor([[0.1, 0.9], [0.8, 0.2]]),
 *   tensor(Int32Array.of(1, 1)),
 * )
 * await sums.item() // => 1
 * count // => 2
 * ```
 */
export function accuracy(options: ClassAxis = {}): Metric {
  const op = 'accuracy'
  rejectUnknown(op, options, ['axis'])
  return {
    measure(output, target) {
      const { predicted, classes } = judge(op, output, target, options)
      return { sums: sum(equal(predicted, classes)), count: classes.size }
    },
    result: share,
  }
}

/** The share of positions where the right class is among the `k` largest outputs; targets as for `accuracy`. */
export function topKAccuracy(k: number, options: ClassAxis = {}): Metric {
  const op = 'topKAccuracy'
  rejectUnknown(op, options, ['axis'])
  return {
    measure(output, target) {
      const { axis, classes } = judge(op, output, target, options)
      const { indices } = topK(output, k, { axis })
      return { sums: sum(equal(indices, unsqueeze(classes, axis))), count: classes.size }
    },
    result: share,
  }
}

/**
 * How often each class (row) was taken for each class (column); targets as for `accuracy`.
 *
 * @example
 * ```ts
 * import { confusionMatrix, tensor } from 'striate'
 * const matrix = confusionMatrix(2)
 * const output = tensor([[0, 1], [1, 0], [0, 1]])
 * const { sums } = matrix.measure(output, tensor(Int32Array.of(1, 1, 0)))
 * await sums.array() // => [[0, 1], [1, 1]]
 * ```
 */
export function confusionMatrix(
  classes: number,
  options: ClassAxis = {},
): Metric<readonly (readonly number[])[]> {
  const op = 'confusionMatrix'
  rejectUnknown(op, options, ['axis'])
  if (!Number.isSafeInteger(classes) || classes < 1) {
    const needs = 'must be a whole number of at least 1'
    fail({ op, argument: 'classes', needs, got: describe(classes) })
  }
  return {
    measure(output, target) {
      const judged = judge(op, output, target, options)
      const places = output.shape[judged.axis]!
      if (places !== classes) {
        const needs = `must have ${classes} classes along axis ${judged.axis}`
        fail({ op, argument: 'output', needs, got: `${places}` })
      }
      const marks = (ids: Tensor): Tensor => oneHot(cast(reshape(ids, [-1]), 'int32'), classes)
      const sums = matmul(transpose(marks(judged.classes)), marks(judged.predicted))
      return { sums, count: judged.classes.size }
    },
    result: (totals) =>
      Array.from({ length: classes }, (_, row) => totals.slice(row * classes, (row + 1) * classes)),
  }
}

/** The mean of |output − target| over all elements. */
export function meanAbsoluteError(): Metric {
  const op = 'meanAbsoluteError'
  return {
    measure(output, target) {
      checkSame(op, output, target)
      return { sums: sum(abs(sub(output, target))), count: output.size }
    },
    result: share,
  }
}

/** The mean of a loss over samples: batches count by their size. */
export function meanLoss(loss: Loss): Metric {
  return {
    measure(output, target) {
      const value = oneNumber('loss', loss(output, target))
      const count = output.shape[0] ?? 1
      return { sums: mul(value, count), count }
    },
    result: share,
  }
}

/**
 * A metric of one of several outputs, and of the target of its name.
 *
 * @throws StriateError in use, if there is no output or no target of the name.
 * @example
 * ```ts
 * import { accuracy, forOutput, tensor } from 'striate'
 * const isEven = forOutput('isEven', accuracy())
 * const output = { digit: tensor([[0, 1]]), isEven: tensor([[3, 1]]) }
 * const target = { digit: tensor(Int32Array.of(0)), isEven: tensor(Int32Array.of(0)) }
 * await isEven.measure(output, target).sums.item() // => 1
 * ```
 */
export function forOutput<Result = number>(
  name: string,
  metric: Metric<Result> | Loss,
): Metric<Result, Outputs, Outputs> {
  const op = 'forOutput'
  const inner = asMetric(op, name, metric) as Metric<Result>
  const of = (argument: string, value: Outputs): Tensor =>
    value instanceof Tensor ? value : outputOf(`metric of '${name}'`, argument, value, name)
  return {
    measure: (output, target) => inner.measure(of('output', output), of('target', target)),
    result: inner.result,
  }
}

/** A metric, from one or from a function that gives a mean. */
export function asMetric(
  op: string,
  name: string,
  metric: Metrics[string],
): Metric<unknown, never, never> {
  if (typeof metric === 'function') return meanLoss(metric)
  const isMetric =
    typeof metric === 'object' &&
    metric !== null &&
    typeof metric.measure === 'function' &&
    typeof metric.result === 'function'
  if (isMetric) return metric
  const needs = 'must be a metric or a function of output and target'
  return fail({ op, argument: `metric '${name}'`, needs, got: describe(metric) })
}

interface Judged {
  readonly axis: number
  readonly predicted: Tensor
  readonly classes: Tensor
}

function judge(op: string, output: Tensor, target: Tensor, options: ClassAxis): Judged {
  const axis = checkAxis(op, options.axis ?? 1, output.rank)
  const predicted = argmax(output, { axis })
  const isDistribution = sameShape(target.shape, output.shape)
  const classes = isDistribution ? argmax(target, { axis }) : target
  if (sameShape(classes.shape, predicted.shape)) return { axis, predicted, classes }
  const wanted = `[${predicted.shape.join(', ')}] (classes) or [${output.shape.join(', ')}]`
  return fail({ op, argument: 'target', needs: `must be ${wanted}`, got: describe(target) })
}

function checkSame(op: string, output: Tensor, target: Tensor): void {
  if (sameShape(output.shape, target.shape)) return
  const needs = `must have the shape of the output, [${output.shape.join(', ')}]`
  fail({ op, argument: 'target', needs, got: describe(target) })
}
