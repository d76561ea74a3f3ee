/** A network's answer to a batch, measured: the loss and the metrics, all lazy. */
import { describe, fail } from '../errors.ts'
import { withoutTracking } from '../tensor/node.ts'
import { inScope } from '../tensor/scope.ts'
import { fromData, Tensor } from '../tensor/tensor.ts'
import type { Batch } from './dataset.ts'
import { type LossPlan, type Outputs, totalOf, type Weight } from './losses.ts'
import type { Metric } from './metrics.ts'
import type { Total } from './tally.ts'

/** How a network is asked and judged. */
export interface Examination {
  /** What the network says. */
  readonly forward: (x: Tensor) => Tensor | Outputs
  readonly loss: LossPlan
  readonly metrics: ReadonlyMap<string, Metric<unknown, never, never>>
}

/** A sum, and over how much it goes: a count, or weights. */
export interface Sum {
  readonly sums: Tensor
  readonly count: Weight
}

export interface Measured {
  /** The loss: the mean, or the share of it that a part of a batch contributes. */
  readonly loss: Tensor
  /** Those of the metrics, then those of the losses where there are several. */
  readonly sums: readonly Sum[]
  /** Over what the mean goes: the weights of a single loss that has them, otherwise samples. */
  readonly weight: Weight
}

/** Measures a batch, or a part of one: then `totals` are the weights of the whole. */
export function measure(
  { forward, loss, metrics }: Examination,
  { x, target }: Batch<Tensor | Outputs>,
  totals?: readonly Weight[],
): Measured {
  const output = forward(x)
  checkOutput(output)
  const weights = loss.weights(target, x.shape[0]!)
  const terms = inScope('loss', () => loss.terms(output, target, weights, totals ?? weights))
  const total = inScope('loss', () => totalOf(loss, terms))
  const sums = withoutTracking(() =>
    inScope('metrics', () =>
      [...metrics.values()].map((each) => each.measure(output as never, target as never)),
    ),
  )
  const parts = loss.names.map((_, at) => ({ sums: terms[at]!.sum, count: terms[at]!.weight }))
  const weight = terms.length === 1 ? terms[0]!.weight : x.shape[0]!
  return { loss: total, sums: [...sums, ...parts], weight }
}

/** The count as a tensor that can be added up with others. */
export const countTensor = (count: Weight): Tensor =>
  typeof count === 'number' ? fromData(Int32Array.of(count), [], 'int32') : count

/** The totals of sums that have been computed. */
export const totalsOf = (sums: Measured['sums']): Total[] =>
  sums.map(({ sums: { node }, count }) => ({
    totals: Array.from(node.data!),
    count: weightValue(count),
  }))

/** The number, once it has been computed. */
export const weightValue = (weight: Weight): number =>
  typeof weight === 'number' ? weight : weight.node.data![0]!

function checkOutput(output: Tensor | Outputs): void {
  if (output instanceof Tensor) return
  const isRecord = typeof output === 'object' && output !== null
  if (isRecord && Object.values(output).every((each) => each instanceof Tensor)) return
  const needs = 'must give a tensor, or tensors by name'
  fail({ op: 'fit', argument: 'forward', needs, got: describe(output) })
}

/** Throws unless a data set handed out as many samples as it was asked for. */
export function checkBatch<Target extends Tensor | Outputs>(
  op: string,
  batch: Batch<Target>,
  samples: number,
): Batch<Target> {
  const given = batch as Batch<Tensor | Outputs> | null | undefined
  const targets: readonly (readonly [string, unknown])[] = isOutputs(given?.target)
    ? Object.entries(given.target).map(([name, value]) => [`target '${name}'`, value])
    : [['target', given?.target]]
  for (const [argument, value] of [['x', given?.x] as const, ...targets]) {
    if (value instanceof Tensor && value.shape[0] === samples) continue
    const needs = `must be a tensor of ${samples} samples along its first axis`
    fail({ op, argument: `the batch's ${argument}`, needs, got: describe(value) })
  }
  return batch
}

const isOutputs = (value: unknown): value is Outputs =>
  typeof value === 'object' &&
  value !== null &&
  !(value instanceof Tensor) &&
  Object.keys(value).length > 0
