// Creation, clamp, norm, softmax, linear maps, embeddings, dropout and normalisations: values.
import { permute, setEngine, type Tensor, tensor } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import { gradients } from '../../src/index.ts'
import * as activations from '../../src/ops/activations/index.ts'
import { clamp } from '../../src/ops/clamp.ts'
import { dropout, dropout2d, dropoutChannels } from '../../src/ops/dropout.ts'
import { embedding } from '../../src/ops/embedding.ts'
import { linear } from '../../src/ops/linear.ts'
import { norm } from '../../src/ops/norm.ts'
import * as normalisation from '../../src/ops/normalisation/index.ts'
import { oneHot } from '../../src/ops/oneHot.ts'
import { RandomStream } from '../../src/random/index.ts'
import * as create from '../../src/tensor/create.ts'
import { sample } from '../support/centralDifferences.ts'
import { engines } from '../support/engines.ts'
import { maxRelative } from '../support/references.ts'

afterAll(() => setEngine('wasm'))

const infinite = Number.POSITIVE_INFINITY

describe('creation', () => {
  it('fills, counts and divides', async () => {
    const { arange, eye, full, linspace, ones, zeros } = create
    expect(await zeros([2, 1]).array()).toEqual([[0], [0]])
    expect(await ones([], { dtype: 'int32' }).array()).toBe(1)
    expect(await full([2], 0.5).array()).toEqual([0.5, 0.5])
    expect(await arange(3).array()).toEqual([0, 1, 2])
    expect(await arange(2, 3, 0.25).array()).toEqual([2, 2.25, 2.5, 2.75])
    expect(await arange(3, -2, -2).array()).toEqual([3, 1, -1])
    expect(arange(3, 3).shape).toEqual([0])
    expect(await linspace(1, 2, 3).array()).toEqual([1, 1.5, 2])
    expect(await linspace(1, 2, 1).array()).toEqual([1])
    expect(await eye(2).array()).toEqual([
      [1, 0],
      [0, 1],
    ])
    expect(await eye(1, 2).array()).toEqual([[1, 0]])
  })

  it('ends exactly, and takes the type asked for', async () => {
    const last = await create.linspace(0, 0.3, 4, { dtype: 'float64' }).data()
    expect(last[3]).toBe(0.3)
    expect(create.zeros([1]).dtype).toBe('float32')
    expect(create.arange(0, 2, 1, { dtype: 'uint8' }).dtype).toBe('uint8')
    const model = tensor(new Int32Array([5, 6]))
    expect(await create.onesLike(model).data()).toEqual(new Int32Array([1, 1]))
    expect(await create.zerosLike(model, { dtype: 'float64' }).data()).toEqual(new Float64Array(2))
  })
})

describe.each(engines)('on the %s engine', (engine) => {
  const on = <T>(run: () => Promise<T>): (() => Promise<T>) => {
    return () => {
      setEngine(engine)
      return run()
    }
  }
  const float32 = async (x: Tensor): Promise<Tensor> =>
    tensor(Float32Array.from(await x.data()), x.shape)

  it(
    'clamp with one bound, both, and NaN',
    on(async () => {
      const x = tensor([-3, 0, 3])
      expect(await clamp(x, { min: -1 }).array()).toEqual([-1, 0, 3])
      expect(await clamp(x, { max: 1 }).array()).toEqual([-3, 0, 1])
      expect(await clamp(x, { min: -infinite, max: 0 }).array()).toEqual([-3, 0, 0])
      expect(await clamp(tensor([Number.NaN]), { min: 0, max: 1 }).item()).toBeNaN()
    }),
  )

  it(
    'norms of every order',
    on(async () => {
      const x = tensor([
        [3, -4],
        [0, 0],
      ])
      const orders = [2, 1, 0, infinite, -infinite]
      const expected = [
        [5, 0],
        [7, 0],
        [2, 0],
        [4, 0],
        [3, 0],
      ]
      for (const [i, p] of orders.entries())
        expect(await norm(x, { p, axes: 1 }).array(), `order ${p}`).toEqual(expected[i])
      expect(await norm(x, { p: 3 }).item()).toBeCloseTo(91 ** (1 / 3), 5)
      const whole = norm(tensor(new Int32Array([3, -4])), { p: 0 })
      expect([whole.dtype, await whole.item()]).toEqual(['float32', 2])
      expect(norm(x, { axes: 0, keepDims: true }).shape).toEqual([1, 2])
    }),
  )

  it(
    'softmax and its kin do not overflow',
    on(async () => {
      const x = tensor([1e30, 0, -1e30])
      expect(await activations.softmax(x).array()).toEqual([1, 0, 0])
      expect(await activations.softmin(x).array()).toEqual([0, 0, 1])
      const [first, second] = (await activations.logSoftmax(tensor([500, 0])).array()) as number[]
      expect([first, second]).toEqual([0, -500])
      expect(await activations.logSumExp(tensor([500, 500])).item()).toBeCloseTo(500.693147, 3)
      expect(await activations.logSumExp(tensor([-infinite, -infinite])).item()).toBe(-infinite)
      expect(await activations.logSumExp(tensor([0, infinite])).item()).toBe(infinite)
      const x2 = tensor([
        [1, 2, 3],
        [1, 2, 4],
      ])
      expect(activations.logSumExp(x2, { axes: 1, keepDims: true }).shape).toEqual([2, 1])
      expect(activations.logSumExp(x2, { axes: 1 }).shape).toEqual([2])
    }),
  )

  it(
    'activations keep NaN and what lies beyond their bounds',
    on(async () => {
      const x = tensor([Number.NaN])
      const { hardshrink, hardSwish, hardTanh, leakyRelu, relu, relu6, softshrink } = activations
      for (const f of [relu, relu6, leakyRelu, hardTanh, hardSwish, hardshrink, softshrink])
        expect(await f(x).item(), f.name).toBeNaN()
      expect(await relu(tensor([-infinite, infinite])).array()).toEqual([0, infinite])
      expect(await activations.elu(tensor([infinite, 1000])).array()).toEqual([infinite, 1000])
    }),
  )

  it(
    'prelu reads channels in either layout, and wider weights by broadcasting',
    on(async () => {
      const x = tensor([
        [
          [-1, -1],
          [-1, -1],
        ],
      ])
      const weight = tensor([2, 3])
      const rows = [
        [-2, -2],
        [-3, -3],
      ]
      const columns = [
        [-2, -3],
        [-2, -3],
      ]
      expect(await activations.prelu(x, weight).array()).toEqual([rows])
      const last = activations.prelu(x, weight, { layout: 'channels-last' })
      expect(await last.array()).toEqual([columns])
      expect(await activations.prelu(x, tensor([[2, 3]])).array()).toEqual([columns])
    }),
  )

  it(
    'one-hot vectors, and none outside the classes',
    on(async () => {
      const ids = tensor(new Int32Array([1, -1, 3]))
      const hot = oneHot(ids, 3, { dtype: 'int32' })
      expect(hot.dtype).toBe('int32')
      expect(await hot.array()).toEqual([
        [0, 1, 0],
        [0, 0, 0],
        [0, 0, 0],
      ])
      expect(oneHot(tensor(new Int32Array(6), [2, 3]), 4).shape).toEqual([2, 3, 4])
    }),
  )

  it(
    'linear maps of vectors, and of any leading axes',
    on(async () => {
      const weight = tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ])
      expect(await linear(tensor([1, 1]), weight).array()).toEqual([3, 7, 11])
      const x = tensor([[[[1, 0]], [[0, 1]]]])
      expect(await linear(x, weight, tensor([1, 1, 1])).array()).toEqual([
        [[[2, 4, 6]], [[3, 5, 7]]],
      ])
    }),
  )

  it(
    'the padding row of an embedding is read but not learnt',
    on(async () => {
      const table = tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ])
      const ids = tensor(new Int32Array([2, 0, 2]))
      const rows = embedding(ids, table, { paddingIndex: 0 })
      expect(await rows.array()).toEqual([
        [5, 6],
        [1, 2],
        [5, 6],
      ])
      const [gradient] = gradients(rows, [table])
      expect(await gradient!.array()).toEqual([
        [0, 0],
        [0, 0],
        [2, 2],
      ])
    }),
  )

  it(
    'dropout keeps the mean, repeats with its stream, and hides its mask from no gradient',
    on(async () => {
      const x = create.ones([1000])
      const y = dropout(x, { p: 0.25, stream: new RandomStream(3) })
      const values = [...(await y.data())]
      const kept = Math.fround(1 / 0.75)
      expect(new Set(values)).toEqual(new Set([0, kept]))
      const share = values.filter((value) => value === 0).length / 1000
      expect(share).toBeGreaterThan(0.2)
      expect(share).toBeLessThan(0.3)
      const again = dropout(x, { p: 0.25, stream: new RandomStream(3) })
      expect([...(await again.data())]).toEqual(values)
      const [dx] = gradients(y, [x])
      expect([...(await dx!.data())]).toEqual(values)
      const stream = new RandomStream(3)
      expect(dropout(x, { p: 0, stream })).toBe(x)
      const none = await dropout(x, { p: 1, stream }).data()
      expect(none.every((value) => value === 0)).toBe(true)
    }),
  )

  it(
    'channel-wise dropout drops whole channels, in either layout',
    on(async () => {
      const stream = new RandomStream(5)
      const first = await dropout2d(create.ones([4, 8, 2, 3]), { stream }).data()
      for (let channel = 0; channel < 32; channel++) {
        const cells = new Set(first.slice(6 * channel, 6 * channel + 6))
        expect(cells.size).toBe(1)
      }
      expect(new Set(first)).toEqual(new Set([0, 2]))
      const options = { stream, layout: 'channels-last' } as const
      const last = await dropoutChannels(create.ones([4, 6, 8]), options).data()
      for (let sampleAt = 0; sampleAt < 4; sampleAt++)
        for (let channel = 0; channel < 8; channel++) {
          const at = (cell: number): number => last[(sampleAt * 6 + cell) * 8 + channel]!
          for (let cell = 1; cell < 6; cell++) expect(at(cell)).toBe(at(0))
        }
    }),
  )

  it(
    'normalisations of both layouts agree',
    on(async () => {
      const x = await float32(sample([3, 4, 2, 5], -2, 2))
      const weight = await float32(sample([4], 0.5, 1.5, 2))
      const bias = await float32(sample([4], -1, 1, 3))
      const { batchNorm, batchNormTraining, groupNorm, instanceNorm, localResponseNorm } =
        normalisation
      const cases: readonly ((x: Tensor, layout: 'channels-first' | 'channels-last') => Tensor)[] =
        [
          (each, layout) => batchNorm(each, { mean: bias, variance: weight, weight, bias, layout }),
          (each, layout) => batchNormTraining(each, { weight, bias, layout }).y,
          (each, layout) => groupNorm(each, 2, { weight, bias, layout }),
          (each, layout) => instanceNorm(each, { weight, bias, layout }),
          (each, layout) => localResponseNorm(each, { size: 3, alpha: 1, layout }),
        ]
      for (const [i, f] of cases.entries()) {
        const first = f(x, 'channels-first')
        const last = permute(f(permute(x, [0, 2, 3, 1]), 'channels-last'), [0, 3, 1, 2])
        const distance = maxRelative(await last.data(), await first.data())
        expect(distance, `case ${i}`).toBeLessThan(1e-5)
      }
    }),
  )

  it(
    'training statistics are those of the batch',
    on(async () => {
      const x = tensor([
        [
          [1, 3],
          [0, 0],
        ],
        [
          [5, 7],
          [0, 8],
        ],
      ])
      const found = normalisation.batchNormTraining(x)
      expect(await found.mean.array()).toEqual([4, 2])
      expect(await found.variance.array()).toEqual([5, 12])
      expect(await found.unbiasedVariance.array()).toEqual([Math.fround(20 / 3), 16])
    }),
  )

  it(
    'local response of an even size begins half of it before',
    on(async () => {
      const x = tensor([[[1], [2], [3]]])
      const y = normalisation.localResponseNorm(x, { size: 2, alpha: 2, beta: 1, k: 0 })
      const expected = [1 / 1, 2 / 5, 3 / 13]
      expect(maxRelative(await y.data(), expected)).toBeLessThan(1e-6)
    }),
  )
})
