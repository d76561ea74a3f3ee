// Augmentation: shapes, seeds and orders, and what each transform may and may not do.
import fc from 'fast-check'
import {
  augment,
  fit,
  fromArrays,
  mse,
  nn,
  RandomStream,
  setEngine,
  sgd,
  type Tensor,
} from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawBeta } from '../../src/random/beta.ts'
import { exponential } from '../../src/random/elementary.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

type Sample = augment.Sample

const sizes = fc.integer({ min: 2, max: 9 })
/** `[channels, ...space]` of one to three axes of space. */
const shapes = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.array(sizes, { minLength: 1, maxLength: 3 }))
  .map(([channels, space]) => [channels, ...space])
const samples = fc.tuple(shapes, fc.integer({ min: 0, max: 1e6 })).map(([shape, seed]): Sample => {
  const data = new Float32Array(shape.reduce((a, b) => a * b))
  new RandomStream(seed, 'sample').fillUniform(data, 0.5, 1.5)
  return { data, shape }
})
const seeds = fc.integer({ min: 0, max: 1e6 })

/** Every transform that takes samples of any rank. */
const transforms: Readonly<Record<string, augment.Transform>> = {
  flip: augment.flip(),
  shift: augment.shift({ most: 3, beyond: 'reflect' }),
  crop: augment.crop({ size: 2, padding: 1 }),
  cutout: augment.cutout({ size: 2, count: 2 }),
  timeMask: augment.timeMask({ most: 3 }),
  brightness: augment.brightness({ most: 0.3 }),
  contrast: augment.contrast({ most: 0.3 }),
  noise: augment.noise({ deviation: 0.1 }),
  scaling: augment.scaling({ deviation: 0.1 }),
  magnitudeWarp: augment.magnitudeWarp({ deviation: 0.2 }),
  sometimes: augment.sometimes(0.5, augment.brightness({ most: 1 })),
  compose: augment.compose([augment.flip(), augment.noise({ deviation: 0.1 })]),
}
/** Those that need a plane. */
const planes: Readonly<Record<string, augment.Transform>> = {
  affine: augment.affine({ degrees: 30, translate: 0.2, scale: [0.8, 1.25], shear: 0.2 }),
}

describe('every transform', () => {
  for (const [name, transform] of Object.entries({ ...transforms, ...planes })) {
    it(`${name} keeps the shape and its input, and gives the same for the same stream`, () => {
      fc.assert(
        fc.property(samples, seeds, (sample, seed) => {
          fc.pre(!(name in planes) || sample.shape.length > 2)
          const before = sample.data.slice()
          const once = transform(sample, new RandomStream(seed, 'a'))
          expect(sample.data).toEqual(before)
          expect(once.data.length).toBe(once.shape.reduce((a, b) => a * b))
          expect(once.shape.length).toBe(sample.shape.length)
          if (name === 'crop') expect(once.shape.slice(1).every((size) => size === 2)).toBe(true)
          else expect(once.shape).toEqual(sample.shape)
          expect(once.data.every(Number.isFinite)).toBe(true)
          expect(transform(sample, new RandomStream(seed, 'a'))).toEqual(once)
        }),
        { numRuns: 40 },
      )
    })

    it(`${name} changes something for some stream`, () => {
      const data = Float32Array.from({ length: 128 }, (_, at) => Math.sin(at) + 2)
      const sample = { data, shape: [2, 8, 8] }
      const results = Array.from({ length: 12 }, (_, seed) =>
        String(transform(sample, new RandomStream(seed)).data),
      )
      expect(new Set(results).size).toBeGreaterThan(1)
    })
  }

  it('that only moves values keeps all of them', () => {
    const moves = [
      augment.flip({ axes: [0, 1, 2] }),
      augment.quarterTurns(),
      augment.quarterTurns({ plane: [0, 2] }),
      augment.shift({ most: 2, beyond: 'wrap' }),
    ]
    const data = Float32Array.from({ length: 2 * 64 }, (_, at) => at)
    for (const move of moves)
      for (let seed = 0; seed < 20; seed++) {
        const { data: found } = move({ data, shape: [2, 4, 4, 4] }, new RandomStream(seed))
        expect(Array.from(found).sort((a, b) => a - b)).toEqual(Array.from(data))
        // Channels stay apart.
        expect(Array.from(found.subarray(0, 64)).every((value) => value < 64)).toBe(true)
      }
  })
})

const grid = (...shape: number[]): Sample => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => at + 1),
  shape,
})
/** A stream whose numbers are these: uniforms in [0, 1), then whole numbers. */
const found = (transform: augment.Transform, sample: Sample, seeds = 60): Set<string> =>
  new Set(
    Array.from({ length: seeds }, (_, seed) =>
      String(transform(sample, new RandomStream(seed)).data),
    ),
  )

describe('what comes out', () => {
  it('of a flip is the mirror image along each axis', () => {
    const image = grid(1, 2, 2)
    expect(found(augment.flip(), image)).toEqual(new Set(['1,2,3,4', '2,1,4,3']))
    expect(found(augment.flip({ axes: -2, p: 1 }), image)).toEqual(new Set(['3,4,1,2']))
    expect(found(augment.flip({ axes: [0, 1] }), image).size).toBe(4)
  })

  it('of quarter turns are the four rotations', () => {
    expect(found(augment.quarterTurns(), grid(1, 2, 2))).toEqual(
      new Set(['1,2,3,4', '3,1,4,2', '4,3,2,1', '2,4,1,3']),
    )
  })

  it('of a shift depends on what is beyond', () => {
    const series = grid(1, 4)
    const cases: [augment.Beyond, string[]][] = [
      [0, ['0,1,2,3', '1,2,3,4', '2,3,4,0']],
      ['edge', ['1,1,2,3', '1,2,3,4', '2,3,4,4']],
      ['wrap', ['4,1,2,3', '1,2,3,4', '2,3,4,1']],
      ['reflect', ['2,1,2,3', '1,2,3,4', '2,3,4,3']],
    ]
    for (const [beyond, expected] of cases)
      expect(found(augment.shift({ most: 1, beyond }), series)).toEqual(new Set(expected))
  })

  it('of a crop is every part, padding included', () => {
    expect(found(augment.crop({ size: 2 }), grid(1, 4))).toEqual(new Set(['1,2', '2,3', '3,4']))
    expect(found(augment.crop({ size: 3, padding: 1, beyond: 9 }), grid(1, 2))).toEqual(
      new Set(['9,1,2', '1,2,9']),
    )
  })

  it('of cutout is one box that is filled, in all channels', () => {
    const { data } = augment.cutout({ size: [1, 2], fill: -1 })(grid(2, 3, 9), new RandomStream(2))
    const holes = Array.from(data).flatMap((value, at) => (value === -1 ? [at] : []))
    expect(holes.length).toBeGreaterThan(0)
    const half = holes.length / 2
    expect(holes.slice(half)).toEqual(holes.slice(0, half).map((at) => at + 27))
    expect(half).toBeLessThanOrEqual(2)
  })

  it('of a time mask is one stretch, of any length to the most', () => {
    const lengths = new Set<number>()
    for (let seed = 0; seed < 80; seed++) {
      const { data } = augment.timeMask({ most: 3 })(grid(2, 6), new RandomStream(seed))
      const masked = Array.from(data.subarray(0, 6), (value) => (value === 0 ? 1 : 0)).join('')
      expect(masked).toMatch(/^0*1*0*$/)
      expect(Array.from(data.subarray(6), (value) => (value === 0 ? 1 : 0)).join('')).toBe(masked)
      lengths.add(masked.replaceAll('0', '').length)
    }
    expect(lengths).toEqual(new Set([0, 1, 2, 3]))
  })

  it('of an affine map without freedom is the sample, and of a half turn its point reflection', () => {
    const image = grid(1, 5, 4)
    const same = augment.affine()(image, new RandomStream(1)).data
    for (const [at, value] of same.entries()) expect(value).toBeCloseTo(image.data[at]!, 5)
    // Whatever the angle, the middle stays and values lie between those that there are.
    const odd = grid(1, 3, 3)
    for (let seed = 0; seed < 20; seed++) {
      const { data } = augment.affine({ degrees: 180, fill: 5 })(odd, new RandomStream(seed))
      expect(data[4]).toBeCloseTo(5, 5)
      expect(Math.max(...data)).toBeLessThanOrEqual(9.0001)
      expect(Math.min(...data)).toBeGreaterThanOrEqual(0.9999)
    }
  })

  it('of an affine map is what the equation says', () => {
    const image = grid(1, 6, 7)
    for (let seed = 0; seed < 10; seed++) {
      const options = { degrees: 40, translate: 0.2, shear: 0.3, scale: [0.7, 1.4] as const }
      const { data } = augment.affine(options)(image, new RandomStream(seed))
      const random = new RandomStream(seed)
      const angle = (random.uniform(-40, 40) / 180) * Math.PI
      const scale = random.uniform(0.7, 1.4)
      const shear = random.uniform(-0.3, 0.3)
      const [down, right] = [random.uniform(-0.2, 0.2) * 6, random.uniform(-0.2, 0.2) * 7]
      const read = (r: number, c: number): number =>
        r < 0 || r > 5 || c < 0 || c > 6 ? 0 : image.data[r * 7 + c]!
      for (let r = 0; r < 6; r++)
        for (let c = 0; c < 7; c++) {
          const [v, u] = [(r - down - 2.5) / scale, (c - right - 3) / scale]
          const row = Math.cos(angle) * v - Math.sin(angle) * u
          const column = Math.sin(angle) * v + Math.cos(angle) * u - shear * row
          const [y, x] = [row + 2.5, column + 3]
          let expected = 0
          for (const [i, wi] of [
            [Math.floor(y), 1 - (y - Math.floor(y))],
            [Math.floor(y) + 1, y - Math.floor(y)],
          ] as const)
            for (const [j, wj] of [
              [Math.floor(x), 1 - (x - Math.floor(x))],
              [Math.floor(x) + 1, x - Math.floor(x)],
            ] as const)
              expected += wi * wj * read(i, j)
          expect(data[r * 7 + c]).toBeCloseTo(expected, 3)
        }
    }
  })

  it('of a magnitude warp passes through its factors at the knots', () => {
    const ones = { data: new Float32Array(7).fill(1), shape: [1, 7] }
    const { data } = augment.magnitudeWarp({ deviation: 0.5, knots: 4 })(ones, new RandomStream(3))
    const random = new RandomStream(3)
    for (const at of [0, 2, 4, 6]) expect(data[at]).toBeCloseTo(random.normal(1, 0.5), 5)
  })

  it('of contrast keeps the mean, of scaling multiplies channels apart', () => {
    const mean = (data: ArrayLike<number>): number =>
      Array.from(data).reduce((a, b) => a + b) / data.length
    const { data } = augment.contrast({ most: 0.9 })(grid(1, 4), new RandomStream(5))
    expect(mean(data)).toBeCloseTo(2.5, 5)
    const scaled = augment.scaling({ deviation: 0.5 })(grid(2, 3), new RandomStream(5)).data
    const factors = Array.from(scaled, (value, at) => value / (at + 1))
    for (const at of [1, 2]) expect(factors[at]).toBeCloseTo(factors[0]!, 5)
    expect(factors[3]).not.toBeCloseTo(factors[0]!, 3)
  })
})

describe('augmented data sets', () => {
  const count = 20
  const data = Float32Array.from({ length: count * 6 }, (_, at) => Math.sin(at))
  const plain = fromArrays({
    x: { data, shape: [count, 2, 3] },
    target: Int32Array.from({ length: count }, (_, at) => at % 2),
  })
  const transform = augment.compose([augment.flip(), augment.noise({ deviation: 1 })])
  const sets = {
    augmented: augment.augmented(plain, transform, { seed: 3 }),
    mixup: augment.mixup(plain, { classes: 2, seed: 3 }),
    cutmix: augment.cutmix(plain, { classes: 2, seed: 3 }),
    both: augment.mixup(augment.augmented(plain, transform), { classes: 2 }),
  }
  for (const [name, dataset] of Object.entries(sets)) {
    it(`${name}: a sample is the same in whatever batch it comes, and another in each pass`, async () => {
      const rows = async (indices: number[], pass?: number): Promise<Map<number, unknown>> => {
        const { x, target } = await dataset.batch(Uint32Array.from(indices), pass)
        const [values, targets] = [await x.array(), await target.array()] as [unknown[], unknown[]]
        return new Map(indices.map((index, row) => [index, [values[row], targets[row]]]))
      }
      const all = await rows(Array.from({ length: count }, (_, at) => at))
      const some = await rows([17, 3, 3, 11])
      for (const [index, row] of some) expect(row).toEqual(all.get(index))
      expect(await rows([17, 3, 11], 0)).toEqual(some)
      expect(await rows([17, 3, 11], 1)).not.toEqual(some)
    })
  }

  it('follow the epochs of fit, and resume where they were', async () => {
    const passes: [number, number][] = []
    const inner = augment.augmented(plain, transform)
    const dataset = {
      length: count,
      batch: (indices: Uint32Array, pass?: number) => {
        passes.push([pass!, indices.length])
        return inner.batch(indices, pass)
      },
    }
    const loss = (y: Tensor): Tensor => mse(y, y)
    await fit(nn.linear(3, 1), dataset, { loss, optimizer: sgd(), epochs: 2, batchSize: 10 })
    expect(passes).toEqual([
      [0, 10],
      [0, 10],
      [1, 10],
      [1, 10],
    ])
  })

  it('mix targets by the share of what is left of each', async () => {
    const x = {
      data: new Float32Array(16 * 64).map((_, at) => (Math.floor(at / 64) % 2 === 0 ? 1 : 0)),
      shape: [16, 1, 8, 8],
    }
    const target = Int32Array.from({ length: 16 }, (_, at) => at % 2)
    for (const mix of [augment.mixup, augment.cutmix]) {
      const dataset = mix(fromArrays({ x, target }), { alpha: 1, classes: 2, seed: 1 })
      const batch = await dataset.batch(Uint32Array.from({ length: 16 }, (_, at) => at))
      const [values, shares] = [await batch.x.data(), await batch.target.data()]
      const seen = new Set<number>()
      for (let row = 0; row < 16; row++) {
        // Samples of class 0 are all ones, of class 1 all zeros: the mean is the share of class 0.
        const own = Array.from(values.subarray(row * 64, (row + 1) * 64))
        const mean = own.reduce((a, b) => a + b) / 64
        expect(shares[2 * row]).toBeCloseTo(mean, 5)
        expect(shares[2 * row]! + shares[2 * row + 1]!).toBeCloseTo(1, 5)
        seen.add(mean)
      }
      expect(seen.size).toBeGreaterThan(4)
    }
  })
})

describe('the shares of mixup', () => {
  it('have the mean and variance of the beta distribution', () => {
    for (const alpha of [0.2, 1, 4]) {
      const random = new RandomStream(9, `beta ${alpha}`)
      const values = Array.from({ length: 20_000 }, () => drawBeta(random, alpha))
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true)
      const mean = values.reduce((a, b) => a + b) / values.length
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
      expect(mean).toBeCloseTo(0.5, 1)
      expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 1)
    }
  })

  it('come through an exponential that is right to the last bits', () => {
    for (const x of [0, 1, -1, 0.3, -0.3, 20, -20, 700, -700, 1e-9, 88.7])
      expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(4e-16)
    expect([exponential(800), exponential(-800)]).toEqual([Number.POSITIVE_INFINITY, 0])
  })
})
