/** Divides window sums by window counts, in one division, so that the mean of equal values is exact. */
import type { Layout } from '../../geometry/layout.ts'
import { allocate } from '../../tensor/dtype.ts'
import { sizeOf, stridesOf } from '../../tensor/shape.ts'
import { fromData, type Tensor } from '../../tensor/tensor.ts'
import { div } from '../elementwise/arithmetic.ts'

/** `counts[a][o]` is the number of cells of window `o` along axis `a`; a window has their product. */
export function divideByCounts(
  totals: Tensor,
  counts: readonly (readonly number[])[],
  layout: Layout,
): Tensor {
  const uniform = counts.every((each) => each.every((count) => count === each[0]))
  if (uniform) return div(totals, sizeOf(counts.map((each) => each[0]!)))
  const shape = counts.map((each) => each.length)
  const strides = stridesOf(shape)
  const data = allocate(totals.dtype, sizeOf(shape))
  for (let cell = 0; cell < data.length; cell++) {
    data[cell] = counts.reduce(
      (product, each, a) => product * each[Math.floor(cell / strides[a]!) % shape[a]!]!,
      1,
    )
  }
  return div(
    totals,
    fromData(data, layout === 'channels-last' ? [...shape, 1] : shape, totals.dtype),
  )
}
