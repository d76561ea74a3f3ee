/** How the public scalar functions make their nodes. */
import { apply, asTensor } from '../../tensor/build.ts'
import { promote } from '../../tensor/dtype.ts'
import { Tensor, type TensorLike } from '../../tensor/tensor.ts'
import { type ElementwiseAttributes, elementwise } from '../primitive/elementwise.ts'
import type { ScalarFunction } from './cards.ts'

/** Applies a scalar function to tensors and numbers; a number takes the element type of the tensors. */
export function scalar(name: ScalarFunction, ...values: readonly TensorLike[]): Tensor {
  const dtypes = values.flatMap((value) => (value instanceof Tensor ? [value.dtype] : []))
  const like = dtypes.length > 0 ? dtypes.reduce(promote) : undefined
  const tensors = values.map((value, i) => asTensor(name, argumentNames[i]!, value, like))
  return apply(elementwise, tensors, attributesOf(name))
}

/** The attributes of each function, one object for all nodes. */
const attributes = new Map<ScalarFunction, ElementwiseAttributes>()

function attributesOf(name: ScalarFunction): ElementwiseAttributes {
  const known = attributes.get(name) ?? { function: name }
  attributes.set(name, known)
  return known
}

const argumentNames = ['x', 'y', 'z'] as const
