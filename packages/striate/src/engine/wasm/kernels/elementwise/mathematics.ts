/** The tools with which functions of four float32 lanes are written: constants, polynomials, doubles. */
import {
  type FunctionBuilder,
  type FunctionReference,
  f32x4,
  f64x2,
  i32x4,
  type Local,
  type ModuleBuilder,
  type Value,
  v128,
} from '../../assembler/index.ts'
import { type KernelTarget, multiplyAdd } from '../kernel.ts'

export type Vector = Value<'v128'>
export type Lanes = Local<'v128'>

/** Where a function is written: its body, the target, and the functions that it may call. */
export type Mathematics = {
  readonly f: FunctionBuilder
  readonly target: KernelTarget
  readonly call: (formula: Formula, ...args: readonly Vector[]) => Lanes
}

/** A function of one or two vectors; in a module it becomes one WebAssembly function. */
export type Formula = {
  readonly name: string
  readonly arity: 1 | 2
  readonly emit: (m: Mathematics, x: Lanes, y: Lanes) => Vector
}

/**
 * Gives formulas to the bodies of a module: as functions, each defined when it is first called, or
 * written in place, which takes a quarter less time and more room.
 */
export class FormulaLibrary {
  readonly #module: ModuleBuilder
  readonly #target: KernelTarget
  readonly #inPlace: boolean
  readonly #defined = new Map<string, FunctionReference<{ x: 'v128'; y: 'v128' }, 'v128'>>()

  constructor(module: ModuleBuilder, target: KernelTarget, inPlace: boolean) {
    this.#inPlace = inPlace
    this.#module = module
    this.#target = target
  }

  /** For a body that is being written. */
  mathematics(f: FunctionBuilder): Mathematics {
    const call = (formula: Formula, ...[x, y]: readonly Vector[]): Lanes => {
      const first = x ?? zero
      if (this.#inPlace) {
        const lanes = f.let(first)
        return f.let(formula.emit(this.mathematics(f), lanes, y === undefined ? lanes : f.let(y)))
      }
      return f.let(this.#function(formula).call({ x: first, y: y ?? first }))
    }
    return { f, target: this.#target, call }
  }

  #function(formula: Formula): FunctionReference<{ x: 'v128'; y: 'v128' }, 'v128'> {
    const known = this.#defined.get(formula.name)
    if (known !== undefined) return known
    const parameters = { x: 'v128', y: 'v128' } as const
    const defined = this.#module.function(formula.name, parameters, 'v128', (f, { x, y }) =>
      formula.emit(this.mathematics(f), x, y),
    )
    this.#defined.set(formula.name, defined)
    return defined
  }
}

export const all = (value: number): Vector => f32x4.const(value, value, value, value)
export const allBits = (value: number): Vector => i32x4.const(value, value, value, value)
export const zero: Vector = allBits(0)
export const signBits: Vector = allBits(0x8000_0000)
export const infinity: Vector = all(Number.POSITIVE_INFINITY)

/** c₀ xⁿ + c₁ xⁿ⁻¹ + … + cₙ by Horner's rule. */
export function polynomial(m: Mathematics, x: Lanes, coefficients: readonly number[]): Lanes {
  const [first = 0, ...rest] = coefficients
  const sum = rest.reduce<Vector>(
    (value, coefficient) => multiplyAdd(m.target, value, x, all(coefficient)),
    all(first),
  )
  return m.f.let(sum)
}

/** a where the mask is set, else b. */
export const choose = (mask: Vector, a: Vector, b: Vector): Vector => v128.bitselect(a, b, mask)

export const absolute = (x: Vector): Vector => f32x4.abs(x)

/** x kept in [low, high]; NaN stays NaN. */
export const between = (x: Vector, low: number, high: number): Vector =>
  f32x4.pmin(f32x4.pmax(x, all(low)), all(high))

/** The magnitude of x (its sign bit clear) with the sign of y. */
export const withSign = (x: Vector, y: Vector): Vector => v128.or(x, v128.and(y, signBits))

/** 2ⁿ of int32 lanes, −126 <= n <= 127. */
export const powerOfTwo = (n: Vector): Vector => i32x4.shl(i32x4.add(n, allBits(127)), 23)

/** Runs a body of doubles for the lower and for the upper two lanes; the results are joined below. */
export function inDoubles<T>(
  m: Mathematics,
  args: readonly Lanes[],
  body: (...args: Lanes[]) => T,
): readonly [low: T, high: T] {
  const upper = (x: Lanes): Vector => i32x4.shuffle(x, x, 2, 3, 2, 3)
  const promoted = (x: Vector): Lanes => m.f.let(f64x2.promoteLowF32x4(x))
  const low = body(...args.map(promoted))
  return [low, body(...args.map((x) => promoted(upper(x))))]
}

/** Two pairs of doubles as four floats. */
export const joinDoubles = (low: Vector, high: Vector): Vector =>
  i32x4.shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), 0, 1, 4, 5)

/** The low words of two pairs of 64-bit lanes. */
export const joinLowWords = (low: Vector, high: Vector): Vector =>
  i32x4.shuffle(low, high, 0, 2, 4, 6)

/** Adding 1.5 · 2⁵² to a double leaves the nearest whole number in its low word. */
export const doubleRounder = 6755399441055744

export const bothDoubles = (value: number): Vector => f64x2.const(value, value)
