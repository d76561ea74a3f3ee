/** The operators of expressions on four float32 lanes that are a few instructions long; formulas are called. */
import { f32x4, type Value, v128 } from '../../assembler/index.ts'
import type { ScalarOperator } from '../expression.ts'
import {
  all,
  choose,
  type Formula,
  type Lanes,
  type Mathematics,
  withSign,
  zero,
} from './mathematics.ts'

/** A number in each lane, or a mask (all bits where true) that becomes 1 or 0 when a number is wanted. */
export type Result = { readonly kind: 'number' | 'mask'; readonly value: Value<'v128'> }

/** A node's value, as it comes or in either form; each is computed at most once. */
export type Argument = {
  readonly result: () => Result
  readonly number: () => Lanes
  readonly mask: () => Lanes
}

/** Arguments that an operator does not have repeat the first. */
export type LaneOperator = (m: Mathematics, x: Argument, y: Argument, z: Argument) => Result

/** How the operators of one domain work on lanes. */
export type Domain = {
  readonly name: 'f32' | 'i32'
  readonly operators: Partial<Record<ScalarOperator, LaneOperator>>
  readonly constant: (value: number) => Value<'v128'>
  /** 1 where the mask is set. */
  readonly fromMask: (mask: Value<'v128'>) => Value<'v128'>
  /** All bits where the number is other than 0. */
  readonly toMask: (value: Lanes) => Value<'v128'>
}

type Emit = (x: Lanes, y: Lanes) => Value<'v128'>

const result = (kind: Result['kind'], value: Value<'v128'>): Result => ({ kind, value })

/** An operator made of a few instructions, with a number as its result. */
export const light =
  (emit: Emit): LaneOperator =>
  (_, x, y) =>
    result('number', emit(x.number(), y.number()))

/** The same with a mask as its result. */
export const compare =
  (emit: Emit): LaneOperator =>
  (_, x, y) =>
    result('mask', emit(x.number(), y.number()))

/** A call of a function of the module. */
export const heavy =
  (formula: Formula): LaneOperator =>
  (m, x, y) =>
    result('number', m.call(formula, x.number(), y.number()))

/** The operators on truth values, the same in every domain. */
export const logicalOperators: Pick<
  Record<ScalarOperator, LaneOperator>,
  'logicalAnd' | 'logicalOr' | 'logicalNot' | 'where'
> = {
  logicalAnd: (_, x, y) => result('mask', v128.and(x.mask(), y.mask())),
  logicalOr: (_, x, y) => result('mask', v128.or(x.mask(), y.mask())),
  logicalNot: (_, x) => result('mask', v128.not(x.mask())),
  where: (_, condition, x, y) => result('number', choose(condition.mask(), x.number(), y.number())),
}

export const floatDomain: Domain & {
  readonly operators: Readonly<Record<ScalarOperator, LaneOperator>>
} = {
  name: 'f32',
  constant: all,
  fromMask: (value) => v128.and(value, all(1)),
  toMask: (value) => f32x4.ne(value, zero),
  operators: {
    ...logicalOperators,
    neg: light((x) => f32x4.neg(x)),
    abs: light((x) => f32x4.abs(x)),
    // ±1 where x is other than 0; x itself, ±0 or NaN, elsewhere
    sign: light((x) =>
      choose(v128.or(f32x4.lt(x, zero), f32x4.gt(x, zero)), withSign(all(1), x), x),
    ),
    sqrt: light((x) => f32x4.sqrt(x)),
    reciprocal: light((x) => f32x4.div(all(1), x)),
    floor: light((x) => f32x4.floor(x)),
    ceil: light((x) => f32x4.ceil(x)),
    round: light((x) => f32x4.nearest(x)),
    trunc: light((x) => f32x4.trunc(x)),
    isNaN: compare((x) => f32x4.ne(x, x)),
    add: light((x, y) => f32x4.add(x, y)),
    sub: light((x, y) => f32x4.sub(x, y)),
    mul: light((x, y) => f32x4.mul(x, y)),
    div: light((x, y) => f32x4.div(x, y)),
    maximum: light((x, y) => f32x4.max(x, y)),
    minimum: light((x, y) => f32x4.min(x, y)),
    equal: compare((x, y) => f32x4.eq(x, y)),
    notEqual: compare((x, y) => f32x4.ne(x, y)),
    less: compare((x, y) => f32x4.lt(x, y)),
    lessEqual: compare((x, y) => f32x4.le(x, y)),
    greater: compare((x, y) => f32x4.gt(x, y)),
    greaterEqual: compare((x, y) => f32x4.ge(x, y)),
  },
}
