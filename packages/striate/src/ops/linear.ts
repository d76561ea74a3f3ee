/** The affine map of the last axis. */
import { fail } from '../errors.ts'
import { requireTensor } from '../tensor/build.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { add } from './elementwise/arithmetic.ts'
import { matmul } from './matmul.ts'
import { reshape } from './reshape.ts'

/**
 * `y = x · weightᵀ + bias` along the last axis: `x` is `[..., inFeatures]`, `weight`
 * `[outFeatures, inFeatures]`, `bias` `[outFeatures]`, the result `[..., outFeatures]`.
 *
 * @throws StriateError if ranks or features do not fit.
 * @example
 * ```ts
 * import { linear, tensor } from 'striate'
 * const weight = tensor([[1, 2], [3, 4], [5, 6]])
 * await linear(tensor([1, 1]), weight, tensor([0, 0, 1])).array() // => [3, 7, 12]
 * ```
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const op = 'linear'
  requireTensor(op, 'x', x)
  requireTensor(op, 'weight', weight)
  const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`
  if (weight.rank !== 2) {
    fail({
      op,
      argument: 'weight',
      got: `${weight.rank} axes, ${show(weight.shape)}`,
      needs: 'expects 2 axes [outFeatures, inFeatures]',
    })
  }
  const [outFeatures, inFeatures] = weight.shape as [number, number]
  if (x.rank === 0 || x.shape.at(-1) !== inFeatures) {
    const isFlat = x.rank > 1 && x.shape.slice(1).reduce((size, n) => size * n, 1) === inFeatures
    fail({
      op,
      argument: 'x',
      got: show(x.shape),
      needs: `expects ${inFeatures} features on its last axis`,
      hint: isFlat ? 'flatten(x) would fit' : `weight is ${show(weight.shape)}`,
    })
  }
  if (bias !== undefined) {
    requireTensor(op, 'bias', bias)
    if (bias.rank !== 1 || bias.size !== outFeatures) {
      fail({
        op,
        argument: 'bias',
        got: show(bias.shape),
        needs: `expects shape [${outFeatures}], one value per output feature`,
      })
    }
  }
  const lead = x.shape.slice(0, -1)
  const rows = lead.reduce((size, n) => size * n, 1)
  const product = matmul(reshape(x, [rows, inFeatures]), weight, { transposeB: true })
  return reshape(bias ? add(product, bias) : product, [...lead, outFeatures])
}
