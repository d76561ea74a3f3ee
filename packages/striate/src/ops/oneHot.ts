/** Class numbers as indicator vectors. */
import { rejectUnknown } from '../options.ts'
import { arange } from '../tensor/create.ts'
import type { DType } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './elementwise/arithmetic.ts'
import { equal } from './elementwise/comparison.ts'
import { requireIndices } from './gather.ts'
import { numberOption } from './numberOption.ts'
import { unsqueeze } from './reshape.ts'

export interface OneHotOptions {
  /** Element type of the result. `'float32'` by default. */
  readonly dtype?: DType
}

/**
 * For each number of `ids` (int32, any shape) a vector of `classes` elements, 1 at that number and 0
 * elsewhere: `[...ids.shape, classes]`. A number outside `[0, classes)` gives zeros only.
 *
 * @throws StriateError if `ids` is not int32 or `classes` not a whole number of at least 1.
 * @example
 * ```ts
 * import { oneHot, tensor } from 'striate'
 * await oneHot(tensor(new Int32Array([2, 0])), 3).array() // => [[0, 0, 1], [1, 0, 0]]
 * ```
 */
export function oneHot(ids: Tensor, classes: number, options: OneHotOptions = {}): Tensor {
  requireIndices('oneHot', 'ids', ids)
  rejectUnknown('oneHot', options, ['dtype'])
  const count = numberOption('oneHot', 'classes', classes, undefined, { least: 1, whole: true })
  const numbers = arange(0, count, 1, { dtype: 'int32' })
  return cast(equal(unsqueeze(ids, -1), numbers), options.dtype ?? 'float32')
}
