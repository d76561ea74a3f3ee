/** Gradients of operators that move cells: they move them back. */
import { apply } from '../../tensor/build.ts'
import type { Gradient } from '../../tensor/operator.ts'
import type { BroadcastAttributes } from '../broadcastTo.ts'
import type { ConcatAttributes } from '../concat.ts'
import { type ReshapeAttributes, reshape } from '../reshape.ts'
import { placeOperator, type SliceAttributes, slice, sliceOperator } from '../slice.ts'
import { sumTo } from '../sumTo.ts'
import { type PermuteAttributes, permute } from '../transpose.ts'

export const reshapeGradient: Gradient<ReshapeAttributes> = ({ inputs: [x], upstream }) => [
  reshape(upstream, x!.shape),
]

export const broadcastGradient: Gradient<BroadcastAttributes> = ({ inputs: [x], upstream }) => [
  sumTo(upstream, x!.shape),
]

export const permuteGradient: Gradient<PermuteAttributes> = ({
  upstream,
  attributes: { axes },
}) => [
  permute(
    upstream,
    axes.map((_, axis) => axes.indexOf(axis)),
  ),
]

export const sliceGradient: Gradient<SliceAttributes> = ({
  inputs: [x],
  upstream,
  attributes: { starts, steps },
}) => [apply(placeOperator, [upstream], { starts, steps, shape: x!.shape })]

export const placeGradient: Gradient<SliceAttributes> = ({
  inputs: [x],
  upstream,
  attributes: { starts, steps },
}) => [apply(sliceOperator, [upstream], { starts, steps, shape: x!.shape })]

export const concatGradient: Gradient<ConcatAttributes> = ({
  inputs,
  upstream,
  attributes: { axis },
}) => {
  let start = 0
  return inputs.map((input) => {
    const end = start + input.shape[axis]!
    const part = slice(upstream, [start], [end], { axes: [axis] })
    start = end
    return part
  })
}
