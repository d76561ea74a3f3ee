/** The order of samples: one global order per epoch, cut into batches; nothing is padded. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { RandomStream } from '../random/index.ts'

/** Samples drawn by weight, with replacement: rare ones as often as wanted. */
export interface SamplingOptions {
  /** One for each sample, not negative; they need not add up to 1. */
  readonly weights: ArrayLike<number>
  /** Samples of an epoch; as many as the data set has by default. */
  readonly count?: number
}

export interface SamplerOptions {
  /** Samples in all. */
  readonly length: number
  readonly batchSize: number
  readonly seed: number
  /** Whether each epoch has its own random order; otherwise samples come by number. */
  readonly shuffle: boolean
  /** Whether a last batch that is not full is left out. */
  readonly dropLast: boolean
  /** Running sums of weights to draw by, and how many are drawn. */
  readonly drawn?: Drawn | undefined
}

export interface Drawn {
  readonly sums: Float64Array
  readonly count: number
}

/** How many samples an epoch has. */
const samplesOf = ({ length, drawn }: SamplerOptions): number => drawn?.count ?? length

/** How many batches an epoch has. */
export function batchCount(options: SamplerOptions): number {
  const share = samplesOf(options) / options.batchSize
  return options.dropLast ? Math.floor(share) : Math.ceil(share)
}

/** Sample numbers in the order of an epoch: a function of the seed and the epoch alone. */
export function epochOrder(options: SamplerOptions, epoch: number): Uint32Array {
  const { length, seed, shuffle, drawn } = options
  if (drawn) return drawByWeight(drawn, new RandomStream(seed, 'weighted sampler').split(epoch))
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

/** Reads what `fit` was given as `sampling`. Throws unless there is a weight for each sample. */
export function readSampling(op: string, sampling: SamplingOptions, length: number): Drawn {
  rejectUnknown(`${op}: sampling`, sampling, ['weights', 'count'])
  const { weights, count = length } = sampling
  const argument = 'sampling.weights'
  if (typeof weights !== 'object' || weights === null || weights.length !== length) {
    const needs = `must be a list of ${length} weights, one for each sample`
    const got =
      typeof weights === 'object' && weights !== null ? `${weights.length}` : describe(weights)
    fail({ op, argument, needs, got })
  }
  if (!Number.isSafeInteger(count) || count < 1) {
    const needs = 'must be a whole number of at least 1'
    fail({ op, argument: 'sampling.count', needs, got: describe(count) })
  }
  const sums = new Float64Array(length)
  let sum = 0
  for (let at = 0; at < length; at++) {
    const weight = weights[at]!
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      const needs = 'must be finite numbers of at least 0'
      fail({ op, argument, needs, got: `${weight} at ${at}` })
    }
    sum += weight
    sums[at] = sum
  }
  if (sum > 0 && Number.isFinite(sum)) return { sums, count }
  return fail({ op, argument, needs: 'must have a sum above 0 that is finite', got: `${sum}` })
}

/** The first sample whose running sum passes a number drawn from [0, sum of all). */
function drawByWeight({ sums, count }: Drawn, random: RandomStream): Uint32Array {
  const total = sums.at(-1)!
  return Uint32Array.from({ length: count }, () => {
    const wanted = random.uniform() * total
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  })
}
