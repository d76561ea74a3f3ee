/** Products of matrices: MatMul, Gemm, Einsum. */
import { add, matmul, mul, type Tensor } from 'striate'
import type { NodeContext, OperatorTable } from '../operator.ts'
import { einsum } from './einsum.ts'

/** `alpha · op(A) · op(B) + beta · C`, the transposes read in place. */
function general(node: NodeContext): Tensor {
  const product = matmul(node.input(0), node.input(1), {
    transposeA: node.flag('transA'),
    transposeB: node.flag('transB'),
  })
  const scaled = times(product, node.float('alpha', 1))
  const bias = node.optional(2)
  return bias ? add(scaled, times(bias, node.float('beta', 1))) : scaled
}

const times = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : mul(x, factor))

export const matmulOperators: OperatorTable = {
  MatMul: { build: (node) => matmul(node.input(0), node.input(1)) },
  Gemm: { attributes: ['alpha', 'beta', 'transA', 'transB', 'broadcast'], build: general },
  Einsum: { attributes: ['equation'], since: 12, build: einsum },
}
