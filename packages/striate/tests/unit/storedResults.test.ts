// Results that stay in the engine's memory: right whenever they are read, and bounded in number.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StoredValue } from '../../src/engine/wasm/stored.ts'
import { add, compute, full, mul, reshape, setEngine, type Tensor } from '../../src/index.ts'

const size = 2 ** 18
const sourceOf = (x: Tensor): StoredValue => x.node.source as StoredValue

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

beforeAll(() => setEngine('wasm'))
afterAll(() => setEngine('wasm'))

describe('a large result', () => {
  it('stays where it was made, and goes into the next graph from there', async () => {
    const x = add(full([size], 1), 1)
    await compute([x])
    expect(sourceOf(x)).toBeInstanceOf(StoredValue)
    expect(sourceOf(x).home).not.toBeNull()
    const y = mul(x, 3)
    expect((await y.data())[size - 1]).toBe(6)
  })

  it('is read as an array of its own each time', async () => {
    const x = add(full([size], 1), 1)
    const first = await x.data()
    first.fill(7)
    expect((await x.data())[0]).toBe(2)
    expect((await add(x, 0).data())[0]).toBe(2)
  })

  it('serves every tensor that is the same value in another shape', async () => {
    const x = add(full([size], 1), 1)
    const y = reshape(x, [2, size / 2])
    await compute([x, y])
    expect(sourceOf(y)).toBe(sourceOf(x))
    expect((await y.data())[size - 1]).toBe(2)
    expect((await y.detach().data())[0]).toBe(2)
  })

  it('goes over to the reference engine', async () => {
    const x = add(full([size], 1), 1)
    await compute([x])
    setEngine('reference')
    expect((await add(x, 1).data())[5]).toBe(3)
    setEngine('wasm')
  })

  it('moves to an array when too many wait, and keeps its value', async () => {
    const all: Tensor[] = []
    for (let i = 0; i < 60; i++) {
      const x = add(full([size], i), 0.5)
      await compute([x])
      all.push(x)
    }
    expect(sourceOf(all[0]!).home).toBeNull()
    expect(sourceOf(all.at(-1)!).home).not.toBeNull()
    for (const [i, x] of all.entries()) expect((await add(x, 0).data())[i]).toBe(i + 0.5)
  })

  it('gives its memory back when disposed of, once everybody has let go', async () => {
    const x = add(full([size], 1), 1)
    await compute([x])
    const { address } = sourceOf(x).home!
    const same = x.detach()
    x.dispose()
    const y = add(full([size], 2), 1)
    await compute([y])
    expect(sourceOf(y).home!.address).not.toBe(address)
    expect((await same.data())[3]).toBe(2)
    same.dispose()
    await expect(same.data()).rejects.toThrow(
      `compute: a tensor of shape [${size}] must still have its value, got one that was disposed of`,
    )
    expect((await x.data())[3]).toBe(2)
  })

  it('needs no memory that grows with the number of runs', async () => {
    let x = full([size], 0)
    const step = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        x = add(x, 1).detach()
        await compute([x])
      }
    }
    await step(100)
    const { address } = sourceOf(x).home!
    await step(400)
    // Blocks come again: 500 results of a MiB never lie side by side.
    expect(sourceOf(x).home!.address).toBeLessThan(address + 128 * 2 ** 20)
    expect((await x.data())[1]).toBe(500)
  })
})

describe('a loop that only awaits results', () => {
  it('holds no more than it needs: old results are collected while it goes on', async () => {
    let x = full([size], 1)
    const rounds = 500
    for (let i = 0; i < rounds; i++) {
      x = add(x, 1).detach()
      await compute([x])
    }
    expect((await x.data())[size - 1]).toBe(rounds + 1)
    collect()
    expect(process.memoryUsage().arrayBuffers).toBeLessThan((rounds * 4 * size) / 2)
  }, 60_000)

  it('lets timers fire', async () => {
    let hasFired = false
    setTimeout(() => {
      hasFired = true
    }, 0)
    const x = full([8], 1)
    const began = performance.now()
    // Far more time than it takes; without a turn of the event loop it would never fire.
    while (!hasFired && performance.now() - began < 20_000) await mul(x, 2).data()
    expect(hasFired).toBe(true)
  }, 30_000)
})
