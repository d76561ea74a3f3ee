// Derivatives of the activations: against central differences, and at their kinks as PyTorch has them.
import { gradients, setEngine, type Tensor, tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as activations from '../../src/ops/activations/index.ts'
import { clamp } from '../../src/ops/clamp.ts'
import { norm } from '../../src/ops/norm.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'

const {
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  logSumExp,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  silu,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  swish,
  tanhshrink,
  threshold,
  thresholdedRelu,
} = activations

const smooth: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  elu: (x) => elu(x, { alpha: 1.7 }),
  celu: (x) => celu(x, { alpha: 0.6 }),
  selu,
  gelu,
  'gelu, tanh': (x) => gelu(x, { approximate: 'tanh' }),
  silu,
  swish: (x) => swish(x, { beta: 1.4 }),
  mish,
  glu: (x) => glu(x, { axis: 1 }),
  softplus: (x) => softplus(x, { beta: 0.8 }),
  logSigmoid,
  softsign,
  tanhshrink,
  softmax: (x) => softmax(x, { axis: 1 }),
  logSoftmax: (x) => logSoftmax(x, { axis: 0 }),
  softmin,
  logSumExp: (x) => logSumExp(x, { axes: [0, 2] }),
}

const piecewise: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu,
  relu6: (x) => relu6(x),
  leakyRelu: (x) => leakyRelu(x, { negativeSlope: 0.3 }),
  hardSwish,
  hardSigmoid,
  hardTanh: (x) => hardTanh(x, { minVal: -2.2, maxVal: 1.3 }),
  hardshrink,
  softshrink: (x) => softshrink(x, { lambda: 0.7, bias: 0.4 }),
  threshold: (x) => threshold(x, { threshold: 0.3, value: -0.7 }),
  thresholdedRelu,
  clamp: (x) => clamp(x, { min: -1.1, max: 2.3 }),
}

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

describe('central differences', () => {
  const x = sample([2, 4, 3], -5, 5)

  it.each(Object.entries(smooth))('%s, first and second', async (_, f) => {
    await checkGradients(f, [x])
    await checkSecondGradients(f, [x])
  })

  it.each(Object.entries(piecewise))('%s', async (_, f) => {
    await checkGradients(f, [x])
  })

  it.each([
    ['channels-first', [2, 3, 4], [3]],
    ['channels-last', [2, 4, 3], [3]],
    ['channels-first', [2, 3], [3]],
    ['channels-first', [2, 3, 4], [1]],
    ['channels-first', [2, 3, 4], [3, 4]],
  ] as const)('prelu, %s, x [%s], weight [%s]', async (layout, shape, weights) => {
    const f = (each: Tensor, weight: Tensor): Tensor => prelu(each, weight, { layout })
    await checkGradients(f, [sample(shape), sample(weights)])
    await checkSecondGradients(f, [sample(shape), sample(weights)])
  })

  it.each([0.5, 1, 2, 3, -1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'norm of order %s',
    async (p) => {
      await checkGradients((each) => norm(each, { p, axes: [0, 2] }), [x])
    },
  )

  it('norm, second', async () => {
    await checkSecondGradients((each) => norm(each, { axes: 1 }), [x])
    await checkSecondGradients((each) => norm(each, { p: 3, axes: 1 }), [x])
  })
})

/** Points and the derivatives that PyTorch gives there. */
const kinks: readonly (readonly [string, (x: Tensor) => Tensor, number[], number[]])[] = [
  ['relu', relu, [-1, 0, 1], [0, 0, 1]],
  ['relu6', relu6, [0, 3, 6, 7], [0, 1, 0, 0]],
  ['leakyRelu', (x) => leakyRelu(x, { negativeSlope: 0.25 }), [-1, 0, 1], [0.25, 0.25, 1]],
  ['elu', (x) => elu(x, { alpha: 2 }), [0, 1, 1000], [2, 1, 1]],
  ['celu', (x) => celu(x, { alpha: 2 }), [0, 1, 1000], [1, 1, 1]],
  ['hardSigmoid', hardSigmoid, [-3, 0, 3], [0, 1 / 6, 0]],
  ['hardSwish', hardSwish, [-3, 0, 3, 9], [0, 0.5, 1, 1]],
  ['hardTanh', hardTanh, [-1, 0, 1], [0, 1, 0]],
  ['clamp', (x) => clamp(x, { min: -1, max: 1 }), [-2, -1, 0, 1, 2], [0, 1, 1, 1, 0]],
  ['softshrink', softshrink, [-0.5, 0, 0.5, 1], [0, 0, 0, 1]],
  ['hardshrink', hardshrink, [-0.5, 0, 0.5, 1], [0, 0, 0, 1]],
  ['threshold', (x) => threshold(x, { threshold: 1, value: 5 }), [0, 1, 2], [0, 0, 1]],
  ['softplus', softplus, [-1000, 0, 1000], [0, 0.5, 1]],
  ['logSigmoid', logSigmoid, [-1000, 0, 1000], [1, 0.5, 0]],
  ['mish', mish, [-1000, 0, 1000], [0, 0.6, 1]],
  ['softsign', softsign, [0, 1], [1, 0.25]],
  ['norm', norm, [0, 0], [0, 0]],
  ['norm of order 3', (x) => norm(x, { p: 3 }), [0, 0], [0, 0]],
  ['norm of order 1/2', (x) => norm(x, { p: 0.5 }), [0, 4], [0, 1]],
]

describe('at the kinks, and far from them', () => {
  it.each(kinks)('%s', async (_, f, points, expected) => {
    const x = tensor(new Float64Array(points))
    const [dx] = gradients(f(x), [x])
    const found = [...(await dx!.data())]
    for (const [i, want] of expected.entries()) expect(found[i]).toBeCloseTo(want, 14)
  })

  it('the slope of prelu at 0 counts as left', async () => {
    const x = tensor(new Float64Array([0]))
    const weight = tensor(new Float64Array([0.25]))
    const [dx] = gradients(prelu(x, weight), [x])
    expect(await dx!.item()).toBe(0.25)
  })
})
