// Reductions over the middle axis against plain loops, and the accuracy of long sums.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { argReduceModule, reduceModule } from '../../src/engine/wasm/kernels/index.ts'
import { Arena, expectClose, randomFloats, randomIntegers, randomNumbers } from './wasmArena.ts'

const target = { sharedMemory: false, relaxed: false }
const shapes = {
  outer: fc.integer({ min: 0, max: 4 }),
  reduced: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 300 })),
  inner: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 45 })),
  remainder: fc.integer({ min: 0, max: 15 }),
  seed: fc.integer(),
}
type Shape = { readonly outer: number; readonly reduced: number; readonly inner: number }

/** Calls back with each output cell and the values that it is made of. */
function forEachCell(
  { outer, reduced, inner }: Shape,
  data: ArrayLike<number>,
  visit: (cell: number, values: number[]) => void,
): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (r: number): number => data[(o * reduced + r) * inner + i] ?? 0
      visit(
        o * inner + i,
        Array.from({ length: reduced }, (_, r) => at(r)),
      )
    }
  }
}

const combine = {
  sum: (values: number[]) => values.reduce((a, b) => a + b, 0),
  prod: (values: number[]) => values.reduce((a, b) => a * b, 1),
  max: (values: number[]) => Math.max(...values),
  min: (values: number[]) => Math.min(...values),
}
const operators = ['sum', 'prod', 'max', 'min'] as const

test('sums, products and extremes of float32', () => {
  const problem = fc.record({ ...shapes, op: fc.constantFrom(...operators), nan: fc.boolean() })
  const check = ({
    op,
    nan,
    remainder,
    seed,
    ...shape
  }: typeof problem extends fc.Arbitrary<infer T> ? T : never): void => {
    const { outer, reduced, inner } = shape
    const random = randomNumbers(seed)
    const factors = op === 'prod' ? ([0.9, 1.1] as const) : ([-1, 1] as const)
    const data = randomFloats(random, outer * reduced * inner, ...factors)
    if (nan && data.length > 0) data[Math.floor(random() * data.length)] = Number.NaN
    const arena = new Arena()
    const input = arena.put(data, remainder)
    const output = arena.output(new Float32Array(outer * inner), remainder)
    const kernel = arena.load(reduceModule({ ...target, op }))
    arena.guarded(() => kernel.run(outer, reduced, inner, input, output))
    const wanted = new Float64Array(outer * inner)
    const scale = new Float64Array(outer * inner)
    forEachCell(shape, data, (cell, values) => {
      wanted[cell] = combine[op](values)
      scale[cell] =
        op === 'sum'
          ? 1e-6 * combine.sum(values.map(Math.abs))
          : op === 'prod'
            ? 2e-5 * wanted[cell]
            : 0
    })
    expectClose(arena.float32(output, wanted.length), wanted, (cell) => scale[cell] ?? 0)
  }
  fc.assert(fc.property(problem, check), { numRuns: 300, seed: 7 })
})

test('reductions of int32 wrap around', () => {
  const problem = fc.record({ ...shapes, op: fc.constantFrom(...operators) })
  const check = ({
    op,
    remainder,
    seed,
    ...shape
  }: typeof problem extends fc.Arbitrary<infer T> ? T : never): void => {
    const { outer, reduced, inner } = shape
    const data = randomIntegers(randomNumbers(seed), outer * reduced * inner, 2 ** 32)
    const arena = new Arena()
    const input = arena.put(data, remainder)
    const output = arena.output(new Int32Array(outer * inner), remainder)
    const kernel = arena.load(reduceModule({ ...target, op, type: 'i32' }))
    arena.guarded(() => kernel.run(outer, reduced, inner, input, output))
    const wanted = new Int32Array(outer * inner)
    forEachCell(shape, data, (cell, values) => {
      wanted[cell] =
        op === 'prod' ? values.reduce((a, b) => Math.imul(a, b), 1) : combine[op](values) | 0
    })
    expect(arena.int32(output, wanted.length)).toEqual(wanted)
  }
  fc.assert(fc.property(problem, check), { numRuns: 200, seed: 7 })
})

test('argmax and argmin give the first extreme, NaN before all', () => {
  const problem = fc.record({
    ...shapes,
    op: fc.constantFrom('argmax', 'argmin'),
    nan: fc.boolean(),
  })
  const check = ({
    op,
    nan,
    remainder,
    seed,
    ...shape
  }: typeof problem extends fc.Arbitrary<infer T> ? T : never): void => {
    const { outer, reduced, inner } = shape
    const random = randomNumbers(seed)
    // Few different values, so that there are ties.
    const data = Float32Array.from(randomIntegers(random, outer * reduced * inner, 6))
    if (nan) for (let i = 0; i < data.length; i++) if (random() < 0.02) data[i] = Number.NaN
    const arena = new Arena()
    const input = arena.put(data, remainder)
    const output = arena.output(new Int32Array(outer * inner), remainder)
    const kernel = arena.load(argReduceModule({ ...target, op: op as 'argmax' | 'argmin' }))
    arena.guarded(() => kernel.run(outer, reduced, inner, input, output))
    const wanted = new Int32Array(outer * inner)
    forEachCell(shape, data, (cell, values) => {
      const missing = values.findIndex(Number.isNaN)
      const extreme = op === 'argmax' ? Math.max(...values) : Math.min(...values)
      wanted[cell] = missing >= 0 ? missing : values.indexOf(extreme)
    })
    expect(arena.int32(output, wanted.length)).toEqual(wanted)
  }
  fc.assert(fc.property(problem, check), { numRuns: 300, seed: 7 })
})

test('a sum of 200,000 elements is within 1e-6, along and across the rows', () => {
  const data = randomFloats(randomNumbers(1), 200_000, 0, 1)
  const wanted = data.reduce((sum, value) => sum + value, 0)
  const arena = new Arena()
  const input = arena.put(data, 4)
  const output = arena.output(new Float32Array(4))
  const kernel = arena.load(reduceModule({ ...target, op: 'sum' }))
  kernel.run(1, data.length, 1, input, output)
  expect(Math.abs((arena.float32(output, 1)[0] ?? 0) / wanted - 1)).toBeLessThan(1e-6)
  kernel.run(1, data.length / 4, 4, input, output)
  const total = arena.float32(output, 4).reduce((sum, value) => sum + value, 0)
  expect(Math.abs(total / wanted - 1)).toBeLessThan(1e-6)
})

test('infinite terms give infinite sums, not NaN', () => {
  const arena = new Arena()
  const input = arena.put(new Float32Array(100).fill(Number.POSITIVE_INFINITY))
  const output = arena.output(new Float32Array(1))
  arena.load(reduceModule({ ...target, op: 'sum' })).run(1, 100, 1, input, output)
  expect([...arena.float32(output, 1)]).toEqual([Number.POSITIVE_INFINITY])
})
