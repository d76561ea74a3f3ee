/**
 * Exponentials and logarithms. Range reduction and polynomials of expf and logf of S. Moshier's
 * Cephes library (netlib.org/cephes, single); the split of ln 2 makes n · ln2High exact.
 */
import { f32x4, i32x4, v128 } from '../../assembler/index.ts'
import {
  absolute,
  all,
  allBits,
  between,
  choose,
  type Formula,
  infinity,
  type Lanes,
  type Mathematics,
  polynomial,
  powerOfTwo,
  type Vector,
  zero,
} from './mathematics.ts'

const ln2High = 0.693359375
const ln2Low = -2.1219444005469057e-4
/** Adding 1.5 · 2²³ leaves the nearest whole number in the low bits. */
const rounder = 12582912
const rounderBits = 0x4b400000

/** exp(r) − 1 − r over r², for |r| <= ln 2 / 2. */
export const expTail = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
  5.0000001201e-1,
] as const

type Reduced = { readonly n: Lanes; readonly tail: Lanes; readonly rest: Lanes }

/** x = n · ln 2 + rest with |rest| <= ln 2 / 2; tail = exp(rest) − 1 − rest. NaN stays in both. */
function reduceExponent(m: Mathematics, x: Vector): Reduced {
  const { f } = m
  const exponent = f.let(x)
  const shifted = f.let(f32x4.add(f32x4.mul(exponent, all(Math.LOG2E)), all(rounder)))
  const whole = f.let(f32x4.sub(shifted, all(rounder)))
  const high = f32x4.sub(exponent, f32x4.mul(whole, all(ln2High)))
  const rest = f.let(f32x4.sub(high, f32x4.mul(whole, all(ln2Low))))
  const series = polynomial(m, rest, expTail)
  return {
    n: f.let(i32x4.sub(shifted, allBits(rounderBits))),
    tail: f.let(f32x4.mul(f32x4.mul(rest, rest), series)),
    rest,
  }
}

/** eˣ · 2⁻ʰ. */
function exponential(m: Mathematics, x: Lanes, halvings: number): Vector {
  const { n, tail, rest } = reduceExponent(m, between(x, -105, 90))
  const power = halvings === 0 ? n : m.f.let(i32x4.sub(n, allBits(halvings)))
  return scaled(m, f32x4.add(f32x4.add(tail, rest), all(1)), power)
}

/** x · 2ⁿ for |n| <= 252, in two steps: overflow and denormals come out right. */
export function scaled(m: Mathematics, x: Vector, n: Lanes): Vector {
  const half = m.f.let(i32x4.shrS(n, 1))
  return f32x4.mul(f32x4.mul(x, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)))
}

export const exp: Formula = { name: 'exp', arity: 1, emit: (m, x) => exponential(m, x, 0) }

/** eˣ / 2, finite wherever sinh and cosh are. */
export const halfExp: Formula = { name: 'halfExp', arity: 1, emit: (m, x) => exponential(m, x, 1) }

/** 2 (s q + s − 1/2) with q = exp(rest) − 1 and s = 2ⁿ⁻¹: no cancellation near 0, no early overflow. */
export const expm1: Formula = {
  name: 'expm1',
  arity: 1,
  emit: (m, x) => {
    const { n, tail, rest } = reduceExponent(m, between(x, -30, 89))
    const scale = m.f.let(powerOfTwo(i32x4.sub(n, allBits(1))))
    const product = f32x4.mul(scale, f32x4.add(tail, rest))
    const value = m.f.let(f32x4.add(product, f32x4.sub(scale, all(0.5))))
    return f32x4.add(value, value)
  },
}

/** log(1 + f) − f + f²/2 over f³, for √½ − 1 <= f < √2 − 1. */
const logTail = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
] as const
const sqrtHalfBits = 0x3f3504f3

/** x = (1 + fraction) · 2ⁿ with 1 + fraction in [√½, √2), for finite x > 0; n is a float. */
export function splitPower(
  m: Mathematics,
  x: Lanes,
): { readonly fraction: Lanes; readonly n: Lanes } {
  const { f } = m
  const tiny = f.let(f32x4.lt(x, all(2 ** -126)))
  const normal = f.let(choose(tiny, f32x4.mul(x, all(2 ** 23)), x))
  const power = f.let(i32x4.shrS(i32x4.sub(normal, allBits(sqrtHalfBits)), 23))
  const fraction = f.let(f32x4.sub(i32x4.sub(normal, i32x4.shl(power, 23)), all(1)))
  const n = f.let(f32x4.sub(f32x4.convertI32x4S(power), v128.and(tiny, all(23))))
  return { fraction, n }
}

export const log: Formula = {
  name: 'log',
  arity: 1,
  emit: (m, x) => {
    const { f } = m
    const { fraction, n } = splitPower(m, x)
    const square = f.let(f32x4.mul(fraction, fraction))
    const series = polynomial(m, fraction, logTail)
    const cubic = f32x4.mul(f32x4.mul(square, fraction), series)
    const small = f32x4.add(cubic, f32x4.mul(n, all(ln2Low)))
    const lower = f32x4.sub(small, f32x4.mul(square, all(0.5)))
    const finite = f32x4.add(f32x4.add(fraction, lower), f32x4.mul(n, all(ln2High)))
    const withInfinity = choose(f32x4.eq(x, infinity), x, finite)
    const withZero = choose(f32x4.eq(x, zero), all(Number.NEGATIVE_INFINITY), withInfinity)
    return v128.or(withZero, v128.not(f32x4.ge(x, zero)))
  },
}

/** log(u) + c / u with u = 1 + x rounded and c what the rounding lost (Knuth's two-sum). */
export const log1p: Formula = {
  name: 'log1p',
  arity: 1,
  emit: (m, x) => {
    const { f } = m
    const sum = f.let(f32x4.add(x, all(1)))
    const part = f.let(f32x4.sub(sum, all(1)))
    const lost = f32x4.add(f32x4.sub(all(1), f32x4.sub(sum, part)), f32x4.sub(x, part))
    const plain = m.call(log, sum)
    const ordinary = v128.and(f32x4.gt(sum, zero), f32x4.lt(sum, infinity))
    return choose(ordinary, f32x4.add(plain, f32x4.div(lost, sum)), plain)
  },
}

/** 1 / (1 + e⁻ˣ). */
export const sigmoid: Formula = {
  name: 'sigmoid',
  arity: 1,
  emit: (m, x) => f32x4.div(all(1), f32x4.add(m.call(exp, f32x4.neg(x)), all(1))),
}

/** log(1 + eˣ) = max(x, 0) + log1p(exp(−|x|)). */
export const softplus: Formula = {
  name: 'softplus',
  arity: 1,
  emit: (m, x) => {
    const falling = m.call(log1p, m.call(exp, f32x4.neg(absolute(x))))
    return f32x4.add(f32x4.max(x, zero), falling)
  },
}
