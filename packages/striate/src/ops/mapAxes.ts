/** Applies linear maps along axes of a tensor, leaving out those that change nothing. */
import { type AxisMap, isIdentity } from '../geometry/axisMap.ts'
import { apply } from '../tensor/build.ts'
import { isFloat } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { cast } from './elementwise/arithmetic.ts'
import { axisMapOperator } from './primitive/axisMap.ts'
import { toReal } from './primitive/conversion.ts'

type Maps = readonly (readonly [axis: number, map: AxisMap])[]

/** Whole numbers pass through float64, which holds every one of them exactly. */
export function mapAxes(x: Tensor, maps: Maps): Tensor {
  if (isFloat(x.dtype)) return mapReal(x, maps)
  return cast(mapReal(toReal(x, 'float64'), maps), x.dtype)
}

/** The same for real numbers. */
export function mapReal(x: Tensor, maps: Maps): Tensor {
  const active = maps.filter(([, map]) => !isIdentity(map))
  return active.length === 0 ? x : apply(axisMapOperator, [x], { maps: active })
}
