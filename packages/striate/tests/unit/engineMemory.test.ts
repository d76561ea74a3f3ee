import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOut } from '../../src/engine/wasm/arena.ts'
import { type Block, EngineMemory } from '../../src/engine/wasm/memory.ts'

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
      /wasm engine: values of the graph must fit the 4 GiB of a WebAssembly memory/,
    )
    expect(memory.allocate(1000, 'a test').bytes).toBe(1024)
  })
})
