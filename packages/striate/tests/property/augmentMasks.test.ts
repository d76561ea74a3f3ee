// Masks move as their samples do, and their cells stay what they are.
import fc from 'fast-check'
import { augment, fromArrays, RandomStream, setEngine, type Tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

const seeds = fc.integer({ min: 0, max: 1e6 })
const values = (x: Tensor): Promise<number[]> => x.data().then((data) => [...data])

/** An image whose cells are their own numbers, and the same as a mask of classes. */
function numbered(count: number, height: number, width: number) {
  const size = count * height * width
  const cells = Int32Array.from({ length: size }, (_, at) => 1 + at)
  const x = { data: Float32Array.from(cells), shape: [count, 1, height, width] }
  return { x, target: { data: cells, shape: [count, height, width] } }
}

/** What moves cells, and moves whole ones. */
const moves: Readonly<Record<string, augment.Transform>> = {
  flip: augment.flip({ axes: [0, 1] }),
  quarterTurns: augment.quarterTurns(),
  crop: augment.crop({ size: 5, padding: 3 }),
  'crop, mirrored': augment.crop({ size: 7, padding: 2, beyond: 'reflect' }),
  shift: augment.shift({ most: 4 }),
  'shift around': augment.shift({ most: 4, beyond: 'wrap' }),
  sometimes: augment.sometimes(0.5, augment.shift({ most: 3 })),
  compose: augment.compose([
    augment.flip(),
    augment.sometimes(0.5, augment.quarterTurns()),
    augment.crop({ size: 6, padding: 1 }),
  ]),
}
/** What changes values where they are. */
const changes: Readonly<Record<string, augment.Transform>> = {
  cutout: augment.cutout({ size: 3 }),
  timeMask: augment.timeMask({ most: 4 }),
  brightness: augment.brightness({ most: 0.3 }),
  contrast: augment.contrast({ most: 0.3 }),
  noise: augment.noise({ deviation: 0.1 }),
  scaling: augment.scaling({ deviation: 0.1 }),
  magnitudeWarp: augment.magnitudeWarp({ deviation: 0.2 }),
}
const indices = Uint32Array.of(2, 0)

describe('masks', () => {
  for (const [name, transform] of Object.entries(moves))
    it(`${name} moves them as it moves the samples`, () =>
      fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const plain = fromArrays(numbered(3, 7, 7))
          const dataset = augment.augmented(plain, transform, { seed, masks: true })
          const { x, target } = await dataset.batch(indices, 4)
          expect(target.shape).toEqual([2, ...x.shape.slice(2)])
          expect(target.dtype).toBe('int32')
          expect(await values(target)).toEqual(await values(x))
        }),
        { numRuns: 20 },
      ))

  for (const [name, transform] of Object.entries(changes))
    it(`${name} leaves them as they are`, () =>
      fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const plain = fromArrays(numbered(3, 7, 7))
          const { target } = await plain.batch(indices)
          const dataset = augment.augmented(plain, transform, { seed, masks: true })
          const found = await dataset.batch(indices)
          expect(await values(found.target)).toEqual(await values(target))
          expect(await values(found.x)).toHaveLength(98)
        }),
        { numRuns: 5 },
      ))

  it('affine reads their nearest cell, at most a cell from where it reads the sample', () =>
    fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        // Rows are the sample's values, so that a cell of the sample says from which row it came.
        const rows = Float32Array.from({ length: 81 }, (_, at) => Math.floor(at / 9))
        const x = { data: rows, shape: [1, 1, 9, 9] }
        const target = { data: Int32Array.from(rows), shape: [1, 1, 9, 9] }
        const transform = augment.affine({ degrees: 40, scale: [0.8, 1.2], fill: 1e9 })
        const plain = fromArrays({ x, target })
        const dataset = augment.augmented(plain, transform, { seed, masks: true, maskFill: -1 })
        const found = await dataset.batch(Uint32Array.of(0))
        const [read, mask] = [await values(found.x), await values(found.target)]
        expect(found.target.shape).toEqual([1, 1, 9, 9])
        for (const [at, value] of mask.entries()) {
          expect(Number.isInteger(value)).toBe(true)
          // Cells that are mixed with what stands beyond the edge say nothing.
          if (value >= 0 && read[at]! <= 8)
            expect(Math.abs(value - read[at]!)).toBeLessThanOrEqual(0.5)
        }
      }),
      { numRuns: 30 },
    ))

  it('are filled with their own number beyond the edge', async () => {
    const plain = fromArrays(numbered(1, 2, 2))
    const transform = augment.crop({ size: 4, padding: 1, beyond: 0 })
    const dataset = augment.augmented(plain, transform, { masks: true, maskFill: 255 })
    const { x, target } = await dataset.batch(Uint32Array.of(0))
    expect(await values(x)).toEqual([0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0])
    expect(await target.array()).toEqual([
      [
        [255, 255, 255, 255],
        [255, 1, 2, 255],
        [255, 3, 4, 255],
        [255, 255, 255, 255],
      ],
    ])
  })

  it('are named where there are other targets', async () => {
    const { x, target: mask } = numbered(2, 4, 4)
    const label = Int32Array.of(5, 6)
    const plain = fromArrays({ x, target: { mask, label } })
    const options = { seed: 3, masks: ['mask'] }
    const dataset = augment.augmented(plain, augment.flip({ p: 1 }), options)
    const { target } = await dataset.batch(Uint32Array.of(0, 1))
    expect((await values(target.mask)).slice(0, 4)).toEqual([4, 3, 2, 1])
    expect(await values(target.label)).toEqual([5, 6])
  })

  it('without `masks`, targets stay', async () => {
    const plain = fromArrays(numbered(1, 2, 2))
    const { target } = await augment
      .augmented(plain, augment.flip({ p: 1 }))
      .batch(Uint32Array.of(0))
    expect(await values(target)).toEqual([1, 2, 3, 4])
  })

  it('are refused for transforms that say nothing of them, and where they do not fit', async () => {
    const plain = fromArrays(numbered(1, 2, 2))
    const own: augment.Transform = (sample) => sample
    const hint = 'augment.withMask(transform, mask) says so for one of your own'
    for (const transform of [
      own,
      augment.compose([augment.flip(), own]),
      augment.sometimes(1, own),
    ])
      expect(() => augment.augmented(plain, transform, { masks: true })).toThrow(hint)
    const flip = augment.flip()
    expect(() => augment.augmented(plain, flip, { masks: 'target' as never })).toThrow(
      "masks must be true or a list of names of targets, got 'target'",
    )
    expect(() => augment.augmented(plain, flip, { masks: true, maskFill: Number.NaN })).toThrow(
      'maskFill must be a finite number, got NaN',
    )
    const one = Uint32Array.of(0)
    await expect(
      (async () => augment.augmented(plain, flip, { masks: ['mask'] }).batch(one))(),
    ).rejects.toThrow('masks must be true, for the target has no name')
    const { x, target } = numbered(1, 2, 2)
    const wrong = fromArrays({ x, target: { data: target.data, shape: [1, 4] } })
    await expect(
      (async () => augment.augmented(wrong, flip, { masks: true }).batch(one))(),
    ).rejects.toThrow('target must be masks of [2, 2], with or without channels, got [4]')
    const named = fromArrays({ x, target: { mask: target } })
    await expect(
      (async () => augment.augmented(named, flip, { masks: ['mark'] }).batch(one))(),
    ).rejects.toThrow("masks must be among the targets, mask, got 'mark'")
  })

  it('follow a transform of your own that says how', () => {
    const turned = (sample: augment.Sample): augment.Sample => ({
      data: sample.data.slice().reverse(),
      shape: sample.shape,
    })
    const transform = augment.compose([augment.withMask(turned, turned)])
    const mask = { data: Float64Array.of(1, 2, 3), shape: [1, 3] }
    expect(transform.mask!(mask, new RandomStream(1), 0).data).toEqual(Float64Array.of(3, 2, 1))
  })
})
