/** Numbers of another type as real ones: the one scalar function that has a kernel of its own. */
import { lowerConversion } from '../../engine/wasm/lower/conversion.ts'
import { reshapeCell } from '../../engine/wasm/proof/rules.ts'
import { apply } from '../../tensor/build.ts'
import type { DType } from '../../tensor/dtype.ts'
import type { Operator } from '../../tensor/operator.ts'
import { sizeOf } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { copyCard } from '../elementwise/copy.ts'
import type { ElementwiseAttributes } from './elementwise.ts'

/** `elementwise` to all who look at graphs; where other scalar functions are about, they take it along. */
export const conversion: Operator<ElementwiseAttributes> = {
  name: 'elementwise',
  infer: ([x], { dtype }) => ({ shape: x!.shape, dtype: dtype! }),
  reference: ({ inputs: [x], output }) => output.set(x!),
  lower: lowerConversion,
  cell: reshapeCell,
  work: (_, { shape }) => ({ multiplyAdds: sizeOf(shape) }),
}

/** `x` as real numbers of this type. */
export const toReal = (x: Tensor, dtype: DType): Tensor =>
  x.dtype === dtype ? x : apply(conversion, [x], { ...copyCard, dtype })
