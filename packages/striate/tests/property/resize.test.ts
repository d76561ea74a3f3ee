// Interpolation: what must stay, and each axis by itself against its formula.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { broadcastTo, setEngine, slice, type Tensor, tensor } from '../../src/index.ts'
import { type ResizeOptions, resize } from '../../src/ops/resize.ts'
import { draw, expectClose, toFirst, toLast } from '../support/draw.ts'
import { engines } from '../support/engines.ts'

type Mode = NonNullable<ResizeOptions['mode']>
const modes: readonly Mode[] = ['nearest', 'nearest-exact', 'linear', 'cubic']
const smooth: readonly Mode[] = ['linear', 'cubic']

const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 })), {
  minLength: 1,
  maxLength: 3,
})
const seeds = fc.nat(100_000)
const runs = { numRuns: 40 }

const clamp = (index: number, size: number): number => Math.min(Math.max(index, 0), size - 1)

/** Keys's kernel, a = −0.75, written out by its pieces. */
function keys(t: number): number {
  const d = Math.abs(t)
  if (d < 1) return 1.25 * d ** 3 - 2.25 * d ** 2 + 1
  return d < 2 ? -0.75 * (d ** 3 - 5 * d ** 2 + 8 * d - 4) : 0
}

/** One line interpolated to `output` cells. */
function line(
  values: readonly number[],
  output: number,
  mode: Mode,
  alignCorners: boolean,
): number[] {
  const size = values.length
  const at = (index: number): number => values[clamp(index, size)]!
  return Array.from({ length: output }, (_, o) => {
    if (mode === 'nearest') return at(Math.floor((o * size) / output))
    if (mode === 'nearest-exact') return at(Math.floor(((2 * o + 1) * size) / (2 * output)))
    const aligned = output === 1 ? 0 : (o * (size - 1)) / (output - 1)
    const centre = alignCorners ? aligned : ((2 * o + 1) * size) / (2 * output) - 0.5
    const left = Math.floor(centre)
    if (mode === 'linear') {
      const inside = Math.min(Math.max(centre, 0), size - 1)
      const base = Math.floor(inside)
      return at(base) + (inside - base) * (at(base + 1) - at(base))
    }
    return [-1, 0, 1, 2].reduce((sum, i) => sum + keys(centre - left - i) * at(left + i), 0)
  })
}

describe.each(engines)('resize on the %s engine', (engine) => {
  beforeEach(() => setEngine(engine))

  it('to its own size changes nothing', async () => {
    const x = draw([2, 3, 4, 5], 1)
    for (const mode of modes) {
      await expectClose(resize(x, { size: [4, 5], mode }), x, 0)
      await expectClose(resize(x, { scaleFactor: 1, mode }), x, 0)
    }
    for (const mode of smooth)
      await expectClose(resize(x, { size: [4, 5], mode, alignCorners: true }), x)
  })

  it('follows its formula along a line', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 15 }),
        fc.constantFrom(...modes),
        fc.boolean(),
        seeds,
        async (input, output, mode, wish, seed) => {
          const alignCorners = wish && smooth.includes(mode)
          const x = draw([1, 1, input], seed)
          const want = line([...(await x.data())], output, mode, alignCorners)
          const y = resize(x, { size: output, mode, alignCorners })
          await expectClose(y, Float64Array.from(want), 2e-6)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('works axis by axis, in any order, in both layouts', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, fc.constantFrom(...modes), seeds, async (axes, mode, seed) => {
        const x = draw([2, 2, ...axes.map(([input]) => input)], seed)
        const size = axes.map(([, output]) => output)
        const all = resize(x, { size, mode })
        let steps: Tensor = x
        for (let a = axes.length - 1; a >= 0; a--) {
          const space = steps.shape.slice(2)
          steps = resize(steps, { size: space.with(a, size[a]!), mode })
        }
        await expectClose(all, steps)
        const last = resize(toLast(x), { size, mode, layout: 'channels-last' })
        await expectClose(toFirst(last), all)
      }),
      runs,
    )
  })

  it('keeps equal values equal, and the corners when they are aligned', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, fc.constantFrom(...smooth), seeds, async (axes, mode, seed) => {
        const shape = [1, 1, ...axes.map(([input]) => input)]
        const size = axes.map(([, output]) => output)
        const flat = resize(broadcastTo(tensor(2.5), shape), { size, mode })
        await expectClose(flat, broadcastTo(tensor(2.5), [1, 1, ...size]), 1e-6)
        const x = draw(shape, seed)
        const y = resize(x, { size, mode, alignCorners: true })
        const zeros = size.map(() => 0)
        const ones = size.map(() => 1)
        const space = { axes: size.map((_, a) => a + 2) }
        await expectClose(slice(y, zeros, ones, space), slice(x, zeros, ones, space), 1e-6)
        if (size.every((cells) => cells > 1)) {
          const ends = size.map(() => -1)
          const open = size.map(() => undefined)
          await expectClose(slice(y, ends, open, space), slice(x, ends, open, space), 1e-5)
        }
      }),
      runs,
    )
  })

  it('takes scale factors per axis, and uses them for the coordinates', async () => {
    const x = draw([1, 1, 5, 4], 1)
    const y = resize(x, { scaleFactor: [1.5, 2], mode: 'linear' })
    expect(y.shape).toEqual([1, 1, 7, 8])
    const column = [...(await slice(x, [0], [1], { axes: [3] }).data())]
    const want = Array.from({ length: 7 }, (_, o) => {
      const centre = Math.max((o + 0.5) / 1.5 - 0.5, 0)
      const base = Math.floor(centre)
      const [a, b] = [column[clamp(base, 5)]!, column[clamp(base + 1, 5)]!]
      return a + (centre - base) * (b - a)
    })
    const first = slice(resize(x, { scaleFactor: [1.5, 1], mode: 'linear' }), [0], [1], {
      axes: [3],
    })
    await expectClose(first, Float64Array.from(want), 1e-6)
  })

  it('keeps bytes by the nearest, and interpolates them as float32', async () => {
    const bytes = tensor(new Uint8Array([0, 255]), [1, 1, 2])
    const near = resize(bytes, { size: 4 })
    expect(near.dtype).toBe('uint8')
    expect(await near.array()).toEqual([[[0, 0, 255, 255]]])
    const between = resize(bytes, { size: 3, mode: 'linear', alignCorners: true })
    expect(between.dtype).toBe('float32')
    expect(await between.array()).toEqual([[[0, 127.5, 255]]])
  })
})
