/** The operators of expressions on four int32 lanes, wrapping around like Int32Array. */
import { i32, i32x4, v128 } from '../../assembler/index.ts'
import { allBits, type Formula, zero } from './mathematics.ts'
import { compare, type Domain, type LaneOperator, light, logicalOperators } from './operators.ts'

/** The remainder with the sign of the divisor, lane by lane; 0 where the divisor is 0. */
export const integerMod: Formula = {
  name: 'mod',
  arity: 2,
  emit: ({ f }, x, y) => {
    const result = f.let(zero)
    for (const lane of [0, 1, 2, 3]) {
      const divisor = f.let(i32x4.extractLane(y, lane))
      f.if(divisor, () => {
        const rest = f.let(i32.remS(i32x4.extractLane(x, lane), divisor))
        const differs = i32.ltS(i32.xor(rest, divisor), 0)
        const isOther = i32.and(differs, i32.ne(rest, 0))
        const value = i32.select(isOther, i32.add(rest, divisor), rest)
        f.set(result, i32x4.replaceLane(result, lane, value))
      })
    }
    return result
  },
}

const same: LaneOperator = light((x) => x)

export const integerDomain: Domain = {
  name: 'i32',
  constant: allBits,
  fromMask: (value) => v128.and(value, allBits(1)),
  toMask: (value) => i32x4.ne(value, zero),
  operators: {
    ...logicalOperators,
    neg: light((x) => i32x4.neg(x)),
    abs: light((x) => i32x4.abs(x)),
    sign: light((x) => v128.or(i32x4.shrS(x, 31), i32x4.shrU(i32x4.neg(x), 31))),
    floor: same,
    ceil: same,
    round: same,
    trunc: same,
    isNaN: compare(() => zero),
    add: light((x, y) => i32x4.add(x, y)),
    sub: light((x, y) => i32x4.sub(x, y)),
    mul: light((x, y) => i32x4.mul(x, y)),
    maximum: light((x, y) => i32x4.maxS(x, y)),
    minimum: light((x, y) => i32x4.minS(x, y)),
    equal: compare((x, y) => i32x4.eq(x, y)),
    notEqual: compare((x, y) => i32x4.ne(x, y)),
    less: compare((x, y) => i32x4.ltS(x, y)),
    lessEqual: compare((x, y) => i32x4.leS(x, y)),
    greater: compare((x, y) => i32x4.gtS(x, y)),
    greaterEqual: compare((x, y) => i32x4.geS(x, y)),
  },
}
