// Canaries around the engine's memory: a kernel that writes beyond its values is found, and named.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setCanaries } from '../../src/engine/wasm/canaries.ts'
import { GuardedMemory } from '../../src/engine/wasm/guardedMemory.ts'
import { zero } from '../../src/engine/wasm/lower/fill.ts'
import type { LoweringContext } from '../../src/engine/wasm/lower/host.ts'
import { place } from '../../src/engine/wasm/program.ts'
import { setProving } from '../../src/engine/wasm/proof/trust.ts'
import {
  compute,
  conv2d,
  getThreads,
  matmul,
  ones,
  permute,
  setThreads,
  slice,
  type Tensor,
  tanh,
} from '../../src/index.ts'
import { type PermuteAttributes, permuteOperator } from '../../src/ops/transpose.ts'

const operator: { lower(context: LoweringContext<PermuteAttributes>): boolean } = permuteOperator
const { lower: rightLowering } = operator
const threadsBefore = getThreads()

beforeEach(() => {
  setCanaries(true)
  setProving(false)
})
afterEach(() => {
  setCanaries(null)
  setProving(true)
  setThreads(threadsBefore)
  operator.lower = rightLowering
})

/** Permute is now a kernel that zeros `bytes` bytes from `start` on, relative to its output of `size` bytes. */
function permuteZeros(where: (size: number) => { start: number; bytes: number }): void {
  operator.lower = ({ build, inputs, output, outputType }) => {
    const { start, bytes } = where(outputType.shape.reduce((cells, length) => cells * length, 4))
    build.step({
      name: 'wrong permute',
      reads: inputs,
      writes: [output],
      stages: [{ parts: [[zero(build, place(output, start), bytes)]] }],
    })
    return true
  }
}

/** Another shape each time, so that no plan is known. */
let length = 5
const turned = (): Tensor => permute(tanh(ones([3, ++length])), [1, 0])

describe('canaries', () => {
  it.each([1, 2])(
    'find a write beyond a value, and say whose step made it (%i threads)',
    async (n) => {
      setThreads(n)
      permuteZeros((size) => ({ start: 0, bytes: size + 1 }))
      await expect(turned().data()).rejects.toThrow(
        /step 'wrong permute' must write to its own values only, got other bytes around the value \[\d+, 3\] of 'wrong permute', 0 bytes after it/,
      )
      permuteZeros((size) => ({ start: -3, bytes: size }))
      await expect(turned().data()).rejects.toThrow(/of 'wrong permute', 3 bytes before it/)
    },
  )

  it('stay usable after a find', async () => {
    permuteZeros((size) => ({ start: 0, bytes: size + 1 }))
    await expect(turned().data()).rejects.toThrow(/wrong permute/)
    operator.lower = rightLowering
    expect(await permute(ones([2, 2]), [1, 0]).array()).toEqual([
      [1, 1],
      [1, 1],
    ])
  })

  it('let cells that nobody wrote be NaN', async () => {
    permuteZeros((size) => ({ start: 0, bytes: size - 8 }))
    const data = await turned().data()
    expect(data.slice(-3)).toEqual(Float32Array.of(0, Number.NaN, Number.NaN))
  })

  it('are off without being asked for: such a write then goes unseen', async () => {
    setCanaries(false)
    permuteZeros((size) => ({ start: 0, bytes: size + 1 }))
    expect((await turned().data())[0]).toBe(0)
  })

  it('surround blocks too', () => {
    const memory = new GuardedMemory()
    const tables = memory.allocate(100, 'tables of a plan')
    const stay = memory.allocate(256, 'values that stay')
    expect(memory.brokenBlock()).toBeNull()
    const bytes = new Uint8Array(memory.memory.buffer)
    bytes[tables.address + 100]! ^= 1
    expect(memory.brokenBlock()).toEqual({ what: 'tables of a plan', where: '0 bytes after it' })
    expect(memory.brokenBlock()).toBeNull()
    bytes[stay.address - 128]! ^= 1
    expect(memory.brokenBlock()).toEqual({ what: 'values that stay', where: '128 bytes before it' })
    memory.free(tables)
    memory.free(stay)
    const all = memory.memory.buffer.byteLength
    setCanaries(false)
    memory.allocate(all - 64, 'everything')
    expect(memory.memory.buffer.byteLength).toBe(all)
  })

  it('stand around kept and resident values over many runs', async () => {
    const x = ones([1, 16, 20, 20])
    const weight = ones([16, 16, 3, 3])
    for (let run = 0; run < 4; run++) {
      const y = conv2d(x, weight)
      const product = matmul(ones([40, 40]), ones([40, 40]))
      await compute([y, product])
      expect(await slice(y, [0, 0, 0, 0], [1, 1, 1, 1]).item()).toBeCloseTo(144, 3)
    }
  })
})
