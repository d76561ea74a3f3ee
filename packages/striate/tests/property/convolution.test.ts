// Laws of convolution on random geometries of every rank, in whole numbers so that they hold to the last bit.
import fc from 'fast-check'
import {
  add,
  concat,
  conv,
  conv1d,
  conv2d,
  convTranspose,
  gradients,
  pad,
  reshape,
  setEngine,
  setPrecision,
  slice,
  type Tensor,
  tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PaddingMode } from '../../src/geometry/padding.ts'
import { toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'
import { convolutions, type RandomConvolution } from '../support/geometries.ts'
import { run, shapesOf, wholeTensor } from '../support/runConvolution.ts'

// Transforms round; each output is a sum of its own products here.
beforeAll(() => setPrecision('exact'))
afterAll(() => setPrecision('fast'))

interface Drawn {
  readonly x: Tensor
  readonly weight: Tensor
  readonly bias: Tensor | undefined
}

function drawn(c: RandomConvolution): Drawn {
  const { x, weight, bias } = shapesOf(c)
  return {
    x: wholeTensor(x, 1),
    weight: wholeTensor(weight, 2),
    bias: bias ? wholeTensor(bias, 3) : undefined,
  }
}

/** Exactly the same shapes and numbers; zeros may differ in sign. */
async function expectSame(actual: Tensor, expected: Tensor): Promise<void> {
  expect(actual.shape).toEqual(expected.shape)
  const plain = async (t: Tensor): Promise<number[]> => Array.from(await t.data(), (v) => v + 0)
  expect(await plain(actual)).toEqual(await plain(expected))
}

/** The cell that stands at `place` of an axis, by the definition of the mode; −1 for a zero. */
function mirrored(mode: PaddingMode, place: number, size: number): number {
  let at = place
  switch (mode) {
    case 'zeros':
      return at >= 0 && at < size ? at : -1
    case 'replicate':
      while (at < 0) at++
      while (at >= size) at--
      return at
    case 'reflect':
      while (at < 0 || at >= size) at = at < 0 ? -at : 2 * size - 2 - at
      return at
    case 'circular':
      while (at < 0) at += size
      while (at >= size) at -= size
      return at
  }
}

function* tuples(sizes: readonly number[]): Generator<readonly number[]> {
  if (sizes.length === 0) return yield []
  for (let i = 0; i < sizes[0]!; i++) for (const rest of tuples(sizes.slice(1))) yield [i, ...rest]
}

const offset = (index: readonly number[], shape: readonly number[]): number =>
  index.reduce((at, i, a) => at * shape[a]! + i, 0)

/** The definition as plain loops, channels first: every output cell gathers, or every input cell is laid out. */
async function byDefinition(c: RandomConvolution, shape: readonly number[]): Promise<number[]> {
  const { x, weight, bias } = drawn({ ...c, layout: 'channels-first' })
  const [xs, ws] = [await x.data(), await weight.data()]
  const bs = bias ? await bias.data() : undefined
  const space = shape.slice(2)
  const y = new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0)
  for (const [n, o, ...at] of tuples(shape)) y[offset([n!, o!, ...at], shape)] = bs?.[o!] ?? 0
  // On axes of a transposed sum, input cells beyond the ends are laid out too, as far as they reach.
  const beyond = c.input.map((size, a) => {
    if (!c.transposed || c.paddingMode === 'zeros') return 0
    const last = Math.ceil((space[a]! + c.padding[a]![0]) / c.stride[a]!)
    return Math.max(c.dilation[a]! * c.kernel[a]!, last - size)
  })
  for (let n = 0; n < c.batch; n++)
    for (let group = 0; group < c.groups; group++)
      for (let i = 0; i < c.inPerGroup; i++)
        for (let o = 0; o < c.outPerGroup; o++)
          for (const k of tuples(c.kernel)) {
            const inChannel = group * c.inPerGroup + i
            const outChannel = group * c.outPerGroup + o
            const row = c.transposed ? [inChannel, o] : [outChannel, i]
            const w = ws[offset([...row, ...k], weight.shape)]!
            const cells = c.transposed ? c.input.map((size, a) => size + 2 * beyond[a]!) : space
            for (const cell of tuples(cells)) {
              const from = c.transposed
                ? cell.map((place, a) => place - beyond[a]!)
                : cell.map((at, a) => at * c.stride[a]! + k[a]! * c.dilation[a]! - c.padding[a]![0])
              const to = c.transposed
                ? from.map((at, a) => at * c.stride[a]! + k[a]! * c.dilation[a]! - c.padding[a]![0])
                : cell
              if (!to.every((at, a) => at >= 0 && at < space[a]!)) continue
              const source = from.map((place, a) => mirrored(c.paddingMode, place, c.input[a]!))
              if (source.includes(-1)) continue
              const value = xs[offset([n, inChannel, ...source], x.shape)]!
              y[offset([n, outChannel, ...to], shape)]! += w * value
            }
          }
  return y.map((value) => value + 0)
}

const first = (c: RandomConvolution, y: Tensor): Tensor =>
  c.layout === 'channels-first' ? y : toFirst(y)

for (const engine of engines) {
  describe(`convolution on the ${engine} engine`, () => {
    beforeAll(() => setEngine(engine))
    afterAll(() => setEngine('wasm'))

    it('is its definition, written as plain loops', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions(), async (c) => {
          const own: RandomConvolution = { ...c, layout: 'channels-first' }
          const { x, weight, bias } = drawn(own)
          const y = run(own, x, weight, bias)
          const expected = await byDefinition(c, y.shape)
          expect(Array.from(await y.data(), (v) => v + 0)).toEqual(expected)
        }),
        { numRuns: 60 },
      )
    })

    it('has a transposed convolution as its gradient, and the other way round', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions({ transposed: false }), async (drawnCase) => {
          const c = { ...drawnCase, paddingMode: 'zeros' as const }
          const { x, weight } = drawn(c)
          const y = run(c, x, weight)
          const upstream = wholeTensor(y.shape, 4)
          const [dx] = gradients(y, [x], upstream)
          const { stride, dilation, padding, groups, layout } = c
          const outputPadding = c.input.map((size, a) => {
            const extent = dilation[a]! * (c.kernel[a]! - 1) + 1
            return (size + padding[a]![0] + padding[a]![1] - extent) % stride[a]!
          })
          const options = { stride, dilation, padding, groups, layout }
          const turned = convTranspose(upstream, weight, { ...options, outputPadding })
          await expectSame(dx!, turned)
          const [back] = gradients(turned, [upstream], x)
          await expectSame(back!, run(c, x, weight))
        }),
      )
    })

    it("with padding 'same' is that with the padding written out", async () => {
      await fc.assert(
        fc.asyncProperty(convolutions({ transposed: false }), async (c) => {
          const { x, weight } = drawn(c)
          const { stride, dilation, groups, layout } = c
          const options = { stride, dilation, groups, layout }
          const y = conv(x, weight, { ...options, padding: 'same' })
          const space = layout === 'channels-first' ? y.shape.slice(2) : y.shape.slice(1, -1)
          expect(space).toEqual(c.input.map((size, a) => Math.ceil(size / stride[a]!)))
          const pairs = c.input.map((size, a): [number, number] => {
            const extent = dilation[a]! * (c.kernel[a]! - 1) + 1
            const total = Math.max(0, (space[a]! - 1) * stride[a]! + extent - size)
            return [Math.floor(total / 2), Math.ceil(total / 2)]
          })
          await expectSame(y, conv(x, weight, { ...options, padding: pairs }))
        }),
      )
    })

    it('of a padding mode is that of the padded input', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions({ transposed: false }), async (c) => {
          const { x, weight, bias } = drawn(c)
          const { stride, dilation, groups, layout, padding, paddingMode } = c
          const start = layout === 'channels-first' ? 2 : 1
          const mode = paddingMode === 'zeros' ? 'constant' : paddingMode
          const axes = padding.map((_, a) => start + a)
          const wide = pad(x, padding, { axes, mode })
          const plain = conv(wide, weight, { bias, stride, dilation, groups, layout })
          await expectSame(run(c, x, weight, bias), plain)
        }),
      )
    })

    it('in groups is the convolutions of its parts, concatenated', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions(), async (c) => {
          const { x, weight, bias } = drawn(c)
          const axis = c.layout === 'channels-first' ? 1 : x.rank - 1
          const rows = c.transposed ? c.inPerGroup : c.outPerGroup
          const parts = Array.from({ length: c.groups }, (_, g) => {
            const part = (t: Tensor, size: number, along: number): Tensor =>
              slice(t, [g * size], [(g + 1) * size], { axes: [along] })
            return run(
              { ...c, groups: 1 },
              part(x, c.inPerGroup, axis),
              part(weight, rows, 0),
              bias && part(bias, c.outPerGroup, 0),
            )
          })
          await expectSame(run(c, x, weight, bias), concat(parts, axis))
        }),
      )
    })

    it('over one axis is that over two with a height of 1', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions({ rank: 1 }), async (c) => {
          const { x, weight, bias } = drawn(c)
          const isFirst = c.layout === 'channels-first'
          const flat: RandomConvolution = {
            ...c,
            rank: 2,
            input: [1, ...c.input],
            kernel: [1, ...c.kernel],
            stride: [1, ...c.stride],
            dilation: [1, ...c.dilation],
            padding: [[0, 0], ...c.padding],
            outputPadding: [0, ...c.outputPadding],
          }
          const shapes = shapesOf(flat)
          const plane = run(flat, reshape(x, shapes.x), reshape(weight, shapes.weight), bias)
          const line = run(c, x, weight, bias)
          await expectSame(reshape(plane, line.shape), line)
          expect(plane.shape[isFirst ? 2 : 1]).toBe(1)
        }),
      )
    })

    it('with dilation is that with the kernel filled up with zeros', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions(), async (c) => {
          const { x, weight, bias } = drawn(c)
          const kernel = c.kernel.map((k, a) => c.dilation[a]! * (k - 1) + 1)
          const wide = [...weight.shape.slice(0, 2), ...kernel]
          const values = new Float32Array(wide.reduce((a, b) => a * b, 1))
          const own = await weight.data()
          let at = 0
          for (const [o, i, ...k] of tuples(weight.shape))
            values[offset([o!, i!, ...k.map((each, a) => each * c.dilation[a]!)], wide)] =
              own[at++]!
          const plain = { ...c, kernel, dilation: kernel.map(() => 1) }
          // Output padding may be as large as the dilation allows, which the plain one may not.
          fc.pre(c.outputPadding.every((cells, a) => cells < c.stride[a]!))
          await expectSame(run(c, x, weight, bias), run(plain, x, tensor(values, wide), bias))
        }),
      )
    })

    it('with stride keeps every so many cells of that without', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions({ transposed: false }), async (c) => {
          const { x, weight, bias } = drawn(c)
          const dense = run({ ...c, stride: c.stride.map(() => 1) }, x, weight, bias)
          const start = c.layout === 'channels-first' ? 2 : 1
          const kept = slice(
            dense,
            c.stride.map(() => 0),
            [],
            { axes: c.stride.map((_, a) => start + a), step: c.stride },
          )
          await expectSame(run(c, x, weight, bias), kept)
        }),
      )
    })

    it('is linear in input and weight, and adds the bias', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions(), async (c) => {
          const { x, weight } = drawn(c)
          const other = wholeTensor(x.shape, 7)
          const both = run(c, add(x, other), weight)
          await expectSame(both, add(run(c, x, weight), run(c, other, weight)))
          const bias = wholeTensor([c.groups * c.outPerGroup], 8)
          const shape = new Array<number>(c.rank + 2).fill(1)
          const channel = c.layout === 'channels-first' ? 1 : c.rank + 1
          const laid = reshape(bias, shape.with(channel, bias.size))
          await expectSame(run(c, x, weight, bias), add(run(c, x, weight), laid))
        }),
      )
    })

    it('with channels last is that with channels first, permuted, gradients too', async () => {
      await fc.assert(
        fc.asyncProperty(convolutions(), async (drawnCase) => {
          const c: RandomConvolution = { ...drawnCase, layout: 'channels-first' }
          const { x, weight, bias } = drawn(c)
          const y = run(c, x, weight, bias)
          const upstream = wholeTensor(y.shape, 9)
          const own = gradients(y, bias ? [x, weight, bias] : [x, weight], upstream)
          const last = toLast(x)
          const turned = run({ ...c, layout: 'channels-last' }, last, weight, bias)
          await expectSame(toFirst(turned), y)
          const inputs = bias ? [last, weight, bias] : [last, weight]
          const [dx, ...rest] = gradients(turned, inputs, toLast(upstream))
          await expectSame(toFirst(dx!), own[0]!)
          for (const [i, each] of rest.entries()) await expectSame(each, own[i + 1]!)
        }),
      )
    })
  })
}

describe('the engines', () => {
  it('give the same numbers, and the same gradients of first and second order', async () => {
    expect(engines).toContain('reference')
    await fc.assert(
      fc.asyncProperty(convolutions(), async (c) => {
        const results: number[][][] = []
        for (const engine of engines) {
          setEngine(engine)
          const { x, weight, bias } = drawn(c)
          const y = run(c, x, weight, bias)
          const upstream = wholeTensor(y.shape, 5)
          const inputs = bias ? [x, weight, bias] : [x, weight]
          const found = gradients(y, inputs, upstream)
          const second = gradients(found[1]!, [x, upstream], wholeTensor(weight.shape, 6))
          const values: number[][] = []
          for (const each of [first(c, y), ...found, ...second])
            values.push(Array.from(await each.data(), (v) => v + 0))
          results.push(values)
        }
        setEngine('wasm')
        for (const other of results.slice(1)) expect(other).toEqual(results[0])
      }),
      { numRuns: 150 },
    )
  })

  it('agree on real numbers within 1e-5 of the largest', async () => {
    await fc.assert(
      fc.asyncProperty(convolutions(), async (c) => {
        const { x, weight, bias } = shapesOf(c)
        const real = (shape: readonly number[], seed: number): Tensor =>
          tensor(
            Float32Array.from(
              { length: shape.reduce((a, b) => a * b, 1) },
              (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 2,
            ),
            shape,
          )
        const results: Float64Array[] = []
        for (const engine of engines) {
          setEngine(engine)
          const y = run(c, real(x, 1), real(weight, 2), bias ? real(bias, 3) : undefined)
          results.push(Float64Array.from(await y.data()))
        }
        setEngine('wasm')
        const [want, ...others] = results
        const largest = want!.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-30)
        for (const got of others)
          for (const [i, v] of got.entries())
            expect(Math.abs(v - want![i]!) / largest).toBeLessThanOrEqual(1e-5)
      }),
      { numRuns: 100 },
    )
  })
})

describe('faces of fixed rank', () => {
  it('do what the one of any rank does', async () => {
    setEngine('reference')
    const x = wholeTensor([1, 2, 7], 1)
    const weight = wholeTensor([3, 2, 3], 2)
    await expectSame(conv1d(x, weight, { stride: 2 }), conv(x, weight, { stride: 2 }))
    const [plane, kernel] = [wholeTensor([1, 2, 4, 5], 3), wholeTensor([3, 2, 3, 2], 4)]
    await expectSame(conv2d(plane, kernel), conv(plane, kernel))
    setEngine('wasm')
  })
})
