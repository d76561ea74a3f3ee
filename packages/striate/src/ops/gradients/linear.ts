/** Gradients of sums of products: convolution, matrix product, maps along axes. */
import { transposeMap } from '../../geometry/axisMap.ts'
import type { ConvolutionGeometry } from '../../geometry/convolution.ts'
import { channelAxis } from '../../geometry/layout.ts'
import { apply } from '../../tensor/build.ts'
import type { Gradient } from '../../tensor/operator.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { type MatmulAttributes, matmulOperator } from '../matmul.ts'
import { type AxisMapAttributes, axisMapOperator } from '../primitive/axisMap.ts'
import {
  adjointGeometry,
  convolution,
  convolutionWeightGradient,
} from '../primitive/convolution.ts'
import { sum } from '../reductions.ts'
import { sumTo } from '../sumTo.ts'

export const convolutionGradient: Gradient<ConvolutionGeometry> = ({
  inputs: [x, w, bias],
  upstream,
  attributes,
  wanted,
}) => {
  const channel = channelAxis(attributes.layout, upstream.rank)
  const others = upstream.shape.map((_, axis) => axis).filter((axis) => axis !== channel)
  const gradients = [
    wanted[0] ? apply(convolution, [upstream, w!], adjointGeometry(attributes)) : null,
    wanted[1] ? apply(convolutionWeightGradient, [x!, upstream], attributes) : null,
  ]
  return bias ? [...gradients, wanted[2] ? sum(upstream, { axes: others }) : null] : gradients
}

export const weightGradientGradient: Gradient<ConvolutionGeometry> = ({
  inputs: [x, dy],
  upstream,
  attributes,
  wanted,
}) => [
  wanted[0] ? apply(convolution, [dy!, upstream], adjointGeometry(attributes)) : null,
  wanted[1] ? apply(convolution, [x!, upstream], attributes) : null,
]

/** With P = op(A)·op(B): d op(A) = dP·op(B)ᵀ and d op(B) = op(A)ᵀ·dP. */
export const matmulGradient: Gradient<MatmulAttributes> = ({
  inputs: [a, b],
  upstream,
  attributes: { transposeA, transposeB },
  wanted,
}) => {
  const product = (x: Tensor, y: Tensor, tx: boolean, ty: boolean): Tensor =>
    apply(matmulOperator, [x, y], { transposeA: tx, transposeB: ty })
  const da = (): Tensor =>
    transposeA ? product(b!, upstream, transposeB, true) : product(upstream, b!, false, !transposeB)
  const db = (): Tensor =>
    transposeB ? product(upstream, a!, true, transposeA) : product(a!, upstream, !transposeA, false)
  return [wanted[0] ? sumTo(da(), a!.shape) : null, wanted[1] ? sumTo(db(), b!.shape) : null]
}

export const axisMapGradient: Gradient<AxisMapAttributes> = ({
  upstream,
  attributes: { maps },
}) => [
  apply(axisMapOperator, [upstream], {
    maps: maps.toReversed().map(([axis, map]) => [axis, transposeMap(map)] as const),
  }),
]
