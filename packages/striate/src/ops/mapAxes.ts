/** Applies linear maps along axes of a tensor, leaving out those that change nothing. */
import { type AxisMap, isIdentity } from '../geometry/axisMap.ts'
import { apply } from '../tensor/build.ts'
import { isFloat } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './elementwise/arithmetic.ts'
import { axisMapOperator } from './primitive/axisMap.ts'

/** Whole numbers pass through float64, which holds every one of them exactly. */
export function mapAxes(
  x: Tensor,
  maps: readonly (readonly [axis: number, map: AxisMap])[],
): Tensor {
  const active = maps.filter(([, map]) => !isIdentity(map))
  if (active.length === 0) return x
  if (isFloat(x.dtype)) return apply(axisMapOperator, [x], { maps: active })
  return cast(apply(axisMapOperator, [cast(x, 'float64')], { maps: active }), x.dtype)
}
