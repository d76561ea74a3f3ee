/** What the export refuses, and how it says so. */
import { encodeOnnx } from '@striate/formats'
import { concat, mul, nn, ones, reshape, slice, type Tensor, tensor } from 'striate'
import { describe, expect, test } from 'vitest'

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  )
  return error instanceof Error ? error.message : String(error)
}

const linear = nn.linear(3, 2)

describe('arguments', () => {
  const cases: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    [
      'another network',
      () => encodeOnnx({} as never, [1, 3]),
      'encodeOnnx: network must be a layer or a function of tensors, got {}',
    ],
    [
      'an unknown option',
      () => encodeOnnx(linear, [1, 3], { dynamic: true } as never),
      "encodeOnnx: option 'dynamic' is unknown (known are dynamicBatch, outputNames, weights, name), got true; did you mean 'dynamicBatch'?",
    ],
    [
      'sizes that are none',
      () => encodeOnnx(linear, [-1, 3]),
      "encodeOnnx: shape of 'input' must be a list of whole numbers of at least 1, with the batch first, got [-1, 3]",
    ],
    [
      'an unknown type',
      () => encodeOnnx(linear, { shape: [1, 3], dtype: 'float16' as never }),
      "encodeOnnx: dtype of 'input' must be one of 'float32', 'float64', 'int32', 'uint8', got 'float16'",
    ],
    [
      'a name twice',
      () =>
        encodeOnnx(
          (a, b) => [a, b],
          [
            { shape: [1], name: 'x' },
            { shape: [1], name: 'x' },
          ],
        ),
      "encodeOnnx: names of inputs and outputs must be words that differ from each other and from the names of weights, got 'x'",
    ],
    [
      'the name of a weight',
      () => encodeOnnx(linear, { shape: [1, 3], name: 'weight' }),
      "encodeOnnx: names of inputs and outputs must be words that differ from each other and from the names of weights, got 'weight'",
    ],
    [
      'too few names',
      () => encodeOnnx((x) => [x, x], [1, 3], { outputNames: ['y'] }),
      "encodeOnnx: outputNames must be 2 names, one per output, got ['y']",
    ],
    [
      'a result that is no tensor',
      () => encodeOnnx(() => ({ y: 3 }) as never, [1, 3]),
      "encodeOnnx: output 'y' must be a tensor, got 3",
    ],
    [
      'weights of a layer',
      () => encodeOnnx(linear, [1, 3], { weights: {} }),
      'encodeOnnx: weights belong to a function: a layer has its own, got {}',
    ],
    [
      'a shape that the network does not take',
      () => encodeOnnx(linear, [1, 4]),
      'linear: x expects 3 features on its last axis, got [1, 4]; weight is [2, 3]',
    ],
  ]
  for (const [name, work, message] of cases)
    test(name, async () => expect(await refusal(work())).toBe(message))
})

describe('a free batch', () => {
  const needs =
    'encodeOnnx: dynamicBatch needs a graph whose operations do not depend on the size of the batch, got '
  const hint = '; without dynamicBatch the batch of the input shape is kept'
  const cases: readonly (readonly [string, (x: Tensor) => Tensor, string])[] = [
    [
      'a constant of its size',
      (x) => mul(x, ones(x.shape)),
      "Mul 'Mul', whose 'constant' depends on it",
    ],
    [
      'a number of its size',
      (x) => mul(x, x.shape[0]!),
      "Mul 'Mul', whose 'constant' depends on it",
    ],
    [
      'another structure',
      (x) => (x.shape[0] === 2 ? mul(x, 2) : mul(mul(x, 3), 2)),
      'a graph of another structure',
    ],
    [
      'another kind of size',
      (x) => concat([x, x, tensor([[1, 2, 3]])]),
      "'output', whose sizes 5 and 7 for batches of 2 and 3 are no multiples of them",
    ],
    ['all but the first', (x) => slice(x, [1]), "Slice 'Slice', whose 'ends' depends on it"],
    [
      'other values each time',
      (x) => mul(x, Math.random()),
      "Mul 'Mul', whose 'constant' depends on it",
    ],
  ]
  for (const [name, build, got] of cases) {
    test(name, async () =>
      expect(await refusal(encodeOnnx((x) => build(x!), [4, 3], { dynamicBatch: true }))).toBe(
        `${needs}${got}${hint}`,
      ),
    )
  }

  test('an input without axes', async () =>
    expect(await refusal(encodeOnnx((x) => mul(x!, 2), [], { dynamicBatch: true }))).toBe(
      "encodeOnnx: dynamicBatch needs inputs with a batch, got 'input' without axes",
    ))

  test('where a fixed size is wanted, the operator says so', async () =>
    expect(
      await refusal(encodeOnnx((x) => reshape(x!, [4, 1, 3]), [4, 3], { dynamicBatch: true })),
    ).toContain('reshape: shape must hold 6 elements'))

  test('a fixed batch takes all of them', async () => {
    const bytes = await encodeOnnx((x) => mul(x!, tensor([[1], [2], [3], [4]])), [4, 3])
    expect(bytes.length).toBeGreaterThan(0)
  })
})
