// Graphs share a plan if they are the same but for their values, and never otherwise.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sameAttributes } from '../../src/engine/wasm/attributes.ts'
import { wasmEngine } from '../../src/engine/wasm/index.ts'
import type { Plan } from '../../src/engine/wasm/plan.ts'
import {
  add,
  avgPool1d,
  cast,
  compute,
  concat,
  conv1d,
  conv2d,
  convTranspose1d,
  crossEntropy,
  type DType,
  div,
  flip,
  full,
  gradients,
  lenet5,
  matmul,
  max,
  maxPool1d,
  mul,
  permute,
  relu,
  reshape,
  setEngine,
  setPrecision,
  sgd,
  slice,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '../../src/index.ts'
import { wantedNodes } from '../../src/tensor/compute.ts'
import { distance, resultsOn } from '../support/agreement.ts'

beforeAll(() => setEngine('wasm'))
afterAll(() => setEngine('wasm'))

const planOf = async (...tensors: readonly Tensor[]): Promise<Plan> =>
  (await wasmEngine.explain(wantedNodes(tensors))).plan

/** Distinct values, the same at every call. */
function values(shape: readonly number[], dtype: DType = 'float32'): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  const data = Array.from({ length: size }, (_, i) => ((i * 37) % 23) - 11)
  return tensor(Float32Array.from(data), shape, { dtype })
}

const line = (): Tensor => values([2, 4, 12])
const kernel = (): Tensor => values([4, 4, 3])
const square = (): Tensor => values([4, 4])

/** Graphs of which no two are the same; in each list they differ in one thing. */
const families: Readonly<Record<string, readonly (() => Tensor[])[]>> = {
  'an attribute': [
    () => [conv1d(line(), kernel())],
    () => [conv1d(line(), kernel(), { padding: 1 })],
    () => [conv1d(line(), kernel(), { padding: [[1, 0]] })],
    () => [conv1d(line(), kernel(), { padding: [[0, 1]] })],
    () => [conv1d(line(), kernel(), { dilation: 2 })],
    () => [conv1d(line(), kernel(), { stride: 2 })],
    () => [conv1d(line(), kernel(), { precision: 'exact' })],
    () => [convTranspose1d(line(), kernel())],
    () => [convTranspose1d(line(), kernel(), { stride: 2 })],
    () => [convTranspose1d(line(), kernel(), { stride: 2, outputPadding: 1 })],
  ],
  'how windows lie': [
    () => [maxPool1d(line(), 2)],
    () => [maxPool1d(line(), 3)],
    () => [maxPool1d(line(), 3, { stride: 2, padding: 1 })],
    () => [avgPool1d(line(), 2)],
    () => [avgPool1d(line(), 3, { stride: 2, padding: 1 })],
    () => [avgPool1d(line(), 3, { stride: 2, padding: 1, countIncludePad: false })],
  ],
  'the operator': [
    () => [add(line(), line())],
    () => [sub(line(), line())],
    () => [mul(line(), line())],
    () => [div(line(), line())],
  ],
  'which axes': [
    () => [sum(line(), { axes: 1 })],
    () => [sum(line(), { axes: 2 })],
    () => [max(line(), { axes: 1 })],
    () => [sum(line(), { axes: 1, keepDims: true })],
    () => [flip(line(), [1])],
    () => [flip(line(), [2])],
    () => [permute(line(), [1, 0, 2])],
    () => [permute(line(), [2, 1, 0])],
    () => [concat([line(), line()], 1)],
    () => [concat([line(), line()], 2)],
  ],
  'a shape': [
    () => [reshape(mul(line(), 2), [2, 48])],
    () => [reshape(mul(line(), 2), [48, 2])],
    () => [reshape(mul(line(), 2), [4, 24])],
    () => [tanh(values([6, 4]))],
    () => [tanh(values([4, 6]))],
    () => [tanh(values([24]))],
    () => [slice(line(), [0], [1])],
    () => [slice(line(), [1], [2])],
  ],
  'a number of the program': [
    () => [relu(line())],
    () => [mul(line(), 2)],
    () => [mul(line(), 3)],
    () => [mul(line(), 0.5)],
  ],
  'an element type': [
    () => [add(values([3, 5]), values([3, 5]))],
    () => [add(values([3, 5], 'int32'), values([3, 5]))],
    () => [add(values([3, 5]), values([3, 5], 'int32'))],
    () => [add(values([3, 5], 'int32'), values([3, 5], 'int32'))],
    () => [cast(values([3, 5]), 'int32')],
    () => [cast(values([3, 5]), 'uint8')],
  ],
  'the order of inputs': [
    () => {
      const [x, y] = [square(), mul(square(), 2)]
      return [matmul(x, y)]
    },
    () => {
      const [x, y] = [square(), mul(square(), 2)]
      return [matmul(y, x)]
    },
    () => {
      const x = square()
      return [matmul(x, x)]
    },
    () => [matmul(square(), square())],
    () => [matmul(square(), square(), { transposeB: true })],
    () => [matmul(square(), square(), { transposeA: true })],
  ],
  'what is wanted': [
    () => {
      const x = mul(line(), 2)
      return [x, tanh(x)]
    },
    () => {
      const x = mul(line(), 2)
      return [tanh(x), x]
    },
    () => [tanh(mul(line(), 2))],
    () => {
      const x = tanh(mul(line(), 2))
      return [x, max(x)]
    },
  ],
}

describe('graphs that differ', () => {
  it.each(Object.entries(families))('in %s have plans of their own', async (_, graphs) => {
    const plans = await Promise.all(graphs.map((build) => planOf(...build())))
    expect(new Set(plans).size).toBe(graphs.length)
  })

  it.each(Object.entries(families))('in %s give values of their own', async (_, graphs) => {
    const draws = fc.array(fc.nat(graphs.length - 1), { minLength: 4, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(draws, async (order) => {
        for (const at of order) {
          const [got, want] = [
            await resultsOn('wasm', graphs[at]!),
            await resultsOn('reference', graphs[at]!),
          ]
          for (const [i, each] of got.entries()) expect(distance(each, want[i]!)).toBeLessThan(1e-5)
        }
      }),
      { numRuns: 5 },
    )
  })

  it('in settings of the engine have plans of their own', async () => {
    const build = (): Tensor => conv2d(values([1, 8, 9, 9]), values([8, 8, 3, 3]))
    const fast = await planOf(build())
    setPrecision('exact')
    const exact = await planOf(build())
    setPrecision('fast')
    expect(exact).not.toBe(fast)
    expect(await planOf(build())).toBe(fast)
  })

  it('are told apart though the caller changes the list that he gave', async () => {
    const shape = [2, 48]
    const y = reshape(mul(line(), 2), shape)
    const first = await planOf(y)
    shape[0] = 48
    shape[1] = 2
    expect(y.shape).toEqual([2, 48])
    const second = reshape(mul(line(), 2), shape)
    expect(await planOf(second)).not.toBe(first)
    expect(second.shape).toEqual([48, 2])
  })

  it('in their options object alone, changed between calls, are told apart', async () => {
    const options = { stride: 1, padding: [1] }
    const build = (): Tensor => conv1d(line(), kernel(), options)
    const first = build()
    options.stride = 2
    const second = build()
    options.padding[0] = 0
    const third = build()
    expect([first.shape, second.shape, third.shape]).toEqual([
      [2, 4, 12],
      [2, 4, 6],
      [2, 4, 5],
    ])
    expect(new Set([await planOf(first), await planOf(second), await planOf(third)]).size).toBe(3)
  })
})

describe('graphs that are the same but for their values', () => {
  it.each(Object.entries(families))(
    'share a plan, whatever it is that others of them differ in (%s)',
    async (_, graphs) => {
      for (const build of graphs) expect(await planOf(...build())).toBe(await planOf(...build()))
    },
  )

  it('share it from pass to pass of a network', async () => {
    const net = lenet5()
    const plans: Plan[] = []
    for (let pass = 0; pass < 3; pass++) {
      const y = net.forward(full([2, 1, 28, 28], pass))
      plans.push(await planOf(y))
      await y.data()
    }
    expect(new Set(plans).size).toBe(1)
  })

  it('share it from step to step of training', async () => {
    const net = lenet5()
    const optimizer = sgd({ learningRate: 0.1 }).attach(net)
    const plans: Plan[] = []
    for (let step = 0; step < 4; step++) {
      const x = values([2, 1, 28, 28])
      const loss = crossEntropy(net.forward(x), tensor(new Int32Array([1, step])))
      optimizer.update(gradients(loss, optimizer.parameters))
      plans.push(await planOf(loss))
      await compute([loss])
    }
    // The first step reads weights that nobody has computed.
    expect(new Set(plans.slice(1)).size).toBe(1)
  })

  it('do not grow in number: plans that were long not used are made again', async () => {
    const build = (size: number): Tensor => tanh(values([size]))
    const first = await planOf(build(1))
    for (let round = 0; round < 2; round++) {
      for (let size = 1; size <= 70; size++) {
        const [got] = await resultsOn('wasm', () => [build(size)])
        expect(got).toHaveLength(size)
      }
    }
    expect(await planOf(build(1))).not.toBe(first)
    expect(await planOf(build(70))).toBe(await planOf(build(70)))
  })
})

describe('attributes', () => {
  const plain = fc.jsonValue({ maxDepth: 4 })
  const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

  it('are the same exactly if they would be written the same', () => {
    fc.assert(
      fc.property(plain, plain, (one, two) => {
        const [first, second] = [copy(one), copy(two)]
        expect(sameAttributes(first, copy(one))).toBe(true)
        expect(sameAttributes(first, second)).toBe(canonical(first) === canonical(second))
      }),
      { numRuns: 500 },
    )
  })

  it('differ when one value of many does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.nat(), (list, at) => {
        const other = list.with(at % list.length, list[at % list.length]! + 1)
        const wrap = (numbers: readonly number[]): unknown => ({
          axes: [{ taps: numbers }],
          layout: 'x',
        })
        expect(sameAttributes(wrap(list), wrap(other))).toBe(false)
        expect(sameAttributes(Int32Array.from(list), Int32Array.from(other))).toBe(false)
        expect(sameAttributes(Int32Array.from(list), Int32Array.from(list))).toBe(true)
      }),
    )
  })

  it.each([
    [0, -0],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [1, '1'],
    [{ a: undefined }, { b: undefined }],
    [[1], { 0: 1 }],
    [{ toJSON: () => 'a' }, { toJSON: () => 'b' }],
  ])('tell %j and %j apart', (one, two) => {
    expect(sameAttributes(one, two)).toBe(false)
    expect(sameAttributes(one, one)).toBe(true)
  })
})

/** Keys in order, so that equal data is written alike. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
