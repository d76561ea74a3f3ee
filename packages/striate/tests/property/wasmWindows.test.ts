// Axis maps and window maxima over random tables, sizes and surroundings, against plain loops.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { axisMapModule, windowMaxModule } from '../../src/engine/wasm/kernels/index.ts'
import { Arena, expectClose, randomFloats, randomIntegers, randomNumbers } from './wasmArena.ts'

const target = { sharedMemory: false, relaxed: false }
const around = {
  outer: fc.integer({ min: 0, max: 10 }),
  inner: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 40 })),
  remainder: fc.integer({ min: 0, max: 15 }),
  seed: fc.integer(),
}

type Table = { readonly starts: Int32Array; readonly index: Int32Array }

/** For each output cell a list of input cells; some lists are empty. */
function randomTable(
  random: () => number,
  inputSize: number,
  outputSize: number,
  rising: boolean,
): Table {
  const lists = Array.from({ length: outputSize }, () => {
    const list = [...randomIntegers(random, Math.floor(random() * 4), inputSize)]
    return rising ? [...new Set(list)].sort((a, b) => a - b) : list
  })
  const starts = [0]
  for (const list of lists) starts.push((starts.at(-1) ?? 0) + list.length)
  return { starts: Int32Array.from(starts), index: Int32Array.from(lists.flat()) }
}

test('axis maps add up weighted cells', () => {
  const problem = fc.record({
    ...around,
    inputSize: fc.integer({ min: 1, max: 9 }),
    outputSize: fc.integer({ min: 0, max: 9 }),
  })
  const check = ({
    outer,
    inner,
    inputSize,
    outputSize,
    remainder,
    seed,
  }: typeof problem extends fc.Arbitrary<infer T> ? T : never): void => {
    const random = randomNumbers(seed)
    const { starts, index } = randomTable(random, inputSize, outputSize, false)
    const coefficient = randomFloats(random, index.length)
    const x = randomFloats(random, outer * inputSize * inner)
    const arena = new Arena()
    const tables = [
      arena.put(starts),
      arena.put(index, 4),
      arena.put(coefficient, remainder),
    ] as const
    const input = arena.put(x, remainder)
    const output = arena.output(new Float32Array(outer * outputSize * inner), remainder)
    const kernel = arena.load(axisMapModule(target))
    arena.guarded(() => kernel.run(outer, inputSize, outputSize, inner, ...tables, input, output))
    const wanted = new Float64Array(outer * outputSize * inner)
    for (let cell = 0; cell < wanted.length; cell++) {
      const [o, j, i] = [
        Math.floor(cell / inner / outputSize),
        Math.floor(cell / inner) % outputSize,
        cell % inner,
      ]
      for (let t = starts[j] ?? 0; t < (starts[j + 1] ?? 0); t++) {
        wanted[cell]! +=
          (coefficient[t] ?? 0) * (x[(o * inputSize + (index[t] ?? 0)) * inner + i] ?? 0)
      }
    }
    expectClose(arena.float32(output, wanted.length), wanted, () => 1e-6)
  }
  fc.assert(fc.property(problem, check), { numRuns: 300, seed: 7 })
})

type Best = { readonly value: number; readonly index: number }

/** The first greatest in row-major order; NaN is greater than all numbers. */
function greatest(members: readonly number[], read: (flat: number) => number): Best {
  return members.reduce<Best>(
    (best, index) => {
      const value = read(index)
      const isFirstNaN = Number.isNaN(value) && !Number.isNaN(best.value)
      return best.index < 0 || value > best.value || isFirstNaN ? { value, index } : best
    },
    { value: Number.NEGATIVE_INFINITY, index: -1 },
  )
}

test('window maxima and their indices', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 })
  const problem = fc.record({ ...around, inputs: sizes, outputs: sizes, nan: fc.boolean() })
  const check = ({
    outer,
    inner,
    inputs,
    outputs,
    nan,
    remainder,
    seed,
  }: typeof problem extends fc.Arbitrary<infer T> ? T : never): void => {
    const random = randomNumbers(seed)
    const tables = inputs.map((size, axis) => randomTable(random, size, outputs[axis] ?? 1, true))
    const [plane, cells] = [inputs, outputs].map((list) => list.reduce((a, b) => a * b, 1)) as [
      number,
      number,
    ]
    // Few different values, so that there are ties.
    const x = Float32Array.from(randomIntegers(random, outer * plane * inner, 5))
    for (let i = 0; i < x.length; i++) {
      if (random() < 0.05) x[i] = nan ? Number.NaN : Number.NEGATIVE_INFINITY
    }
    const arena = new Arena()
    const words = tables.flatMap(({ starts, index }, axis) => [
      inputs[axis] ?? 0,
      outputs[axis] ?? 0,
      arena.put(starts),
      arena.put(index),
    ])
    const axes = arena.put(Int32Array.from(words))
    const input = arena.put(x, remainder)
    const count = outer * cells * inner
    const value = arena.output(new Float32Array(count), remainder)
    const index = arena.output(new Int32Array(count), remainder)
    const onlyValue = arena.output(new Float32Array(count), remainder)
    const onlyIndex = arena.output(new Int32Array(count), remainder)
    const kernels = {
      both: arena.load(windowMaxModule({ ...target, outputs: 'both' })),
      value: arena.load(windowMaxModule({ ...target, outputs: 'value' })),
      index: arena.load(windowMaxModule({ ...target, outputs: 'index' })),
    }
    arena.guarded(() => {
      kernels.both.run(outer, inner, axes, input, value, index)
      kernels.value.run(outer, inner, axes, input, onlyValue, 0)
      kernels.index.run(outer, inner, axes, input, 0, onlyIndex)
    })

    const values = new Float32Array(count)
    const indices = new Int32Array(count)
    for (let at = 0; at < count; at++) {
      const [o, cell, i] = [
        Math.floor(at / inner / cells),
        Math.floor(at / inner) % cells,
        at % inner,
      ]
      let members = [0]
      let after = cells
      tables.forEach(({ starts, index: list }, axis) => {
        after /= outputs[axis] ?? 1
        const position = Math.floor(cell / after) % (outputs[axis] ?? 1)
        const own = [...list.subarray(starts[position], starts[position + 1])]
        members = members.flatMap((flat) => own.map((next) => flat * (inputs[axis] ?? 1) + next))
      })
      const best = greatest(members, (flat) => x[(o * plane + flat) * inner + i] ?? 0)
      values[at] = best.value
      indices[at] = best.index
    }
    expect(arena.float32(value, count)).toEqual(values)
    expect(arena.float32(onlyValue, count)).toEqual(values)
    expect(arena.int32(index, count)).toEqual(indices)
    expect(arena.int32(onlyIndex, count)).toEqual(indices)
  }
  fc.assert(fc.property(problem, check), { numRuns: 120, seed: 7 })
})
