import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOut } from '../../src/engine/wasm/arena.ts'
import { forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import { type Block, EngineMemory } from '../../src/engine/wasm/memory.ts'
import { Residency } from '../../src/engine/wasm/residency.ts'
import {
  add,
  compute,
  conv2d,
  full,
  gather,
  matmul,
  mean,
  ones,
  type Tensor,
  tensor,
} from '../../src/index.ts'

describe('arena', () => {
  const lifetime = fc
    .record({ bytes: fc.nat(5000), first: fc.nat(20), length: fc.nat(10) })
    .map(({ bytes, first, length }) => ({ bytes, first, last: first + length }))

  it('never lays two values that live together over each other', () => {
    fc.assert(
      fc.property(fc.array(lifetime, { maxLength: 40 }), (values) => {
        const { offsets, bytes } = layOut(values)
        for (const [i, a] of values.entries()) {
          expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes)
          for (const [j, b] of values.entries()) {
            if (i === j || a.last < b.first || b.last < a.first) continue
            const apart =
              offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!
            expect(apart).toBe(true)
          }
        }
      }),
    )
  })

  it('lays values that follow each other over the same bytes', () => {
    const values = [0, 1, 2, 3].map((step) => ({ bytes: 1024, first: step, last: step }))
    expect(layOut(values).bytes).toBe(1024)
  })
})

describe('engine memory', () => {
  it('hands out blocks that do not overlap, and takes all of them back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200_000), fc.boolean()), { maxLength: 60 }), (calls) => {
        const memory = new EngineMemory()
        const held: Block[] = []
        for (const [bytes, frees] of calls) {
          if (frees && held.length > 0) memory.free(held.splice(bytes % held.length, 1)[0]!)
          else held.push(memory.allocate(bytes, 'a test'))
          const sorted = held.toSorted((a, b) => a.address - b.address)
          for (const [i, block] of sorted.entries()) {
            expect(block.address % 64).toBe(0)
            expect(block.address).toBeGreaterThan(0)
            expect(block.address + block.bytes).toBeLessThanOrEqual(
              sorted[i + 1]?.address ?? memory.memory.buffer.byteLength,
            )
          }
        }
        for (const block of held) memory.free(block)
        const all = memory.memory.buffer.byteLength
        // Everything is one block again, so all of it can be had without growing.
        memory.allocate(all - 64, 'everything')
        expect(memory.memory.buffer.byteLength).toBe(all)
      }),
      { numRuns: 40 },
    )
  })

  it('says which need did not fit, and stays usable', () => {
    const memory = new EngineMemory()
    expect(() => memory.allocate(2 ** 33, 'values of the graph')).toThrow(
      /wasm engine: values of the graph must fit the memory of the engine, 4095\.9 MiB at most/,
    )
    expect(memory.allocate(1000, 'a test').bytes).toBe(1024)
  })
})

describe('residency', () => {
  const values = (): Float32Array => Float32Array.from({ length: 2000 }, (_, i) => i)

  it('keeps an array that comes a second time, with what it holds', () => {
    const memory = new EngineMemory()
    const residency = new Residency(memory)
    const data = values()
    expect(residency.find(data)).toBeNull()
    const { address } = residency.find(data)!
    expect(new Float32Array(memory.memory.buffer, address, data.length)).toEqual(data)
    expect(residency.find(data)?.address).toBe(address)
    expect(residency.find(values())).toBeNull()
  })

  it('leaves small arrays to be copied', () => {
    const residency = new Residency(new EngineMemory())
    const data = new Float32Array(100)
    for (let use = 0; use < 5; use++) expect(residency.find(data)).toBeNull()
  })

  it.each(['contraction', 'winograd'])('packs weights anew when they change (%s)', async (name) => {
    forceAlgorithm(name)
    try {
      const x = ones([1, 32, 12, 12])
      let weight = full([32, 32, 3, 3], 1)
      for (let step = 1; step <= 4; step++) {
        const sumOf = (index: Tensor): Tensor =>
          mean(gather(conv2d(x, weight, { bias: full([32], step) }), index, 1))
        for (let use = 0; use < 4; use++) {
          const index = tensor(new Int32Array([use]))
          expect(await sumOf(index).item()).toBeCloseTo(288 * step + step, 1)
          // A run that fails must not leave half of the weights behind for the next.
          if (use === 2)
            await expect(sumOf(tensor(new Int32Array([99]))).item()).rejects.toThrow(/indices/)
        }
        weight = add(weight, 1)
        await compute([weight])
      }
    } finally {
      forceAlgorithm(null)
    }
  })

  it('reads the weights of now, whether they stay or change', async () => {
    const x = ones([1, 40, 40])
    let weight = full([40, 40], 1)
    for (let step = 0; step < 6; step++) {
      for (let use = 0; use < 3; use++)
        expect(await mean(matmul(x, weight)).item()).toBeCloseTo(40 * (step + 1), 2)
      weight = add(weight, 1)
      await compute([weight])
    }
  })
})
