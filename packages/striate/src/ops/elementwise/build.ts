/** How the public scalar functions make their nodes. */
import { apply, asTensor } from '../../tensor/build.ts'
import { type DType, promote } from '../../tensor/dtype.ts'
import { Tensor, type TensorLike } from '../../tensor/tensor.ts'
import { elementwise, type ScalarCard } from '../primitive/elementwise.ts'

/** Applies a scalar function to tensors and numbers; a number takes the element type of the tensors. */
export function scalar(card: ScalarCard, ...values: readonly TensorLike[]): Tensor {
  let like: DType | undefined
  for (const value of values)
    if (value instanceof Tensor) like = like ? promote(like, value.dtype) : value.dtype
  const tensors: Tensor[] = []
  for (let i = 0; i < values.length; i++)
    tensors.push(asTensor(card.function, argumentNames[i]!, values[i]!, like))
  return apply(elementwise, tensors, card)
}

const argumentNames = ['x', 'y', 'z'] as const
