// The scalar functions: values, special values, element types and derivatives, on the reference engine.
import {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cast,
  ceil,
  cos,
  cosh,
  div,
  erf,
  exp,
  expm1,
  floor,
  gradients,
  log,
  log1p,
  log1pExp,
  log2,
  log10,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  pow,
  reciprocal,
  round,
  rsqrt,
  setEngine,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  sub,
  type Tensor,
  tan,
  tanh,
  tensor,
  trunc,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'
import { maxRelative } from '../support/references.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

const float64 = (...values: number[]): Tensor => tensor(new Float64Array(values))
const values = async (x: Tensor): Promise<number[]> => [...(await x.data())]

type Unary = readonly [
  string,
  (x: Tensor) => Tensor,
  (a: number) => number,
  readonly [low: number, high: number],
]

const unary: readonly Unary[] = [
  ['abs', abs, Math.abs, [-2, 2]],
  ['acos', acos, Math.acos, [-0.9, 0.9]],
  ['acosh', acosh, Math.acosh, [1.1, 4]],
  ['asin', asin, Math.asin, [-0.9, 0.9]],
  ['asinh', asinh, Math.asinh, [-3, 3]],
  ['atan', atan, Math.atan, [-3, 3]],
  ['atanh', atanh, Math.atanh, [-0.9, 0.9]],
  ['cos', cos, Math.cos, [-3, 3]],
  ['cosh', cosh, Math.cosh, [-3, 3]],
  ['exp', exp, Math.exp, [-3, 3]],
  ['expm1', expm1, Math.expm1, [-3, 3]],
  ['log', log, Math.log, [0.2, 3]],
  ['log1p', log1p, Math.log1p, [-0.8, 3]],
  ['log1pExp', log1pExp, (a) => Math.log(1 + Math.exp(a)), [-3, 3]],
  ['log2', log2, Math.log2, [0.2, 3]],
  ['log10', log10, Math.log10, [0.2, 3]],
  ['neg', neg, (a) => -a, [-2, 2]],
  ['reciprocal', reciprocal, (a) => 1 / a, [0.5, 2]],
  ['rsqrt', rsqrt, (a) => 1 / Math.sqrt(a), [0.5, 2]],
  ['sigmoid', sigmoid, (a) => 1 / (1 + Math.exp(-a)), [-3, 3]],
  ['sin', sin, Math.sin, [-3, 3]],
  ['sinh', sinh, Math.sinh, [-3, 3]],
  ['sqrt', sqrt, Math.sqrt, [0.2, 3]],
  ['square', square, (a) => a * a, [-2, 2]],
  ['tan', tan, Math.tan, [-1.2, 1.2]],
  ['tanh', tanh, Math.tanh, [-3, 3]],
]

describe('functions of one argument', () => {
  it.each(unary)('%s: values, first and second derivative', async (_, f, plain, [low, high]) => {
    const x = sample([11], low, high)
    const expected = (await values(x)).map(plain)
    expect(maxRelative(await values(f(x)), expected)).toBeLessThan(1e-14)
    await checkGradients(f, [x])
    await checkSecondGradients(f, [x])
  })

  it('the error function, to 17 digits of tables', async () => {
    const table: readonly (readonly [number, number])[] = [
      [0, 0],
      [1e-10, 1.1283791670955126e-10],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [1.5, 0.9661051464753108],
      [1.75, 0.9866716712191824],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [6, 1],
      [Number.POSITIVE_INFINITY, 1],
    ]
    const found = await values(erf(float64(...table.map(([x]) => x))))
    const mirrored = await values(erf(float64(...table.map(([x]) => -x))))
    for (const [i, [, expected]] of table.entries()) {
      expect(Math.abs(found[i]! - expected)).toBeLessThanOrEqual(1e-15 * expected)
      expect(mirrored[i]).toBe(-found[i]!)
    }
    expect(await erf(float64(Number.NaN)).item()).toBeNaN()
    await checkGradients(erf, [sample([9], -3, 3)])
    await checkSecondGradients(erf, [sample([9], -3, 3)])
  })

  it('is exact or saturates where the plain formula would not', async () => {
    expect(await values(log1p(float64(1e-20)))).toEqual([1e-20])
    expect(await values(expm1(float64(1e-20)))).toEqual([1e-20])
    expect(await values(sigmoid(float64(-1000, 0, 1000)))).toEqual([0, 0.5, 1])
    expect(await values(log1pExp(float64(-1000, 1000)))).toEqual([0, 1000])
    const x = float64(-1000, 1000)
    const [dx] = gradients(log1pExp(x), [x])
    expect(await values(dx!)).toEqual([0, 1])
  })

  it('keeps NaN, and answers outside the domain with it', async () => {
    for (const f of [sigmoid, tanh, erf, log1pExp, exp, round, floor, abs])
      expect(await f(float64(Number.NaN)).item()).toBeNaN()
    for (const f of [log, sqrt, asin, acos, acosh, atanh])
      expect(await f(float64(-2)).item()).toBeNaN()
    expect(await log(float64(0)).item()).toBe(Number.NEGATIVE_INFINITY)
  })
})

describe('rounding', () => {
  const x = float64(-2.5, -1.5, -1.2, -0.5, 0.49999999999999994, 0.5, 1.5, 2.5, 2.7)

  it('goes down, up, to the nearest even, and towards 0', async () => {
    expect(await values(floor(x))).toEqual([-3, -2, -2, -1, 0, 0, 1, 2, 2])
    expect(await values(ceil(x))).toEqual([-2, -1, -1, -0, 1, 1, 2, 3, 3])
    expect(await values(round(x))).toEqual([-2, -2, -1, -0, 0, 0, 2, 2, 3])
    expect(await values(trunc(x))).toEqual([-2, -1, -1, -0, 0, 0, 1, 2, 2])
  })

  it.each([floor, ceil, round, trunc, sign])('passes no gradient', async (f) => {
    const [dx] = gradients(f(x), [x])
    expect(await values(dx!)).toEqual(new Array(9).fill(0))
  })
})

type Binary = readonly [
  string,
  (x: Tensor, y: Tensor) => Tensor,
  (a: number, b: number) => number,
  readonly [low: number, high: number],
]

const binary: readonly Binary[] = [
  ['add', add, (a, b) => a + b, [-2, 2]],
  ['sub', sub, (a, b) => a - b, [-2, 2]],
  ['mul', mul, (a, b) => a * b, [-2, 2]],
  ['div', div, (a, b) => a / b, [0.5, 2]],
  ['pow', pow, (a, b) => a ** b, [0.5, 2]],
  ['mod', mod, (a, b) => a - b * Math.floor(a / b), [0.5, 2]],
  ['maximum', maximum, Math.max, [-2, 2]],
  ['minimum', minimum, Math.min, [-2, 2]],
  ['atan2', atan2, Math.atan2, [-2, 2]],
]

describe('functions of two arguments', () => {
  it.each(binary)('%s: values, derivatives, broadcasting', async (_, f, plain, [low, high]) => {
    const x = sample([2, 3], low, high, 3)
    const y = sample([3], low, high, 5)
    const [a, b] = [await values(x), await values(y)]
    const expected = a.map((value, i) => plain(value, b[i % 3]!))
    expect(maxRelative(await values(f(x, y)), expected)).toBeLessThan(1e-14)
    await checkGradients(f, [x, y])
    await checkSecondGradients(f, [x, y])
  })

  it('atan2 knows the quadrant', async () => {
    const angles = await values(atan2(float64(1, 1, -1, -1), float64(1, -1, -1, 1)))
    for (const [i, turn] of [0.25, 0.75, -0.75, -0.25].entries())
      expect(angles[i]).toBeCloseTo(turn * Math.PI, 15)
  })
})

describe('element types', () => {
  const whole = tensor(new Int32Array([1, 4]))

  it('real functions of whole numbers give float32', async () => {
    for (const f of [exp, log, sqrt, sigmoid, tanh, erf, sin, atan, reciprocal, rsqrt])
      expect(f(whole).dtype).toBe('float32')
    expect(atan2(whole, whole).dtype).toBe('float32')
    expect(await values(sqrt(whole))).toEqual([1, 2])
  })

  it('rounding keeps the type, and a cast drops the fraction', async () => {
    for (const f of [floor, ceil, round, trunc]) expect(f(whole).dtype).toBe('int32')
    expect(await values(cast(float64(-1.7, 2.9), 'int32'))).toEqual([-1, 2])
  })

  it('float64 stays float64, and numbers take the type of the tensor', () => {
    expect(exp(float64(1)).dtype).toBe('float64')
    expect(mul(float64(1), 0.1).dtype).toBe('float64')
    expect(mul(tensor([1]), 0.1).dtype).toBe('float32')
  })
})
