/** How much a graph computes: counts of work and memory, which every summary prints. */
import { type ConvolutionGeometry, usefulMultiplyAdds } from '../geometry/convolution.ts'
import { requireTensor } from '../tensor/build.ts'
import { bytesOf } from '../tensor/dtype.ts'
import type { Node } from '../tensor/node.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface WorkTotals {
  /**
   * Multiply-adds of convolutions and matrix products, every tap of every cell counted: what Keras's
   * and PyTorch's counters print. Twice as many floating-point operations. A bias is not counted.
   */
  readonly multiplyAdds: number
  /** Those of them that meet a value: taps on zero padding and in the holes of transposed windows left out. */
  readonly usefulMultiplyAdds: number
  /** Operations of everything else: pooling, normalisation, activations, sums. */
  readonly otherOperations: number
  /** Bytes of every value that is computed on the way, the result included; reshaping adds none. */
  readonly activationBytes: number
}

/** Whether an operator's work is multiply-adds of sums of products: two floating-point operations each. */
export const isSumOfProducts = (operator: string): boolean =>
  operator === 'convolution' || operator === 'convolutionWeightGradient' || operator === 'matmul'

/** Operators that hand their input's memory on. */
const views: readonly string[] = ['reshape', 'identity']

/**
 * The work of computing `y`, back to `stopAt` (whose own work is not counted) or to the leaves.
 * Nothing is run.
 *
 * @throws StriateError if an argument is not a tensor.
 * @example
 * ```ts
 * import { conv, tensor, workOf } from 'striate'
 * const y = conv(tensor([[[1, 2, 3, 4]]]), tensor([[[1, 1, 1]]]), { padding: 1 })
 * workOf(y).multiplyAdds // => 12
 * workOf(y).usefulMultiplyAdds // => 10
 * workOf(y).activationBytes // => 16
 * ```
 */
export function workOf(y: Tensor, stopAt: readonly Tensor[] = []): WorkTotals {
  requireTensor('workOf', 'y', y)
  const seen = new Set<Node>(stopAt.map((each) => requireTensor('workOf', 'stopAt', each).node))
  const open = seen.has(y.node) ? [] : [y.node]
  let multiplyAdds = 0
  let useful = 0
  let otherOperations = 0
  let activationBytes = 0
  while (open.length > 0) {
    const node = open.pop()!
    if (seen.has(node)) continue
    seen.add(node)
    const { operator, attributes } = node
    if (!operator) continue
    open.push(...node.inputs)
    const work = operator.work(node.inputs, node, attributes).multiplyAdds
    switch (operator.name) {
      case 'convolution':
      case 'convolutionWeightGradient':
        multiplyAdds += work
        useful += usefulMultiplyAdds(attributes as ConvolutionGeometry)
        break
      case 'matmul':
        multiplyAdds += work
        useful += work
        break
      default:
        otherOperations += work
    }
    if (!views.includes(operator.name)) activationBytes += sizeOf(node.shape) * bytesOf[node.dtype]
  }
  return { multiplyAdds, usefulMultiplyAdds: useful, otherOperations, activationBytes }
}
