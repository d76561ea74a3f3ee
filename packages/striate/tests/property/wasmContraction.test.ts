// The contraction kernel against the plain sum in float64, over random tables and sizes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  contractionModule,
  contractionPackedBytes,
  contractionScratchBytes,
  turnedModule,
  turnedPackedBytes,
  turnedScratchBytes,
} from '../../src/engine/wasm/kernels/index.ts'
import { evenStep } from '../../src/engine/wasm/lower/packedProduct.ts'
import { Arena, expectClose, randomFloats, randomNumbers } from './wasmArena.ts'

const target = { sharedMemory: false, relaxed: false }
const tiles = [
  [1, 4],
  [1, 16],
  [3, 12],
  [4, 8],
  [4, 16],
  [6, 8],
] as const

/** How the offsets of an axis lie: runs, runs of 5 with gaps, every other element, shuffled. */
const orders = ['run', 'gaps', 'stride', 'shuffled'] as const
type Order = (typeof orders)[number]

function offsets(count: number, order: Order, random: () => number): number[] {
  const straight = Array.from({ length: count }, (_, i) => i)
  if (order === 'gaps') return straight.map((i) => i + 3 * Math.floor(i / 5))
  if (order === 'stride') return straight.map((i) => 2 * i)
  if (order === 'shuffled') return straight.sort(() => random() - 0.5)
  return straight
}

type Axes = { readonly outer: Int32Array; readonly inner: Int32Array; readonly size: number }

/** Tables for a matrix of two axes, either of which is the outer one in memory. */
function layout(
  counts: readonly [number, number],
  kinds: readonly [Order, Order],
  swapped: boolean,
  random: () => number,
): Axes {
  const [first, second] = [
    offsets(counts[0], kinds[0], random),
    offsets(counts[1], kinds[1], random),
  ]
  const extent = (table: number[]): number => Math.max(0, ...table) + 1
  const [a, b] = swapped ? [1, extent(first)] : [extent(second), 1]
  return {
    outer: Int32Array.from(first, (offset) => a * offset),
    inner: Int32Array.from(second, (offset) => b * offset),
    size: extent(first) * extent(second),
  }
}

const problem = fc.record({
  tile: fc.constantFrom(...tiles),
  m: fc.integer({ min: 1, max: 20 }),
  n: fc.integer({ min: 1, max: 40 }),
  k: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 250, max: 600 })),
  orders: fc.array(fc.constantFrom(...orders), { minLength: 6, maxLength: 6 }),
  swapped: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  beta: fc.constantFrom(0, 1, -0.5),
  bias: fc.boolean(),
  how: fc.constantFrom('run', 'packed', 'turned'),
  remainder: fc.integer({ min: 0, max: 15 }),
  seed: fc.integer(),
})
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never

function check({ tile: [rows, columns], m, n, k, how, remainder, seed, ...rest }: Problem): void {
  const random = randomNumbers(seed)
  const isTurned = how === 'turned'
  const beta = isTurned ? 0 : rest.beta
  const options = { ...target, rows, columns }
  // A tile of as many rows and columns, the rows along the vectors.
  const turned = { ...target, rows: columns, columns: rows }
  const order = (index: number): Order => rest.orders[index] ?? 'run'
  const aAxes = layout([m, k], [order(0), order(1)], rest.swapped[0] ?? false, random)
  const bAxes = layout([k, n], [order(2), order(3)], rest.swapped[1] ?? false, random)
  const cAxes = layout([m, n], [order(4), order(5)], rest.swapped[2] ?? false, random)
  const a = randomFloats(random, aAxes.size)
  const b = randomFloats(random, bAxes.size)
  const before = randomFloats(random, cAxes.size)
  const bias = randomFloats(random, m)
  if (beta === 0) before.fill(Number.NaN)

  const arena = new Arena()
  const put = (data: Float32Array | Int32Array): number => arena.put(data, remainder)
  const c = arena.output(before, remainder)
  const biasAt = rest.bias ? put(bias) : 0
  const [aAt, aM, aK] = [put(a), put(aAxes.outer), put(aAxes.inner)]
  const step = evenStep(bAxes.outer, bAxes.inner)
  const second = [put(b), put(bAxes.outer), put(bAxes.inner), step] as const
  const third = [c, put(cAxes.outer), put(cAxes.inner)] as const
  const packedBytes = isTurned
    ? turnedPackedBytes(turned, m, k)
    : contractionPackedBytes(options, m, k)
  const scratchBytes = isTurned
    ? turnedScratchBytes(turned, n, k)
    : contractionScratchBytes(options, m, n, k)
  const packedAt = arena.scratch(packedBytes, remainder)
  const scratch = arena.scratch(scratchBytes, remainder)
  const kernel = arena.load(contractionModule(options))
  const turnedKernel = arena.load(turnedModule(turned))
  arena.guarded(() => {
    if (isTurned) {
      turnedKernel.pack(m, k, aAt, aM, aK, packedAt)
      turnedKernel.run(m, n, k, packedAt, ...second, ...third, biasAt, scratch)
    } else if (how === 'packed') {
      kernel.packA(m, k, aAt, aM, aK, packedAt)
      kernel.runPacked(m, n, k, packedAt, ...second, ...third, biasAt, beta, scratch)
    } else kernel.run(m, n, k, aAt, aM, aK, ...second, ...third, biasAt, beta, scratch)
  })

  const wanted = before.slice()
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const cell = (cAxes.outer[i] ?? 0) + (cAxes.inner[j] ?? 0)
      let sum = rest.bias ? (bias[i] ?? 0) : 0
      if (beta !== 0) sum += beta * (before[cell] ?? 0)
      for (let p = 0; p < k; p++) {
        const factor = a[(aAxes.outer[i] ?? 0) + (aAxes.inner[p] ?? 0)] ?? 0
        sum += factor * (b[(bAxes.outer[p] ?? 0) + (bAxes.inner[j] ?? 0)] ?? 0)
      }
      wanted[cell] = sum
    }
  }
  expectClose(arena.float32(c, before.length), wanted, () => 1e-6 * Math.sqrt(k + 10))
}

test('any tables, sizes, factors and tiles give the sum', () => {
  fc.assert(fc.property(problem, check), { numRuns: 400, seed: 7 })
})

test('more rows and columns than one block give the sum', () => {
  const common = { beta: 1 as const, bias: true, remainder: 4, swapped: [false, true, false] }
  const orders: Order[] = ['run', 'run', 'stride', 'run', 'run', 'gaps']
  for (const tile of [
    [6, 8],
    [3, 12],
  ] as const) {
    for (const how of ['run', 'packed', 'turned'] as const) {
      const inPlace = { ...common, swapped: [false, false, false] }
      for (const each of [common, inPlace]) {
        check({ ...each, tile, m: 133, n: 70, k: 257, orders, how, seed: 11 })
        check({ ...each, tile, m: 2, n: 5500, k: 13, orders, how, seed: 12 })
      }
    }
  }
})

test('every tile gives the same bits, because the order of summation depends on k alone', () => {
  const [m, n, k] = [23, 41, 700]
  const random = randomNumbers(3)
  const [a, b] = [randomFloats(random, m * k), randomFloats(random, k * n)]
  const bias = randomFloats(random, m)
  const steps = (count: number, step: number): Int32Array =>
    Int32Array.from({ length: count }, (_, index) => index * step)
  const results = tiles.map(([rows, columns], i) => {
    const options = { ...target, rows, columns }
    const arena = new Arena()
    const first = [arena.put(a), arena.put(steps(m, k)), arena.put(steps(k, 1))] as const
    const step = i % 2 === 0 ? 0 : 4 * n
    const second = [arena.put(b), arena.put(steps(k, n)), arena.put(steps(n, 1)), step] as const
    const c = arena.output(new Float32Array(m * n))
    const third = [c, arena.put(steps(m, n)), arena.put(steps(n, 1))] as const
    const scratch = arena.scratch(contractionScratchBytes(options, m, n, k))
    const kernel = arena.load(contractionModule(options))
    kernel.run(m, n, k, ...first, ...second, ...third, arena.put(bias), 0, scratch)
    return arena.int32(c, m * n)
  })
  const turned = { ...target, rows: 8, columns: 6 }
  for (const step of [0, 4 * n]) {
    const arena = new Arena()
    const first = [arena.put(a), arena.put(steps(m, k)), arena.put(steps(k, 1))] as const
    const second = [arena.put(b), arena.put(steps(k, n)), arena.put(steps(n, 1)), step] as const
    const c = arena.output(new Float32Array(m * n))
    const third = [c, arena.put(steps(m, n)), arena.put(steps(n, 1))] as const
    const packed = arena.scratch(turnedPackedBytes(turned, m, k))
    const scratch = arena.scratch(turnedScratchBytes(turned, n, k))
    const kernel = arena.load(turnedModule(turned))
    kernel.pack(m, k, ...first, packed)
    kernel.run(m, n, k, packed, ...second, ...third, arena.put(bias), scratch)
    results.push(arena.int32(c, m * n))
  }
  for (const result of results) expect(result).toEqual(results[0])
})

test('the name follows the grammar', () => {
  const shared = contractionModule({ rows: 4, columns: 8, sharedMemory: true, relaxed: true })
  expect(shared.name).toBe('f32-contract-4x8-relaxed-shared')
})
