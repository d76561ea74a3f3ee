/** Repeats axes of size 1 (and missing leading axes) up to a shape. */
import { lowerBroadcast } from '../engine/wasm/lower/copy.ts'
import { broadcastCell } from '../engine/wasm/proof/rules.ts'
import { describe, fail } from '../errors.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import type { Operator } from '../tensor/operator.ts'
import { broadcastStrides, sameShape, walk } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface BroadcastAttributes {
  readonly shape: readonly number[]
}

export const broadcastOperator: Operator<BroadcastAttributes> = {
  name: 'broadcast',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  reference({ inputs: [x], inputTypes: [type], output, outputType: { shape } }) {
    walk(shape, [broadcastStrides(type!.shape, shape)], ([i], o) => {
      output[o] = x![i!]!
    })
  },
  lower: lowerBroadcast,
  cell: broadcastCell,
  work: () => ({ multiplyAdds: 0 }),
}

/**
 * `x` repeated to `shape`.
 *
 * @throws StriateError if a size of `x` is neither 1 nor the size asked for.
 * @example
 * ```ts
 * import { broadcastTo, tensor } from 'striate'
 * await broadcastTo(tensor([[1], [2]]), [2, 3]).array() // => [[1, 1, 1], [2, 2, 2]]
 * ```
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  requireTensor('broadcastTo', 'x', x)
  const lead = shape.length - x.rank
  if (lead < 0 || !x.shape.every((size, axis) => size === 1 || size === shape[lead + axis])) {
    fail({
      op: 'broadcastTo',
      argument: 'shape',
      got: `${describe(shape)} for x of shape [${x.shape.join(', ')}]`,
      needs: 'must equal the sizes of x, aligned at the last axis, except where x has 1',
    })
  }
  return sameShape(x.shape, shape) ? x : apply(broadcastOperator, [x], { shape: shape.slice() })
}
