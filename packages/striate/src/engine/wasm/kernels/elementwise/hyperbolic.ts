/** Hyperbolic functions and their inverses; polynomials of sinhf of Cephes (netlib.org/cephes, single). */
import { f32x4, v128 } from '../../assembler/index.ts'
import { halfExp, log1p } from './exponential.ts'
import {
  absolute,
  all,
  between,
  choose,
  type Formula,
  type Lanes,
  type Mathematics,
  polynomial,
  type Vector,
  withSign,
} from './mathematics.ts'

const sinhTail = [2.03721912945e-4, 8.33028376239e-3, 1.66667160211e-1] as const

/** With h = e^|x| / 2, e^−|x| / 2 is 1/4h; within 1 of zero the series, where the difference would cancel. */
export const sinh: Formula = {
  name: 'sinh',
  arity: 1,
  emit: (m, x) => {
    const { f } = m
    const size = f.let(absolute(x))
    const half = m.call(halfExp, size)
    const difference = f32x4.sub(half, f32x4.div(all(0.25), half))
    const square = f.let(f32x4.mul(x, x))
    const tail = f32x4.mul(f32x4.mul(polynomial(m, square, sinhTail), square), x)
    return choose(f32x4.lt(size, all(1)), f32x4.add(tail, x), withSign(difference, x))
  },
}

export const cosh: Formula = {
  name: 'cosh',
  arity: 1,
  emit: (m, x) => {
    const half = m.call(halfExp, absolute(x))
    return f32x4.add(half, f32x4.div(all(0.25), half))
  },
}

/** Odd and even coefficients of the rational approximation of tanh in Eigen (ptanh_float), |x| <= 7.9988. */
const tanhOdd = [
  -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8,
  1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3,
] as const
const tanhEven = [
  1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3,
] as const
const tanhSaturates = 7.998811721801758

export const tanh: Formula = {
  name: 'tanh',
  arity: 1,
  emit: (m, x) => {
    const { f } = m
    const clamped = f.let(between(x, -tanhSaturates, tanhSaturates))
    const square = f.let(f32x4.mul(clamped, clamped))
    const above = f32x4.mul(clamped, polynomial(m, square, tanhOdd))
    const ratio = f32x4.div(above, polynomial(m, square, tanhEven))
    return choose(f32x4.lt(absolute(x), all(4e-4)), x, ratio)
  },
}

/** Beyond this a² + 1 = a² in float32, and squares may overflow. */
const large = 2 ** 25

/** log1p(argument), or log(2a) where a is large. */
function logOrDouble(m: Mathematics, a: Lanes, argument: Vector): Vector {
  const isLarge = m.f.let(f32x4.gt(a, all(large)))
  const value = m.call(log1p, choose(isLarge, a, argument))
  return f32x4.add(value, v128.and(isLarge, all(Math.LN2)))
}

/** log1p(a + a² / (1 + √(a² + 1))), a = |x|. */
export const asinh: Formula = {
  name: 'asinh',
  arity: 1,
  emit: (m, x) => {
    const { f } = m
    const size = f.let(absolute(x))
    const square = f.let(f32x4.mul(size, size))
    const root = f32x4.sqrt(f32x4.add(square, all(1)))
    const argument = f32x4.add(size, f32x4.div(square, f32x4.add(root, all(1))))
    return withSign(logOrDouble(m, size, argument), x)
  },
}

/** log1p(t + √(2t + t²)), t = x − 1; NaN below 1. */
export const acosh: Formula = {
  name: 'acosh',
  arity: 1,
  emit: (m, x) => {
    const { f } = m
    const excess = f.let(f32x4.sub(x, all(1)))
    const root = f32x4.sqrt(f32x4.mul(excess, f32x4.add(excess, all(2))))
    const value = logOrDouble(m, x, f32x4.add(excess, root))
    return v128.or(value, f32x4.lt(x, all(1)))
  },
}

/** log1p(2a / (1 − a)) / 2, a = |x|. */
export const atanh: Formula = {
  name: 'atanh',
  arity: 1,
  emit: (m, x) => {
    const size = m.f.let(absolute(x))
    const argument = f32x4.div(f32x4.add(size, size), f32x4.sub(all(1), size))
    return withSign(f32x4.mul(m.call(log1p, argument), all(0.5)), x)
  },
}
