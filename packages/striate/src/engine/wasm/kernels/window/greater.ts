/** The larger of two, as windows compare cells: the first of equal ones, and NaN before every number. */
import { f32x4, type Local, type Value, v128 } from '../../assembler/index.ts'

/** `pmax` is the first operand unless the second is larger: what it misses is a NaN of the second. */
export const greater = (best: Local<'v128'>, next: Local<'v128'>): Value<'v128'> =>
  v128.or(f32x4.pmax(best, next), f32x4.ne(next, next))
