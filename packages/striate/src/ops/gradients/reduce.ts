/** Gradients of sums, products and extremes over axes. */
import type { Gradient } from '../../tensor/operator.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { broadcastTo } from '../broadcastTo.ts'
import { div, mul, sub } from '../elementwise/arithmetic.ts'
import { equal, where } from '../elementwise/comparison.ts'
import type { ReduceAttributes } from '../primitive/reduce.ts'
import { prod, sum } from '../reductions.ts'

export const reduceGradient: Gradient<ReduceAttributes> = ({
  inputs: [x],
  output,
  upstream,
  attributes: { function: name, axes },
}) => {
  if (name === 'sum') return [broadcastTo(upstream, x!.shape)]
  if (name === 'prod') return [mul(upstream, productOfOthers(x!, axes))]
  const isExtreme = equal(x!, output)
  const share = div(upstream, sum(isExtreme, { axes, keepDims: true }))
  return [where(isExtreme, share, 0)]
}

/**
 * For each element the product of the others along `axes`: the derivative of a product, right where
 * elements are 0. With one 0 only it has a nonzero product of others; with two or more none has.
 */
function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const isZero = equal(x, 0)
  const zeros = sum(isZero, { axes, keepDims: true })
  const filled = where(isZero, 1, x)
  const rest = prod(filled, { axes, keepDims: true })
  const others = where(isZero, rest, div(rest, filled))
  const counts = sub(zeros, isZero)
  return where(equal(counts, 0), others, 0)
}
