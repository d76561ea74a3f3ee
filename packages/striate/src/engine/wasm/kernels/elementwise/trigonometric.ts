/**
 * Sine, cosine, tangent and their inverses. Polynomials of sinf, asinf and atanf of Cephes (netlib.org/cephes,
 * single). The argument is reduced by multiples of π/2 in float64, split as in FreeBSD's e_rem_pio2f.c:
 * exact to |x| = 2²⁸ · π/2, where neighbouring float32 lie 32 apart; beyond, the result is NaN.
 */
import { f32x4, f64x2, i32x4, v128 } from '../../assembler/index.ts'
import {
  absolute,
  all,
  allBits,
  bothDoubles,
  choose,
  doubleRounder,
  type Formula,
  inDoubles,
  joinDoubles,
  joinLowWords,
  type Lanes,
  type Mathematics,
  polynomial,
  signBits,
  type Vector,
  withSign,
  zero,
} from './mathematics.ts'

const halfPiHigh = 1.5707963109016418
const halfPiLow = 1.5893254773528196e-8
const largestArgument = 2 ** 28 * (Math.PI / 2)

const sinTail = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1] as const
const cosTail = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2] as const

/** x = quarter · π/2 + rest, |rest| <= π/4. */
function quarterTurns(m: Mathematics, x: Lanes): { readonly quarter: Lanes; readonly rest: Lanes } {
  const { f } = m
  const [low, high] = inDoubles(m, [x], (angle) => {
    const turns = f64x2.mul(angle, bothDoubles(2 / Math.PI))
    const shifted = f.let(f64x2.add(turns, bothDoubles(doubleRounder)))
    const whole = f.let(f64x2.sub(shifted, bothDoubles(doubleRounder)))
    const near = f64x2.sub(angle, f64x2.mul(whole, bothDoubles(halfPiHigh)))
    return { shifted, rest: f.let(f64x2.sub(near, f64x2.mul(whole, bothDoubles(halfPiLow)))) }
  })
  const tooLarge = f32x4.gt(absolute(x), all(largestArgument))
  return {
    quarter: f.let(joinLowWords(low.shifted, high.shifted)),
    rest: f.let(v128.or(joinDoubles(low.rest, high.rest), tooLarge)),
  }
}

type Circle = { readonly sin: Lanes; readonly cos: Lanes }

/** Sine and cosine of |x| <= π/4. */
function nearZero(m: Mathematics, x: Lanes): Circle {
  const { f } = m
  const square = f.let(f32x4.mul(x, x))
  const sine = f32x4.mul(f32x4.mul(polynomial(m, square, sinTail), square), x)
  const quartic = f32x4.mul(f32x4.mul(polynomial(m, square, cosTail), square), square)
  const cosine = f32x4.add(f32x4.sub(quartic, f32x4.mul(square, all(0.5))), all(1))
  return { sin: f.let(f32x4.add(sine, x)), cos: f.let(cosine) }
}

const isOdd = (n: Vector): Vector => i32x4.ne(v128.and(n, allBits(1)), zero)

/** The sine of rest + quarter · π/2. */
function turned(quarter: Vector, { sin, cos }: Circle): Vector {
  const flip = v128.and(i32x4.shl(quarter, 30), signBits)
  return v128.xor(choose(isOdd(quarter), cos, sin), flip)
}

export const sin: Formula = {
  name: 'sin',
  arity: 1,
  emit: (m, x) => {
    const { quarter, rest } = quarterTurns(m, x)
    return turned(quarter, nearZero(m, rest))
  },
}

export const cos: Formula = {
  name: 'cos',
  arity: 1,
  emit: (m, x) => {
    const { quarter, rest } = quarterTurns(m, x)
    return turned(m.f.let(i32x4.add(quarter, allBits(1))), nearZero(m, rest))
  },
}

export const tan: Formula = {
  name: 'tan',
  arity: 1,
  emit: (m, x) => {
    const { quarter, rest } = quarterTurns(m, x)
    const circle = nearZero(m, rest)
    const odd = m.f.let(isOdd(quarter))
    const ratio = f32x4.div(
      choose(odd, circle.cos, circle.sin),
      choose(odd, circle.sin, circle.cos),
    )
    return v128.xor(ratio, v128.and(odd, signBits))
  },
}

const asinTail = [
  4.2163199048e-2, 2.4181311049e-2, 4.5470025998e-2, 7.4953002686e-2, 1.6666752422e-1,
] as const

/** asin(r) for 0 <= r <= 1/2, given r². */
function asinSeries(m: Mathematics, root: Lanes, square: Lanes): Lanes {
  const tail = f32x4.mul(f32x4.mul(polynomial(m, square, asinTail), square), root)
  return m.f.let(f32x4.add(tail, root))
}

type ArcSine = { readonly far: Lanes; readonly value: Lanes }

/** With a = |x|: asin(a), or where a > 1/2 asin √((1 − a)/2), which is half of acos(a). */
function arcSine(m: Mathematics, x: Lanes): ArcSine {
  const { f } = m
  const size = f.let(absolute(x))
  const far = f.let(f32x4.gt(size, all(0.5)))
  const halved = f32x4.mul(f32x4.sub(all(1), size), all(0.5))
  const square = f.let(choose(far, halved, f32x4.mul(size, size)))
  const root = f.let(choose(far, f32x4.sqrt(square), size))
  return { far, value: asinSeries(m, root, square) }
}

const halfPi = Math.PI / 2

export const asin: Formula = {
  name: 'asin',
  arity: 1,
  emit: (m, x) => {
    const { far, value } = arcSine(m, x)
    const flipped = f32x4.sub(all(halfPi), f32x4.add(value, value))
    return withSign(choose(far, flipped, value), x)
  },
}

/** Far from 0: 2v, or π − 2v for negative x; near 0: π/2 − asin x, with the part of π/2 that float32 drops. */
export const acos: Formula = {
  name: 'acos',
  arity: 1,
  emit: (m, x) => {
    const { far, value } = arcSine(m, x)
    const { f } = m
    const twice = f.let(f32x4.add(value, value))
    const farResult = choose(f32x4.lt(x, zero), f32x4.sub(all(Math.PI), twice), twice)
    const halfPiRest = halfPi - Math.fround(halfPi)
    const signed = f.let(f32x4.sub(withSign(value, x), all(halfPiRest)))
    return choose(far, farResult, f32x4.sub(all(halfPi), signed))
  },
}

const atanTail = [8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1] as const
const tan3EighthPi = 2.414213562373095
const tanEighthPi = 0.4142135623730951

/** Beyond tan(3π/8): π/2 + atan(−1/a); beyond tan(π/8): π/4 + atan((a − 1)/(a + 1)). */
export const atan: Formula = {
  name: 'atan',
  arity: 1,
  emit: (m, x) => {
    const { f } = m
    const size = f.let(absolute(x))
    const large = f.let(f32x4.gt(size, all(tan3EighthPi)))
    const middle = f.let(f32x4.gt(size, all(tanEighthPi)))
    const above = choose(large, all(-1), f32x4.sub(size, all(1)))
    const below = choose(large, size, f32x4.add(size, all(1)))
    const argument = f.let(choose(middle, f32x4.div(above, below), size))
    const start = choose(large, all(halfPi), v128.and(middle, all(Math.PI / 4)))
    const square = f.let(f32x4.mul(argument, argument))
    const tail = f32x4.mul(f32x4.mul(polynomial(m, square, atanTail), square), argument)
    return withSign(f32x4.add(start, f32x4.add(tail, argument)), x)
  },
}

/** The angle of the point (x, y) by C99's rules: atan of the smaller over the larger, then octants. */
export const atan2: Formula = {
  name: 'atan2',
  arity: 2,
  emit: (m, y, x) => {
    const { f } = m
    const [height, width] = [f.let(absolute(y)), f.let(absolute(x))]
    const steep = f.let(f32x4.gt(height, width))
    const [small, large] = [f32x4.min(height, width), f32x4.max(height, width)]
    const ratio = f.let(f32x4.div(small, large))
    // 0/0 counts as 0 and ∞/∞ as 1: equal sizes are those two or truly 1.
    const equalSizes = f.let(f32x4.eq(height, width))
    const one = v128.and(f32x4.gt(height, zero), all(1))
    const angle = m.call(atan, choose(equalSizes, one, ratio))
    const octant = f.let(choose(steep, f32x4.sub(all(halfPi), angle), angle))
    const left = i32x4.ltS(x, zero)
    return withSign(choose(left, f32x4.sub(all(Math.PI), octant), octant), y)
  },
}
