// Gathers by rows and by elements, and their adjoints, against plain loops.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gatherModule } from '../../src/engine/wasm/kernels/index.ts'
import { Arena, expectClose, randomFloats, randomIntegers, randomNumbers } from './wasmArena.ts'

const names = ['gatherRows', 'scatterAddRows', 'gatherElements', 'scatterAddElements'] as const
const problem = fc.record({
  name: fc.constantFrom(...names),
  outer: fc.integer({ min: 0, max: 4 }),
  axis: fc.integer({ min: 1, max: 7 }),
  count: fc.integer({ min: 0, max: 9 }),
  inner: fc.integer({ min: 1, max: 11 }),
  remainder: fc.integer({ min: 0, max: 15 }),
  seed: fc.integer(),
})
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never

function check({ name, outer, axis, count, inner, remainder, seed }: Problem): void {
  const random = randomNumbers(seed)
  const byRows = name.endsWith('Rows')
  const gathers = name.startsWith('gather')
  const indices = randomIntegers(random, byRows ? count : outer * count * inner, axis)
  if (!byRows) for (let i = 0; i < indices.length; i++) if (random() < 0.1) indices[i] = -1
  const indexed = randomFloats(random, outer * axis * inner)
  const listed = randomFloats(random, outer * count * inner)

  const arena = new Arena()
  const index = arena.put(indices, remainder)
  const input = arena.put(gathers ? indexed : listed, remainder)
  const output = arena.output(gathers ? listed : indexed, remainder)
  const kernel = arena.load(gatherModule({ sharedMemory: false, relaxed: false }))
  arena.guarded(() => kernel[name](outer, axis, count, inner, index, input, output))

  const wanted = Float64Array.from(gathers ? listed : indexed)
  for (let cell = 0; cell < listed.length; cell++) {
    const [o, j, i] = [
      Math.floor(cell / inner / count),
      Math.floor(cell / inner) % count,
      cell % inner,
    ]
    const picked = indices[byRows ? j : cell] ?? 0
    const place = (o * axis + picked) * inner + i
    if (gathers) wanted[cell] = picked < 0 ? 0 : (indexed[place] ?? 0)
    else if (picked >= 0) wanted[place]! += listed[cell] ?? 0
  }
  expectClose(arena.float32(output, wanted.length), wanted, () => (gathers ? 0 : 1e-5))
}

test.each(names)('%s', (name) => {
  fc.assert(
    fc.property(problem, (each) => check({ ...each, name })),
    { numRuns: 150, seed: 7 },
  )
})

test('a gather moves the bits of NaN and of int32 unchanged', () => {
  const bits = Int32Array.of(0x7fc12345, -1, 5)
  const arena = new Arena()
  const index = arena.put(Int32Array.of(2, 0, 1))
  const input = arena.put(bits)
  const output = arena.output(new Int32Array(3))
  arena
    .load(gatherModule({ sharedMemory: false, relaxed: false }))
    .gatherElements(1, 3, 3, 1, index, input, output)
  expect([...arena.int32(output, 3)]).toEqual([5, 0x7fc12345, -1])
})
