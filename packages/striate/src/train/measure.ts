/** A network's answer to a batch, measured: the loss and the metrics, all lazy. */
import { describe, fail } from '../errors.ts'
import type { Layer } from '../nn/layer.ts'
import { withoutTracking } from '../tensor/node.ts'
import { inScope } from '../tensor/scope.ts'
import { Tensor } from '../tensor/tensor.ts'
import type { Batch } from './dataset.ts'
import { type Loss, type Metric, oneNumber } from './metrics.ts'
import type { Total } from './tally.ts'

export interface Measured {
  /** The mean loss. */
  readonly loss: Tensor
  /** The sums of each metric, and over how many things they go. */
  readonly sums: readonly { readonly sums: Tensor; readonly count: number }[]
}

export function measure(
  net: Layer,
  { x, target }: Batch,
  loss: Loss,
  metrics: ReadonlyMap<string, Metric<unknown>>,
): Measured {
  const output = net.forward(x)
  const value = oneNumber(
    'loss',
    inScope('loss', () => loss(output, target)),
  )
  const sums = withoutTracking(() =>
    inScope('metrics', () => [...metrics.values()].map((each) => each.measure(output, target))),
  )
  return { loss: value, sums }
}

/** The totals of metrics whose sums have been computed. */
export const totalsOf = (sums: Measured['sums']): Total[] =>
  sums.map(({ sums: { node }, count }) => ({ totals: Array.from(node.data!), count }))

/** Throws unless a data set handed out as many samples as it was asked for. */
export function checkBatch(op: string, batch: Batch, samples: number): Batch {
  for (const argument of ['x', 'target'] as const) {
    const value: unknown = (batch as Batch | null | undefined)?.[argument]
    if (value instanceof Tensor && value.shape[0] === samples) continue
    const needs = `must be a tensor of ${samples} samples along its first axis`
    fail({ op, argument: `the batch's ${argument}`, needs, got: describe(value) })
  }
  return batch
}
