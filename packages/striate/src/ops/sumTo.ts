/** The adjoint of broadcasting: sums a tensor down to a shape that broadcasts to its own. */
import { sameShape } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { sum } from './reductions.ts'
import { reshape } from './reshape.ts'

export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x
  const lead = x.rank - shape.length
  const axes: number[] = []
  for (let axis = 0; axis < x.rank; axis++)
    if (axis < lead || (shape[axis - lead] === 1 && x.shape[axis] !== 1)) axes.push(axis)
  return reshape(axes.length > 0 ? sum(x, { axes }) : x, shape)
}
