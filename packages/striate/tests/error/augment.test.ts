// Augmentation told wrongly: each a clear error.
import { augment, type Dataset, fromArrays, RandomStream } from 'striate'
import { describe, expect, it } from 'vitest'

const sample = { data: new Float32Array(6), shape: [1, 2, 3] }
const use = (transform: augment.Transform) => (): unknown => transform(sample, new RandomStream(1))
const wrong = <T>(value: unknown): T => value as T

describe('transforms', () => {
  const cases: [() => unknown, string][] = [
    [() => augment.flip({ p: 2 }), 'augment.flip: p must be a number from 0 to 1, got 2'],
    [
      () => augment.flip(wrong({ axis: 1 })),
      "augment.flip: option 'axis' is unknown (known are axes, p), got 1; did you mean 'axes'?",
    ],
    [
      use(augment.flip({ axes: 2 })),
      'augment.flip: axis must be an axis of space, from -2 to 1, got 2; a sample is [channels, ...space], here [1, 2, 3]',
    ],
    [
      use(augment.quarterTurns()),
      'augment.quarterTurns: plane must be two axes of the same size, got axes of 2 and 3',
    ],
    [
      use(augment.crop({ size: 4 })),
      'augment.crop: size must be at most 2, the padded size of axis 0, got 4',
    ],
    [
      () => augment.crop({ size: 0 }),
      'augment.crop: size must be a whole number of at least 1, got 0',
    ],
    [
      use(augment.crop({ size: [1, 1, 1] })),
      'augment.crop: size must be one number, or one for each of 2 axes of space, got [1, 1, 1]',
    ],
    [
      () => augment.shift({ most: 1, beyond: wrong('mirror') }),
      "augment.shift: beyond must be a number, 'edge', 'reflect' or 'wrap', got 'mirror'",
    ],
    [
      () => augment.affine({ scale: [1, 0.5] }),
      'augment.affine: scale[1] must be a finite number of at least 1, got 0.5',
    ],
    [() => augment.compose(wrong(3)), 'augment.compose: transforms must be a list, got 3'],
    [
      () => augment.compose([wrong(3)]),
      'augment.compose: transforms[0] must be a transform, got 3; augment.flip() makes one',
    ],
    [
      () => augment.noise({ deviation: Number.NaN }),
      'augment.noise: deviation must be a finite number of at least 0, got NaN',
    ],
    [
      () => augment.magnitudeWarp({ deviation: 1, knots: 1 }),
      'augment.magnitudeWarp: knots must be a whole number of at least 2, got 1',
    ],
    [
      () => augment.timeMask({ most: 1.5 }),
      'augment.timeMask: most must be a whole number of at least 1, got 1.5',
    ],
  ]
  it.each(cases.map(([act, message]) => [message, act] as const))('%s', (message, act) => {
    expect(act).toThrow(message)
  })
})

describe('data sets', () => {
  const plain = fromArrays({
    x: { data: new Float32Array(4), shape: [2, 1, 2] },
    target: Int32Array.of(0, 5),
  })
  const all = Uint32Array.of(0, 1)

  it('name what does not fit', async () => {
    expect(() => augment.augmented(wrong<Dataset>({}), augment.flip())).toThrow(
      'dataset must be a data set',
    )
    expect(() => augment.augmented(plain, wrong(null))).toThrow(
      'transform must be a transform, got null',
    )
    const unlike: augment.Transform = ({ data }, random) => {
      const size = 1 + (random.stream.endsWith('1') ? 1 : 0)
      return { data: data.slice(0, size), shape: [size] }
    }
    await expect(augment.augmented(plain, unlike).batch(all)).rejects.toThrow(
      'augment.augmented: transform must give samples of one shape, got [1] and [2]',
    )
    const bytes = {
      length: 2,
      batch: async () => ({
        x: (await plain.batch(all)).target,
        target: (await plain.batch(all)).target,
      }),
    }
    await expect(augment.augmented(bytes, augment.flip()).batch(all)).rejects.toThrow(
      "x must be real numbers, got int32 tensor [2]; cast(x, 'float32') makes them",
    )
    await expect(augment.mixup(plain).batch(all)).rejects.toThrow(
      'augment.mixup: classes must be given for class numbers, one for each sample, got undefined',
    )
    await expect(augment.mixup(plain, { classes: 3 }).batch(Uint32Array.of(1))).rejects.toThrow(
      'augment.mixup: target must be classes from 0 to 2, got 5',
    )
    expect(() => augment.cutmix(plain, { alpha: 0 })).toThrow('augment.cutmix: alpha must be')
  })
})
