/** The order of samples: one global permutation per epoch, cut into batches; nothing is padded. */
import { RandomStream } from '../random/index.ts'

export interface SamplerOptions {
  /** Samples in all. */
  readonly length: number
  readonly batchSize: number
  readonly seed: number
  /** Whether each epoch has its own random order; otherwise samples come by number. */
  readonly shuffle: boolean
  /** Whether a last batch that is not full is left out. */
  readonly dropLast: boolean
}

/** How many batches an epoch has. */
export function batchCount({ length, batchSize, dropLast }: SamplerOptions): number {
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize)
}

/** Sample numbers in the order of an epoch: a function of the seed and the epoch alone. */
export function epochOrder(options: SamplerOptions, epoch: number): Uint32Array {
  const { length, seed, shuffle } = options
  if (!shuffle) return Uint32Array.from({ length }, (_, index) => index)
  return new RandomStream(seed, 'sampler').split(epoch).permutation(length)
}

/** The sample numbers of one batch. */
export function batchIndices(
  order: Uint32Array,
  { batchSize }: SamplerOptions,
  batch: number,
): Uint32Array {
  return order.subarray(batch * batchSize, (batch + 1) * batchSize)
}

/** A batch cut into `count` logical shards that differ by at most one sample; some are empty if it is small. */
export function shardsOf(indices: Uint32Array, count: number): Uint32Array[] {
  const bound = (shard: number): number => Math.floor((shard * indices.length) / count)
  return Array.from({ length: count }, (_, shard) =>
    indices.subarray(bound(shard), bound(shard + 1)),
  )
}
