/** Where the gradients of the parts of a batch come together: the seam at which many machines will join. */
import { add } from '../ops/elementwise/arithmetic.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Sums of one shard: weighted so that the sum over shards is the value for the whole batch. */
export type ShardSums = readonly Tensor[]

/**
 * Decides which logical shards of a batch this process computes, and adds the sums of all shards.
 *
 * A batch is cut into a fixed number of shards, whatever computes them, and their sums are added along
 * {@link sumAlongTree}, so the result does not depend on how many workers there were.
 */
export interface GradientReducer {
  /** The numbers of the shards, of `count`, that are computed here, rising. */
  shards(count: number): readonly number[]
  /**
   * The sums over all shards. `parts` holds those computed here, by number; empty shards are absent.
   */
  reduce(
    parts: ReadonlyMap<number, ShardSums>,
    count: number,
  ): readonly Tensor[] | Promise<readonly Tensor[]>
}

/** One process computes everything. */
export const singleProcess: GradientReducer = {
  shards: (count) => Array.from({ length: count }, (_, shard) => shard),
  reduce(parts, count) {
    const [first] = parts.values()
    return first!.map((_, at) =>
      sumAlongTree(Array.from({ length: count }, (_, shard) => parts.get(shard)?.[at] ?? null)),
    )
  },
}

/**
 * The sum of the parts, halves first: (p₀ + p₁) + (p₂ + p₃) for four. Parts that are null count as
 * absent, and leave the places of the others as they are.
 */
export function sumAlongTree(parts: readonly (Tensor | null)[]): Tensor {
  return halves(parts, 0, parts.length)!
}

function halves(parts: readonly (Tensor | null)[], from: number, to: number): Tensor | null {
  if (to - from <= 1) return parts[from] ?? null
  const middle = from + 2 ** (Math.ceil(Math.log2(to - from)) - 1)
  const low = halves(parts, from, middle)
  const high = halves(parts, middle, to)
  return low && high ? add(low, high) : (low ?? high)
}
