/** How public operators make graph nodes. */
import { describe, fail } from '../errors.ts'
import type { DType } from './dtype.ts'
import { type Node, numberNode, operationNode } from './node.ts'
import type { Operator } from './operator.ts'
import { Tensor, type TensorLike } from './tensor.ts'

/** A tensor that is `operator` applied to `inputs`. */
export function apply<Attributes>(
  operator: Operator<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): Tensor {
  const nodes: Node[] = []
  for (const input of inputs) nodes.push(input.node)
  const { shape, dtype } = operator.infer(nodes, attributes)
  return new Tensor(
    operationNode(operator as Operator<unknown>, nodes, attributes, shape, dtype, true),
  )
}

/** Checks that an argument is a tensor, or makes one of a number (with the element type of `like`). */
export function asTensor(
  op: string,
  argument: string,
  value: TensorLike,
  like: DType = 'float32',
): Tensor {
  if (value instanceof Tensor) return value
  if (typeof value === 'number') {
    const whole = (like === 'int32' || like === 'uint8') && Number.isInteger(value)
    const dtype: DType = whole ? 'int32' : like === 'float64' ? 'float64' : 'float32'
    return new Tensor(numberNode(value, dtype))
  }
  return fail({
    op,
    argument,
    got: describe(value),
    needs: 'must be a tensor',
    hint: 'tensor(values) makes one of nested arrays',
  })
}

/** Checks that an argument is a tensor. */
export function requireTensor(op: string, argument: string, value: Tensor): Tensor {
  if (value instanceof Tensor) return value
  return fail({
    op,
    argument,
    got: describe(value),
    needs: 'must be a tensor',
    hint: 'tensor(values) makes one of nested arrays',
  })
}
