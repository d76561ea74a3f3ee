/** Power, remainder and the error function. */
import { f32x4, f64x2, i32x4, v128 } from '../../assembler/index.ts'
import { expTail, scaled, splitPower } from './exponential.ts'
import {
  absolute,
  all,
  between,
  bothDoubles,
  choose,
  doubleRounder,
  type Formula,
  inDoubles,
  infinity,
  joinDoubles,
  joinLowWords,
  type Lanes,
  type Mathematics,
  polynomial,
  signBits,
  type Vector,
  zero,
} from './mathematics.ts'

/** 2/ln 2 · (s + s³/3 + s⁵/5 + …) is log2((1 + s)/(1 − s)); |s| < 0.172, so s¹⁷ is below 2⁻⁴³. */
const log2Series = [15, 13, 11, 9, 7, 5, 3, 1].map((odd) => 2 / Math.LN2 / odd)

function doublePolynomial(x: Lanes, coefficients: readonly number[]): Vector {
  const [first = 0, ...rest] = coefficients
  return rest.reduce<Vector>(
    (sum, coefficient) => f64x2.add(f64x2.mul(sum, x), bothDoubles(coefficient)),
    bothDoubles(first),
  )
}

/** 2^(y · log2 a) for a >= 0; the exponent is found in float64, because an error there is magnified 128 times. */
function positivePower(m: Mathematics, a: Lanes, y: Lanes): Vector {
  const { f } = m
  const { fraction, n } = splitPower(m, a)
  const isInfinite = v128.and(f32x4.eq(a, infinity), infinity)
  const isZero = v128.and(f32x4.eq(a, zero), all(Number.NEGATIVE_INFINITY))
  const exponent = f.let(f32x4.add(f32x4.add(n, isInfinite), isZero))
  const [low, high] = inDoubles(m, [fraction, exponent, y], (part, power, factor) => {
    const s = f.let(f64x2.div(part, f64x2.add(part, bothDoubles(2))))
    const square = f.let(f64x2.mul(s, s))
    const log2 = f64x2.add(power, f64x2.mul(s, doublePolynomial(square, log2Series)))
    const product = f64x2.pmax(f64x2.mul(factor, log2), bothDoubles(-160))
    const limited = f.let(f64x2.pmin(product, bothDoubles(160)))
    const shifted = f.let(f64x2.add(limited, bothDoubles(doubleRounder)))
    const whole = f64x2.sub(shifted, bothDoubles(doubleRounder))
    const rest = f64x2.mul(f64x2.sub(limited, whole), bothDoubles(Math.LN2))
    return { shifted, rest: f.let(rest) }
  })
  const whole = f.let(joinLowWords(low.shifted, high.shifted))
  const rest = f.let(joinDoubles(low.rest, high.rest))
  const tail = f32x4.mul(f32x4.mul(rest, rest), polynomial(m, rest, expTail))
  return scaled(m, f32x4.add(f32x4.add(tail, rest), all(1)), whole)
}

const isWhole = (x: Vector): Vector => f32x4.eq(f32x4.trunc(x), x)

/** C99's pow: 1 to any power and anything to the power 0 are 1, even for NaN. */
export const pow: Formula = {
  name: 'pow',
  arity: 2,
  emit: (m, x, y) => {
    const { f } = m
    const size = f.let(absolute(x))
    const magnitude = f.let(positivePower(m, size, y))
    const whole = f.let(isWhole(y))
    const half = f.let(f32x4.mul(y, all(0.5)))
    const odd = v128.and(whole, v128.not(isWhole(half)))
    const signed = v128.xor(magnitude, v128.and(v128.and(x, odd), signBits))
    const negative = v128.and(f32x4.lt(x, zero), f32x4.lt(size, infinity))
    const undefinedRoot = v128.andnot(negative, whole)
    const unordered = v128.or(f32x4.ne(x, x), f32x4.ne(y, y))
    const value = v128.or(signed, v128.or(undefinedRoot, unordered))
    const unit = v128.and(f32x4.eq(size, all(1)), f32x4.eq(absolute(y), infinity))
    const isOne = v128.or(v128.or(f32x4.eq(x, all(1)), f32x4.eq(y, zero)), unit)
    return choose(isOne, all(1), value)
  },
}

/** Keeps 29 leading bits of a double, so that its product with a float32 is exact. */
const leadingBits = i32x4.const(0xff00_0000, -1, 0xff00_0000, -1)
const doubleSign = bothDoubles(-0)

/** The remainder with the sign of the divisor, exact: long division by 29 bits of the quotient a round. */
export const mod: Formula = {
  name: 'mod',
  arity: 2,
  emit: (m, x, y) => {
    const { f } = m
    const [low, high] = inDoubles(m, [x, y], (dividend, divisor) => {
      const rest = f.let(f64x2.abs(dividend))
      const size = f.let(f64x2.abs(divisor))
      const open = f.let(f64x2.ge(rest, size))
      f.while(v128.anyTrue(open), () => {
        const quotient = f64x2.trunc(v128.and(f64x2.div(rest, size), leadingBits))
        const next = f.let(f64x2.sub(rest, f64x2.mul(quotient, size)))
        const tooFar = v128.and(f64x2.lt(next, zero), size)
        f.set(rest, choose(open, f64x2.add(next, tooFar), rest))
        f.set(open, f64x2.ge(rest, size))
      })
      const signed = f.let(v128.or(rest, v128.and(dividend, doubleSign)))
      const differs = v128.and(v128.xor(signed, divisor), doubleSign)
      const isOther = v128.and(
        f64x2.lt(v128.xor(differs, bothDoubles(1)), zero),
        f64x2.ne(signed, zero),
      )
      return f.let(f64x2.add(signed, v128.and(isOther, divisor)))
    })
    return v128.or(joinDoubles(low, high), f32x4.ne(y, y))
  },
}

/** Odd and even coefficients of the rational approximation of erf in Eigen, |x| <= 4. */
const erfOdd = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5,
  -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2,
] as const
const erfEven = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3,
  -1.42647390514189e-2,
] as const

/** Near 0 the series' first term, 2x/√π; the quotient is kept within ±1, which rounding could pass. */
export const erf: Formula = {
  name: 'erf',
  arity: 1,
  emit: (m, x) => {
    const clamped = m.f.let(between(x, -4, 4))
    const square = m.f.let(f32x4.mul(clamped, clamped))
    const above = f32x4.mul(clamped, polynomial(m, square, erfOdd))
    const quotient = f32x4.div(above, polynomial(m, square, erfEven))
    const small = f32x4.mul(x, all(2 / Math.sqrt(Math.PI)))
    return choose(f32x4.lt(absolute(x), all(4e-4)), small, between(quotient, -1, 1))
  },
}
