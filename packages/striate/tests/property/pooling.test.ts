// Pooling of random geometries against plain loops over cells.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  adaptiveAvgPool,
  adaptiveMaxPool,
  adaptiveMaxPoolWithIndices,
  avgPool,
  broadcastTo,
  concat,
  globalAvgPool,
  globalMaxPool,
  lpPool,
  max,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
  mean,
  setEngine,
  slice,
  type Tensor,
  tensor,
} from '../../src/index.ts'
import { draw, expectClose, sizeOf, toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'
import { outputSizes, type Pooling, poolings, type Window, windowsOf } from '../support/windows.ts'

const seeds = fc.nat(100_000)
const runs = { numRuns: 40 }

const options = ({ stride, dilation, padding, ceilMode }: Pooling) => ({
  stride,
  dilation,
  padding,
  ceilMode,
})

/** What `of` gives for every window of every plane, batch 2 and 3 channels. */
function expected(
  data: ArrayLike<number>,
  p: Pooling,
  of: (window: Window) => number,
): Float64Array {
  const plane = sizeOf(p.input)
  const values = Array.from({ length: 6 }, (_, c) =>
    windowsOf(
      Array.from({ length: plane }, (_, i) => data[c * plane + i]!),
      p,
    ).map(of),
  )
  return Float64Array.from(values.flat())
}

/** `x` with the cells of each part of an axis reduced to one. */
const pooledParts = (
  x: Tensor,
  axis: number,
  parts: readonly (readonly [number, number])[],
  reduction: typeof mean,
): Tensor =>
  concat(
    parts.map(([start, end]) =>
      reduction(slice(x, [start], [end], { axes: [axis] }), { axes: axis, keepDims: true }),
    ),
    axis,
  )

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

describe.each(engines)('pooling on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('has the sizes, values and places that counting windows one by one gives', async () => {
    await fc.assert(
      fc.asyncProperty(poolings, seeds, async (p, seed) => {
        const x = draw([2, 3, ...p.input], seed)
        const data = await x.data()
        const { values, indices } = maxPoolWithIndices(x, p.kernel, options(p))
        expect(values.shape).toEqual([2, 3, ...outputSizes(p)])
        await expectClose(
          values,
          expected(data, p, (w) => Math.max(...w.values)),
          0,
        )
        const place = (w: Window): number => w.places[w.values.indexOf(Math.max(...w.values))]!
        await expectClose(indices, expected(data, p, place), 0)
        await expectClose(maxPool(x, p.kernel, options(p)), values, 0)
      }),
      runs,
    )
  })

  it('averages over cells, over cells and padding, or by a given divisor', async () => {
    await fc.assert(
      fc.asyncProperty(poolings, seeds, async (p, seed) => {
        const x = draw([2, 3, ...p.input], seed)
        const data = await x.data()
        const averages = expected(data, p, (w) => total(w.values) / w.padded)
        await expectClose(avgPool(x, p.kernel, options(p)), averages)
        const inside = { ...options(p), countIncludePad: false }
        const means = expected(data, p, (w) => total(w.values) / w.values.length)
        await expectClose(avgPool(x, p.kernel, inside), means)
        const divided = avgPool(x, p.kernel, { ...options(p), divisorOverride: 7 })
        await expectClose(
          divided,
          expected(data, p, (w) => total(w.values) / 7),
        )
      }),
      runs,
    )
  })

  it('takes p-norms of the cells', async () => {
    await fc.assert(
      fc.asyncProperty(poolings, seeds, fc.constantFrom(1, 2, 4), async (p, seed, norm) => {
        const x = draw([2, 3, ...p.input], seed)
        const want = expected(await x.data(), p, (w) => {
          const sum = total(w.values.map((value) => value ** norm))
          return norm === 1 ? sum : sum ** (1 / norm)
        })
        await expectClose(lpPool(x, norm, p.kernel, options(p)), want)
      }),
      runs,
    )
  })

  it('averages equal values to that value exactly', async () => {
    await fc.assert(
      fc.asyncProperty(poolings, fc.integer({ min: -9, max: 9 }), async (p, value) => {
        const x = broadcastTo(tensor(value), [2, 3, ...p.input])
        const pooled = avgPool(x, p.kernel, { ...options(p), countIncludePad: false })
        for (const cell of await pooled.data()) expect(cell).toBe(value)
        const sizes = outputSizes(p)
        for (const cell of await adaptiveAvgPool(x, sizes).data()) expect(cell).toBe(value)
      }),
      runs,
    )
  })

  it("pads 'same' so that ⌈input / stride⌉ windows remain, the odd cell at the end", async () => {
    await fc.assert(
      fc.asyncProperty(poolings, seeds, async (p, seed) => {
        const padding = p.input.map((input, a) => {
          const output = Math.ceil(input / p.stride[a]!)
          const extent = p.dilation[a]! * (p.kernel[a]! - 1) + 1
          const cells = Math.max((output - 1) * p.stride[a]! + extent - input, 0)
          return [Math.floor(cells / 2), Math.ceil(cells / 2)] as const
        })
        const x = draw([2, 3, ...p.input], seed)
        const { ceilMode: _, ...rest } = options(p)
        const same = avgPool(x, p.kernel, { ...rest, padding: 'same' })
        expect(same.shape.slice(2)).toEqual(
          p.input.map((size, a) => Math.ceil(size / p.stride[a]!)),
        )
        await expectClose(same, avgPool(x, p.kernel, { ...rest, padding }), 0)
      }),
      runs,
    )
  })

  it('reads channels last as it reads channels first', async () => {
    await fc.assert(
      fc.asyncProperty(poolings, seeds, async (p, seed) => {
        const x = draw([2, 3, ...p.input], seed)
        const last = { ...options(p), layout: 'channels-last' } as const
        const pooled = maxPoolWithIndices(x, p.kernel, options(p))
        const { values, indices } = maxPoolWithIndices(toLast(x), p.kernel, last)
        await expectClose(toFirst(values), pooled.values, 0)
        await expectClose(toFirst(indices), pooled.indices, 0)
        const average = avgPool(toLast(x), p.kernel, last)
        await expectClose(toFirst(average), avgPool(x, p.kernel, options(p)))
        const norm = lpPool(toLast(x), 2, p.kernel, last)
        await expectClose(toFirst(norm), lpPool(x, 2, p.kernel, options(p)))
        const layout = 'channels-last'
        const adaptive = adaptiveAvgPool(toLast(x), 2, { layout })
        await expectClose(toFirst(adaptive), adaptiveAvgPool(x, 2))
        await expectClose(globalAvgPool(toLast(x), { layout }), globalAvgPool(x))
      }),
      runs,
    )
  })

  it('shares an axis out among adaptive windows', async () => {
    const sizes = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 })),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    await fc.assert(
      fc.asyncProperty(sizes, seeds, async (pairs, seed) => {
        const x = draw([1, 2, ...pairs.map(([input]) => input)], seed)
        const output = pairs.map(([, size]) => size)
        // One axis at a time, each as its own pooling: means of means with equal counts are means.
        let step = x
        let largest = x
        for (const [a, [input, size]] of pairs.entries()) {
          const cut = (o: number): [number, number] => [
            Math.floor((o * input) / size),
            Math.ceil(((o + 1) * input) / size),
          ]
          const parts = Array.from({ length: size }, (_, o) => cut(o))
          step = pooledParts(step, a + 2, parts, mean)
          largest = pooledParts(largest, a + 2, parts, max)
        }
        await expectClose(adaptiveAvgPool(x, output), step)
        await expectClose(adaptiveMaxPool(x, output), largest, 0)
        const { values, indices } = adaptiveMaxPoolWithIndices(x, output)
        await expectClose(values, largest, 0)
        const data = await x.data()
        const plane = sizeOf(x.shape.slice(2))
        const cells = sizeOf(output)
        const picked = (await indices.data()).map(
          (index, cell) => index + Math.floor(cell / cells) * plane,
        )
        await expectClose(
          values,
          Float32Array.from(picked, (index) => data[index]!),
          0,
        )
      }),
      runs,
    )
  })

  it('keeps an axis whose adaptive size is null, and pools all of space in one', async () => {
    const x = draw([2, 3, 4, 5], 1)
    await expectClose(adaptiveAvgPool(x, [null, 1]), adaptiveAvgPool(x, [4, 1]), 0)
    await expectClose(globalAvgPool(x, { keepDims: true }), adaptiveAvgPool(x, 1))
    await expectClose(globalMaxPool(x, { keepDims: true }), adaptiveMaxPool(x, 1), 0)
    expect(globalMaxPool(x).shape).toEqual([2, 3])
  })

  it('puts pooled values back where they came from', async () => {
    await fc.assert(
      fc.asyncProperty(poolings, seeds, fc.boolean(), async (p, seed, last) => {
        const padding = p.padding.map(([low, high]) => Math.min(low, high))
        const pairs = padding.map((cells) => [cells, cells] as const)
        const even: Pooling = {
          ...p,
          padding: pairs,
          dilation: p.dilation.map(() => 1),
          ceilMode: false,
        }
        const x = draw([2, 3, ...p.input], seed)
        const layout = last ? 'channels-last' : 'channels-first'
        const { values, indices } = maxPoolWithIndices(last ? toLast(x) : x, p.kernel, {
          ...options(even),
          layout,
        })
        const back = maxUnpool(values, indices, p.kernel, {
          stride: p.stride,
          padding,
          outputSize: p.input,
          layout,
        })
        const data = await x.data()
        const kept = new Set<number>()
        const plane = sizeOf(p.input)
        for (let c = 0; c < 6; c++) {
          const part = Array.from({ length: plane }, (_, i) => data[c * plane + i]!)
          for (const w of windowsOf(part, even))
            kept.add(c * plane + w.places[w.values.indexOf(Math.max(...w.values))]!)
        }
        const want = Float64Array.from(data, (value, i) => (kept.has(i) ? value : 0))
        await expectClose(last ? toFirst(back) : back, want)
      }),
      runs,
    )
  })

  it('lets NaN win, and the first of equal cells', async () => {
    const x = tensor([[[1, Number.NaN, 3, 3, 2, 2]]])
    const { values, indices } = maxPoolWithIndices(x, 2)
    expect(await values.array()).toEqual([[[Number.NaN, 3, 2]]])
    expect(await indices.array()).toEqual([[[1, 2, 4]]])
  })
})
