// Derivatives of the normalisations, of linear maps and embeddings, against central differences.
import { setEngine, type Tensor, tensor } from 'striate'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Layout } from '../../src/geometry/layout.ts'
import { embedding } from '../../src/ops/embedding.ts'
import { linear } from '../../src/ops/linear.ts'
import * as normalisation from '../../src/ops/normalisation/index.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

const layouts: readonly (readonly [Layout, readonly number[]])[] = [
  ['channels-first', [2, 4, 3]],
  ['channels-last', [2, 3, 4]],
]
const weight = sample([4], 0.5, 1.5, 7)
const bias = sample([4], -1, 1, 8)

describe.each(layouts)('%s', (layout, shape) => {
  const x = sample(shape, -2, 2)
  const cases: Readonly<
    Record<string, readonly [(...inputs: Tensor[]) => Tensor, readonly Tensor[]]>
  > = {
    batchNorm: [
      (a, mean, variance, w, b) =>
        normalisation.batchNorm(a!, {
          mean: mean!,
          variance: variance!,
          weight: w,
          bias: b,
          layout,
        }),
      [x, bias, weight, weight, bias],
    ],
    batchNormTraining: [
      (a, w, b) => normalisation.batchNormTraining(a!, { weight: w, bias: b, layout }).y,
      [x, weight, bias],
    ],
    'mean of batchNormTraining': [(a) => normalisation.batchNormTraining(a!, { layout }).mean, [x]],
    'variance of batchNormTraining': [
      (a) => normalisation.batchNormTraining(a!, { layout }).unbiasedVariance,
      [x],
    ],
    groupNorm: [
      (a, w, b) => normalisation.groupNorm(a!, 2, { weight: w, bias: b, layout }),
      [x, weight, bias],
    ],
    instanceNorm: [
      (a, w, b) => normalisation.instanceNorm(a!, { weight: w, bias: b, layout }),
      [x, weight, bias],
    ],
    localResponseNorm: [
      (a) => normalisation.localResponseNorm(a!, { size: 2, alpha: 0.5, layout }),
      [x],
    ],
  }

  it.each(Object.entries(cases))('%s, first and second', async (_, [f, inputs]) => {
    await checkGradients(f, inputs)
    await checkSecondGradients(f, inputs)
  })
})

describe('any layout', () => {
  const x = sample([2, 3, 4], -2, 2)
  const scale = sample([3, 4], 0.5, 1.5)
  const shift = sample([3, 4], -1, 1, 9)

  it('layerNorm, first and second', async () => {
    const f = (...[a, w, b]: Tensor[]): Tensor =>
      normalisation.layerNorm(a!, [3, 4], { weight: w, bias: b })
    await checkGradients(f, [x, scale, shift])
    await checkSecondGradients(f, [x, scale, shift])
  })

  it('rmsNorm, first and second', async () => {
    const f = (...[a, w]: Tensor[]): Tensor => normalisation.rmsNorm(a!, [3, 4], { weight: w })
    await checkGradients(f, [x, scale])
    await checkSecondGradients(f, [x, scale])
  })

  it('meanVarianceNorm, first and second', async () => {
    const f = (a: Tensor): Tensor => normalisation.meanVarianceNorm(a)
    await checkGradients(f, [x])
    await checkSecondGradients(f, [x])
  })

  it('linear over two leading axes, first and second', async () => {
    const f = (...[a, w, b]: Tensor[]): Tensor => linear(a!, w!, b)
    await checkGradients(f, [x, sample([5, 4]), sample([5])])
    await checkSecondGradients(f, [x, sample([5, 4]), sample([5])])
  })

  it('embedding, where rows repeat', async () => {
    const ids = tensor(new Int32Array([1, 0, 1, 3]), [2, 2])
    await checkGradients((table) => embedding(ids, table), [sample([4, 3])])
  })
})
