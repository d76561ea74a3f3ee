// Every scalar operator of the element-wise kernels against JavaScript's float64, over all magnitudes.
import { expect, test } from 'vitest'
import { elementwiseModule } from '../../src/engine/wasm/kernels/index.ts'
import { type FunctionName, operatorOf } from '../support/formulas.ts'
import { Arena, randomNumbers } from './wasmArena.ts'

type Definition = (x: number, y: number) => number

/** erf by its series near 0 and its continued fraction (Abramowitz and Stegun 7.1.5, 7.1.14) beyond. */
function erf(x: number): number {
  const a = Math.abs(x)
  if (Number.isNaN(x) || a > 6) return Math.sign(x)
  if (a < 2.5) {
    let [sum, term] = [x, x]
    for (let n = 1; n < 80; n++) {
      term *= (-x * x) / n
      sum += term / (2 * n + 1)
    }
    return (2 / Math.sqrt(Math.PI)) * sum
  }
  let fraction = 0
  for (let k = 60; k >= 1; k--) fraction = k / 2 / (a + fraction)
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction))
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  if (x - floor !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}

function power(x: number, y: number): number {
  return x === 1 || (Math.abs(x) === 1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y
}

function remainder(x: number, y: number): number {
  const rest = x % y
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest
}

const unary: Partial<Record<FunctionName, Definition>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf: (x) => (Number.isNaN(x) ? x : erf(x)),
  logicalNot: (x) => Number(x === 0),
  isNaN: (x) => Number(Number.isNaN(x)),
}

const binary: Partial<Record<FunctionName, Definition>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: power,
  mod: remainder,
  atan2: Math.atan2,
  maximum: Math.max,
  minimum: Math.min,
  equal: (x, y) => Number(x === y),
  notEqual: (x, y) => Number(x !== y),
  less: (x, y) => Number(x < y),
  lessEqual: (x, y) => Number(x <= y),
  greater: (x, y) => Number(x > y),
  greaterEqual: (x, y) => Number(x >= y),
  logicalAnd: (x, y) => Number(x !== 0 && y !== 0),
  logicalOr: (x, y) => Number(x !== 0 || y !== 0),
}

const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  3,
  -3,
  1.5,
  2.5,
  -2.5,
  1e-8,
  -1e-8,
  1e-30,
  1e30,
  -1e30,
  88.5,
  88.8,
  89.3,
  -88,
  -103,
  -105,
  1e-45,
  -1e-45,
  1.1754943508222875e-38,
  3.4028234663852886e38,
  1e9,
  16777217,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
]

/** Bit patterns all over float32, ranges around 0, and neighbours of 1 and −1. */
function samples(count: number, seed: number): Float32Array {
  const random = randomNumbers(seed)
  const bits = new Float32Array(Int32Array.from({ length: count }, () => random() * 2 ** 32).buffer)
  const ranges = [1, 0.1, 4, 10, 100, 1000]
  return bits.map((value, i) => {
    if (i % 4 === 0) return value
    if (i % 4 === 1) return (1 + 10 ** (-7 * random()) * (random() - 0.5)) * (i % 8 < 4 ? 1 : -1)
    return (2 * random() - 1) * (ranges[i % ranges.length] ?? 1)
  })
}

function evaluate(
  op: FunctionName,
  inputs: readonly Float32Array[],
  relaxed: boolean,
): Float32Array {
  const count = inputs[0]?.length ?? 0
  const arena = new Arena()
  const addresses = inputs.map((data) => arena.put(data, 4))
  const out = arena.output(new Float32Array(count), 8)
  const kernel = arena.load(
    elementwiseModule({
      expression: [
        ...inputs.map((_, index) => ({ kind: 'input', index }) as const),
        { kind: 'apply', op: operatorOf('f32', op)!, args: inputs.map((_, index) => index) },
      ],
      inputs: inputs.map(() => ({ type: 'f32', innerStride: 1 })),
      sharedMemory: false,
      relaxed,
    }),
  )
  arena.guarded(() => kernel.run(count, 0, out, ...addresses))
  return arena.float32(out, count)
}

const smallestNormal = 2 ** -126
const trigonometric = new Set<FunctionName>(['sin', 'cos', 'tan'])
/** Beyond it, documented, the argument says nothing of the angle and the result is NaN. */
const largestAngle = 2 ** 28 * (Math.PI / 2)

/** Relative error below 5e-7; results below the normal range may be flushed to 0. */
function compare(op: FunctionName, definition: Definition, inputs: readonly Float32Array[]): void {
  const results = evaluate(op, inputs, false)
  results.forEach((got, i) => {
    const [x, y] = [inputs[0]?.[i] ?? 0, inputs[1]?.[i] ?? 0]
    const isLost = trigonometric.has(op) && Math.abs(x) > largestAngle
    const exact = isLost ? Number.NaN : definition(x, y)
    const wanted = Math.fround(exact)
    if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return
    const error = Math.abs(got - exact)
    const allowed = Math.max(5e-7 * Math.abs(exact), smallestNormal)
    if (!(error <= allowed)) expect.fail(`${op}(${x}, ${y}) is ${got}, wanted ${exact}`)
  })
}

test.each(Object.entries(unary))('%s', (op, definition) => {
  const data = samples(40_000, 3)
  data.set(special)
  compare(op as FunctionName, definition, [data])
})

test.each(Object.entries(binary))('%s', (op, definition) => {
  const pairs = special.flatMap((x) => special.map((y) => [x, y] as const))
  const x = Float32Array.from(pairs, ([first]) => first)
  const y = Float32Array.from(pairs, ([, second]) => second)
  compare(op as FunctionName, definition, [x, y])
  const random = randomNumbers(4)
  const base = samples(20_000, 5).map((value, i) => (i % 3 === 0 ? Math.abs(value) : value))
  const other = samples(20_000, 6).map((value, i) => (i % 2 === 0 ? value : (random() - 0.5) * 20))
  compare(op as FunctionName, definition, [base, other])
})

test('where takes the first where the condition is other than 0, NaN included', () => {
  const condition = Float32Array.of(1, 0, -0, Number.NaN, 1e-45, -3, 0)
  const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7)
  const results = evaluate('where', [condition, x, x.map((value) => -value)], false)
  expect([...results]).toEqual([1, -2, -3, 4, 5, 6, -7])
})

test('zeros keep their sign where C99 keeps it', () => {
  const zeros = Float32Array.of(0, -0)
  for (const op of ['neg', 'sign', 'asin', 'atan', 'sinh', 'tanh', 'asinh', 'atanh'] as const) {
    const flipped = op === 'neg' ? [-0, 0] : [0, -0]
    expect([...evaluate(op, [zeros], false)]).toEqual(flipped)
  }
})
