/** Exchanges axes. */
import { lowerPermute } from '../engine/wasm/lower/copy.ts'
import { permuteCell } from '../engine/wasm/proof/rules.ts'
import { describe, fail } from '../errors.ts'
import { apply, requireTensor } from '../tensor/build.ts'
import type { Operator } from '../tensor/operator.ts'
import { checkAxis, stridesOf, walk } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface PermuteAttributes {
  /** Axis `a` of the result is axis `axes[a]` of the input. */
  readonly axes: readonly number[]
}

export const permuteOperator: Operator<PermuteAttributes> = {
  name: 'permute',
  infer: ([x], { axes }) => ({ shape: axes.map((axis) => x!.shape[axis]!), dtype: x!.dtype }),
  reference({ inputs: [x], inputTypes: [type], output, outputType, attributes: { axes } }) {
    const strides = stridesOf(type!.shape)
    walk(outputType.shape, [axes.map((axis) => strides[axis]!)], ([i], o) => {
      output[o] = x![i!]!
    })
  },
  lower: lowerPermute,
  cell: permuteCell,
  work: () => ({ multiplyAdds: 0 }),
}

/**
 * Axis `a` of the result is axis `axes[a]` of `x`.
 *
 * @throws StriateError unless `axes` names every axis once.
 * @example
 * ```ts
 * import { permute, tensor } from 'striate'
 * permute(tensor([[[1, 2, 3]]]), [2, 0, 1]).shape // => [3, 1, 1]
 * ```
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  requireTensor('permute', 'x', x)
  const order = axes.map((axis) => checkAxis('permute', axis, x.rank, 'axes'))
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    fail({
      op: 'permute',
      argument: 'axes',
      got: describe(axes),
      needs: `must name each of the ${x.rank} axes of x once`,
    })
  }
  return order.every((axis, a) => axis === a) ? x : apply(permuteOperator, [x], { axes: order })
}

/** `x` with two axes exchanged (the last two by default); {@link permute} orders all of them. */
export function transpose(x: Tensor, axisA = -2, axisB = -1): Tensor {
  requireTensor('transpose', 'x', x)
  const a = checkAxis('transpose', axisA, x.rank, 'axisA')
  const b = checkAxis('transpose', axisB, x.rank, 'axisB')
  const axes = x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis))
  return permute(x, axes)
}
