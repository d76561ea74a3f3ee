// Derivatives of the losses, to every real input, against central differences.
import { setEngine, type Tensor, tensor } from 'striate'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { logSoftmax, softmax } from '../../src/ops/activations/index.ts'
import type { Reduction } from '../../src/ops/losses/index.ts'
import * as losses from '../../src/ops/losses/index.ts'
import { checkGradients, checkSecondGradients, sample } from '../support/centralDifferences.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

const reductions: readonly Reduction[] = ['mean', 'sum', 'none']
const shape = [3, 4]
const x = sample(shape, -2, 2, 3)
const y = sample(shape, -2, 2, 4)
const probability = sample(shape, 0.1, 0.9, 5)
const share = sample(shape, 0.1, 0.9, 6)
const weight = sample([4], 0.5, 1.5, 7)

type Loss = (...inputs: Tensor[]) => Tensor
type Case = readonly [string, (reduction: Reduction) => Loss, readonly Tensor[]]

const twoSided: readonly Case[] = [
  ['mse', (reduction) => (a, b) => losses.mse(a!, b!, { reduction }), [x, y]],
  ['l1', (reduction) => (a, b) => losses.l1(a!, b!, { reduction }), [x, y]],
  ['smoothL1', (reduction) => (a, b) => losses.smoothL1(a!, b!, { beta: 0.7, reduction }), [x, y]],
  ['huber', (reduction) => (a, b) => losses.huber(a!, b!, { delta: 0.7, reduction }), [x, y]],
  ['hinge', (reduction) => (a, b) => losses.hinge(a!, b!, { margin: 0.4, reduction }), [x, y]],
  [
    'binaryCrossEntropy',
    (reduction) => (a, b, w) => losses.binaryCrossEntropy(a!, b!, { weight: w, reduction }),
    [probability, share, weight],
  ],
  [
    'bceWithLogits',
    (reduction) => (a, b, w, p) =>
      losses.bceWithLogits(a!, b!, { weight: w, posWeight: p, reduction }),
    [x, share, weight, weight],
  ],
  ['klDivergence', (reduction) => (a, b) => losses.klDivergence(a!, b!, { reduction }), [x, share]],
  [
    'klDivergence of logarithms',
    (reduction) => (a, b) => losses.klDivergence(a!, b!, { reduction, logTarget: true }),
    [x, y],
  ],
  ['poissonNll', (reduction) => (a, b) => losses.poissonNll(a!, b!, { reduction }), [x, y]],
  [
    'poissonNll of a rate',
    (reduction) => (a, b) =>
      losses.poissonNll(a!, b!, { reduction, logInput: false, full: true, eps: 1e-3 }),
    [probability, sample(shape, 1.1, 4)],
  ],
  [
    'gaussianNll',
    (reduction) => (a, b, v) => losses.gaussianNll(a!, b!, v!, { reduction, full: true }),
    [x, y, sample([3, 1], 0.5, 2)],
  ],
  [
    'tripletMargin',
    (reduction) => (a, b, c) => losses.tripletMargin(a!, b!, c!, { reduction, margin: 3 }),
    [x, y, sample(shape, -2, 2, 8)],
  ],
  [
    'tripletMargin with swap, order 3',
    (reduction) => (a, b, c) =>
      losses.tripletMargin(a!, b!, c!, { reduction, margin: 3, swap: true, p: 3 }),
    [x, y, sample(shape, -2, 2, 8)],
  ],
  ['cosineSimilarity', () => (a, b) => losses.cosineSimilarity(a!, b!), [x, y]],
]

const classes = tensor(new Int32Array([2, -100, 0]))
const signs = tensor(new Float64Array([1, -1, 1]))
const allSigns = tensor(new Float64Array([1, -1, 1, 1, -1, -1, 1, -1, 1, 1, 1, -1]), shape)

const classified: readonly Case[] = [
  ['crossEntropy', (reduction) => (a) => losses.crossEntropy(a!, classes, { reduction }), [x]],
  [
    'crossEntropy, weighted and smoothed',
    (reduction) => (a, w) =>
      losses.crossEntropy(a!, classes, { weight: w, reduction, labelSmoothing: 0.2 }),
    [x, weight],
  ],
  [
    'crossEntropy of probabilities',
    (reduction) => (a, b, w) =>
      losses.crossEntropy(a!, b!, { weight: w, reduction, labelSmoothing: 0.2 }),
    [x, share, weight],
  ],
  [
    'nllLoss',
    (reduction) => (a, w) => losses.nllLoss(logSoftmax(a!), classes, { weight: w, reduction }),
    [x, weight],
  ],
  [
    'crossEntropy, channels-last in space',
    (reduction) => (a) =>
      losses.crossEntropy(a!, tensor(new Int32Array([2, 0, 1, 2, -100, 1]), [2, 3]), {
        layout: 'channels-last',
        reduction,
      }),
    [sample([2, 3, 4])],
  ],
  [
    'hingeEmbedding',
    (reduction) => (a) => losses.hingeEmbedding(a!, allSigns, { reduction, margin: 0.8 }),
    [x],
  ],
  [
    'cosineEmbedding',
    (reduction) => (a, b) => losses.cosineEmbedding(a!, b!, signs, { reduction, margin: -0.9 }),
    [x, y],
  ],
]

describe.each(reductions)('reduction %s', (reduction) => {
  it.each([...twoSided, ...classified])('%s, first and second', async (_, loss, inputs) => {
    await checkGradients(loss(reduction), inputs)
    await checkSecondGradients(loss(reduction), inputs)
  })
})

describe('through the layer before', () => {
  it('crossEntropy of the softmax of a softmax', async () => {
    await checkGradients((a) => losses.crossEntropy(softmax(a), classes), [x])
  })
})
