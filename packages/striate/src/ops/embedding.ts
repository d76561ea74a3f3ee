/** A table of vectors, looked up by number. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { requireTensor } from '../tensor/build.ts'
import { withoutTracking } from '../tensor/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { equal, where } from './elementwise/comparison.ts'
import { gather, requireIndices } from './gather.ts'
import { numberOption } from './numberOption.ts'
import { unsqueeze } from './reshape.ts'

export interface EmbeddingOptions {
  /** The row that stands for padding: it is looked up like any other, but gets no gradient. */
  readonly paddingIndex?: number
}

/**
 * The rows of `weight` `[vocabulary, features]` at `ids` (int32, any shape): `[...ids.shape, features]`.
 *
 * @throws StriateError if `ids` is not int32 or `weight` no table, and, when the value is read, for
 * numbers beyond the vocabulary.
 * @example
 * ```ts
 * import { embedding, tensor } from 'striate'
 * const weight = tensor([[0, 0], [1, 2], [3, 4]])
 * await embedding(tensor(new Int32Array([2, 1])), weight).array() // => [[3, 4], [1, 2]]
 * ```
 */
export function embedding(ids: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const op = 'embedding'
  requireIndices(op, 'ids', ids)
  requireTensor(op, 'weight', weight)
  rejectUnknown(op, options, ['paddingIndex'])
  if (weight.rank !== 2) {
    fail({ op, argument: 'weight', got: describe(weight), needs: 'expects [vocabulary, features]' })
  }
  const rows = gather(weight, ids)
  if (options.paddingIndex === undefined) return rows
  const last = weight.shape[0]! - 1
  const range = { least: 0, most: last, whole: true }
  const padding = numberOption(op, 'paddingIndex', options.paddingIndex, undefined, range)
  const fixed = withoutTracking(() => gather(weight, ids))
  return where(unsqueeze(equal(ids, padding), -1), fixed, rows)
}
