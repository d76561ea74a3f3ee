// What does not fit the engine's memory: an error that names the tensor, and an engine that goes on.
import { afterEach, describe, expect, it } from 'vitest'
import { forceAlgorithm } from '../../src/engine/wasm/lower/chooser.ts'
import { EngineMemory, limitMemory } from '../../src/engine/wasm/memory.ts'
import {
  add,
  compute,
  conv2d,
  full,
  mean,
  mul,
  ones,
  StriateError,
  slice,
  softmax,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '../../src/index.ts'

const mebibyte = 2 ** 20
afterEach(() => {
  limitMemory(null)
  forceAlgorithm(null)
})

/** A few small computations, which must still be right. */
async function expectUsable(): Promise<void> {
  const y = conv2d(ones([1, 4, 12, 12]), full([4, 4, 3, 3], 0.5))
  expect(await mean(y).item()).toBeCloseTo(18, 4)
  expect(await sum(mul(ones([300]), 2)).item()).toBe(600)
}

async function refused(tensor: Tensor): Promise<StriateError> {
  const error = await tensor.data().then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(StriateError)
  return error as StriateError
}

describe('beyond the memory', () => {
  it('a convolution is named, with its shape and size', async () => {
    limitMemory(64 * mebibyte)
    for (let again = 0; again < 3; again++) {
      const y = conv2d(ones([1, 2, 512, 512]), ones([100, 2, 3, 3]), { padding: 1 })
      const { message } = await refused(mean(tanh(y)))
      expect(message).toMatch(
        /^wasm engine: values of the graph \(\d+\.\d MiB at once\), the largest of them (scratch of .* for )?(convolution|elementwise) \[1, 100, 512, 512\] \(float32, 100\.0 MiB\), must fit the memory of the engine, 64\.0 MiB at most, got \d+\.\d MiB beside the \d+\.\d MiB in use; a smaller batch needs less; the engine stays usable$/,
      )
      await expectUsable()
    }
  })

  it('a result is named', async () => {
    limitMemory(64 * mebibyte)
    const { message } = await refused(tanh(ones([30, mebibyte])))
    expect(message).toMatch(
      /the result elementwise \[30, 1048576\] \(float32, 120\.0 MiB\) must fit/,
    )
    await expectUsable()
  })

  it('a known tensor is named', async () => {
    limitMemory(64 * mebibyte)
    const { message } = await refused(sum(tensor(new Float32Array(20 * mebibyte))))
    expect(message).toMatch(/the largest of them known tensor \[20971520\] \(float32, 80\.0 MiB\)/)
    await expectUsable()
  })

  it('a table is named', async () => {
    limitMemory(12 * mebibyte)
    forceAlgorithm('contraction')
    const { message } = await refused(conv2d(ones([1, 1, 1500, 1400]), ones([1, 1, 2, 2])))
    expect(message).toMatch(
      /a table of convolution \[1, 1, 1499, 1399\] \(float32, 8\.0 MiB\) must fit/,
    )
    await expectUsable()
  })

  it('several results of one run give all their places back', async () => {
    limitMemory(100 * mebibyte)
    const parts = Array.from({ length: 5 }, (_, i) => tanh(full([6, mebibyte], i)))
    await expect(compute(parts)).rejects.toThrow(/must fit/)
    // 72 MiB fit once nothing else is there.
    const y = softmax(full([6, mebibyte], 1), { axis: 0 })
    expect(await slice(y, [0, 0], [1, 1]).item()).toBeCloseTo(1 / 6, 5)
    await expectUsable()
  })

  it('what earlier graphs left behind makes room', async () => {
    limitMemory(96 * mebibyte)
    // These stay: they come twice, and are held.
    const held = Array.from({ length: 3 }, (_, i) => full([4, mebibyte], i + 1))
    for (let use = 0; use < 3; use++)
      for (const [i, each] of held.entries()) expect(await mean(each).item()).toBeCloseTo(i + 1, 4)
    const before = tanh(full([1000], 0.5))
    await compute([before])
    const y = add(tanh(full([8, mebibyte], 0)), 3)
    expect(await mean(y).item()).toBeCloseTo(3, 5)
    // Results that lay in the memory before are still there.
    expect((await before.data())[999]).toBeCloseTo(Math.tanh(0.5), 6)
    for (const [i, each] of held.entries()) expect(await mean(each).item()).toBeCloseTo(i + 1, 4)
  })
})

describe('a memory', () => {
  it('grows by what is missing at its end', () => {
    const memory = new EngineMemory()
    const block = memory.allocate(40 * mebibyte, 'a test')
    memory.free(block)
    memory.allocate(44 * mebibyte, 'a test')
    expect(memory.memory.buffer.byteLength).toBeLessThan(50 * mebibyte)
  })

  it('says how much is in use, and stays usable', () => {
    limitMemory(16 * mebibyte)
    const memory = new EngineMemory()
    memory.allocate(5 * mebibyte, 'a test')
    const free = memory.allocate(2 * mebibyte, 'a test')
    memory.free(free)
    expect(() => memory.allocate(12 * mebibyte, 'a large thing')).toThrow(
      'wasm engine: a large thing must fit the memory of the engine, 16.0 MiB at most, got 12.0 MiB beside the 5.0 MiB in use; a smaller batch needs less; the engine stays usable',
    )
    expect(memory.allocate(11 * mebibyte - 64, 'a test').bytes).toBe(11 * mebibyte - 64)
  })
})
