// What creation, activations, losses, normalisations and layers of weights say to bad arguments.
import { StriateError, setEngine, type Tensor, tensor } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as activations from '../../src/ops/activations/index.ts'
import { clamp } from '../../src/ops/clamp.ts'
import { dropout, dropout2d, dropoutChannels } from '../../src/ops/dropout.ts'
import { embedding } from '../../src/ops/embedding.ts'
import { linear } from '../../src/ops/linear.ts'
import * as losses from '../../src/ops/losses/index.ts'
import { norm } from '../../src/ops/norm.ts'
import * as normalisation from '../../src/ops/normalisation/index.ts'
import { oneHot } from '../../src/ops/oneHot.ts'
import { RandomStream } from '../../src/random/index.ts'
import * as create from '../../src/tensor/create.ts'

beforeAll(() => setEngine('reference'))
afterAll(() => setEngine('wasm'))

const x = create.zeros([2, 4, 3])
const rows = create.zeros([2, 4])
const ids = tensor(new Int32Array([0, 1]))
const stream = new RandomStream(1)
/** Something of the wrong type, as a caller without types could pass it. */
const wrong = (value: unknown): never => value as never

const notATensor = 'must be a tensor, got [1, 2]; tensor(values) makes one of nested arrays'

type Case = readonly [message: string, act: () => unknown]

const cases: Readonly<Record<string, readonly Case[]>> = {
  creation: [
    ["full: value must be a number, got '1'", () => create.full([1], wrong('1'))],
    [
      'zeros: shape must be a list of whole numbers of at least 0, got [1.5]',
      () => create.zeros([1.5]),
    ],
    [
      "ones: dtype must be 'float32', 'float64', 'int32' or 'uint8', got 'float16'",
      () => create.ones([1], { dtype: wrong('float16') }),
    ],
    ['arange: step must not be 0, got 0 from 0 to 3', () => create.arange(0, 3, 0)],
    ['arange: step must lead from start to end, got -1 from 0 to 3', () => create.arange(0, 3, -1)],
    ['arange: end must be a finite number, got NaN', () => create.arange(Number.NaN)],
    ['linspace: steps must be a whole number of at least 1, got 0', () => create.linspace(0, 1, 0)],
    [`zerosLike: model ${notATensor}`, () => create.zerosLike(wrong([1, 2]))],
    [
      "oneHot: ids must be int32, got 'float32'; cast(indices, 'int32') converts",
      () => oneHot(rows, 3),
    ],
    ['oneHot: classes must be a whole number of at least 1, got 0', () => oneHot(ids, 0)],
    [
      'oneHot: classes must be a whole number of at least 1, got undefined',
      () => oneHot(ids, wrong(undefined)),
    ],
  ],
  activations: [
    [`relu: x ${notATensor}`, () => activations.relu(wrong([1, 2]))],
    [
      "leakyRelu: option 'slope' is unknown (known are negativeSlope), got 0.1",
      () => activations.leakyRelu(x, wrong({ slope: 0.1 })),
    ],
    [
      "leakyRelu: negativeSlope must be a number, got '1'",
      () => activations.leakyRelu(x, { negativeSlope: wrong('1') }),
    ],
    [
      "prelu: weight expects shape [4], one value per channel, got [3]; x is [2, 4, 3], layout is 'channels-first'",
      () => activations.prelu(x, create.zeros([3])),
    ],
    [
      'prelu: weight expects one value, shape [4], or a shape that broadcasts to [2, 4], got float32 tensor [3, 2, 4]',
      () => activations.prelu(rows, create.zeros([3, 2, 4])),
    ],
    ['celu: alpha must be a number above 0, got 0', () => activations.celu(x, { alpha: 0 })],
    [
      "gelu: approximate must be 'none' or 'tanh', got 'fast'",
      () => activations.gelu(x, { approximate: wrong('fast') }),
    ],
    [
      'glu: x needs an even number of cells on the axis that is halved, got 3 cells on axis 2 of [2, 4, 3]',
      () => activations.glu(x),
    ],
    [
      'hardTanh: minVal must be below maxVal, got 1 and maxVal 1',
      () => activations.hardTanh(x, { minVal: 1 }),
    ],
    [
      'softshrink: lambda must be a number of at least 0, got -1',
      () => activations.softshrink(x, { lambda: -1 }),
    ],
    [
      'threshold: threshold must be a number, got undefined',
      () => activations.threshold(x, wrong({})),
    ],
    [
      'softmax: axis must be a whole number from -3 to 2, got 3',
      () => activations.softmax(x, { axis: 3 }),
    ],
    [
      "softmax: option 'dim' is unknown (known are axis), got 1",
      () => activations.softmax(x, wrong({ dim: 1 })),
    ],
    ['clamp: min must not be above max, got 2 and max 1', () => clamp(x, { min: 2, max: 1 })],
    ['norm: p must be a number, got NaN', () => norm(x, { p: Number.NaN })],
  ],
  losses: [
    [
      'mse: target must have the shape of x, [2, 4], got [2, 4, 3]; broadcastTo or reshape can make it so',
      () => losses.mse(rows, x),
    ],
    [
      "l1: reduction must be 'mean', 'sum' or 'none', got 'average'",
      () => losses.l1(x, x, { reduction: wrong('average') }),
    ],
    ['huber: delta must be a number above 0, got 0', () => losses.huber(x, x, { delta: 0 })],
    [
      'crossEntropy: target expects class numbers of shape [2, 3], that of x without its classes, got [2, 4]; x is [2, 4, 3]',
      () => losses.crossEntropy(x, create.zeros([2, 4], { dtype: 'int32' })),
    ],
    [
      "crossEntropy: target expects class numbers, int32, got float32; cast(target, 'int32') converts",
      () => losses.crossEntropy(rows, create.zeros([2])),
    ],
    [
      'crossEntropy: weight expects shape [4], one value per class, got [3]; x is [2, 4]',
      () => losses.crossEntropy(rows, ids, { weight: create.zeros([3]) }),
    ],
    [
      'crossEntropy: labelSmoothing must be a number of at least 0 and of at most 1, got 2',
      () => losses.crossEntropy(rows, ids, { labelSmoothing: 2 }),
    ],
    [
      'crossEntropy: ignoreIndex needs class numbers as target, not probabilities, got 1',
      () => losses.crossEntropy(rows, rows, { ignoreIndex: 1 }),
    ],
    [
      'nllLoss: ignoreIndex must be a whole number, got 0.5',
      () => losses.nllLoss(rows, ids, { ignoreIndex: 0.5 }),
    ],
    [
      'nllLoss: x expects [classes] or [batch, classes, ...space], none of size 0, got [0, 4]',
      () => losses.nllLoss(create.zeros([0, 4]), ids),
    ],
    [
      'binaryCrossEntropy: weight must broadcast to [2, 4], got [5, 2, 4]',
      () => losses.binaryCrossEntropy(rows, rows, { weight: create.zeros([5, 2, 4]) }),
    ],
    [
      "klDivergence: x needs a batch for reduction 'batchMean', got float32 tensor []",
      () => losses.klDivergence(tensor(0), tensor(0), { reduction: 'batchMean' }),
    ],
    [
      'gaussianNll: variance must broadcast to [2, 4], got [5, 2, 4]',
      () => losses.gaussianNll(rows, rows, create.zeros([5, 2, 4])),
    ],
    [
      'cosineEmbedding: target expects [batch] for vectors [batch, features], or no axes for [features], got [4]; a is [2, 4]',
      () => losses.cosineEmbedding(rows, rows, create.zeros([4])),
    ],
    [
      'tripletMargin: negative must have the shape of anchor, [2, 4], got [2, 4, 3]; broadcastTo or reshape can make it so',
      () => losses.tripletMargin(rows, rows, x),
    ],
  ],
  normalisation: [
    [
      "batchNorm: mean expects shape [4], one value per channel, got [3]; x is [2, 4, 3], layout is 'channels-first'",
      () => normalisation.batchNorm(x, { mean: create.zeros([3]), variance: create.zeros([4]) }),
    ],
    [
      `batchNorm: variance must be a tensor, got undefined; tensor(values) makes one of nested arrays`,
      () => normalisation.batchNorm(x, wrong({ mean: create.zeros([4]) })),
    ],
    [
      'batchNormTraining: x needs more than one value per channel, got [1, 4]; batchNorm normalises by statistics that are given',
      () => normalisation.batchNormTraining(create.zeros([1, 4])),
    ],
    [
      'batchNormTraining: x needs at least one cell on every axis, got [0, 4]',
      () => normalisation.batchNormTraining(create.zeros([0, 4])),
    ],
    [
      'batchNormTraining: x expects at least 2 axes [batch, channels, ...space], got 1 axes, [4]',
      () => normalisation.batchNormTraining(create.zeros([4])),
    ],
    [
      "groupNorm: groups must divide the 4 channels, got 3; x is [2, 4, 3], layout is 'channels-first'",
      () => normalisation.groupNorm(x, 3),
    ],
    [
      'instanceNorm: x needs more than one cell of space, got [2, 4, 1]',
      () => normalisation.instanceNorm(create.zeros([2, 4, 1])),
    ],
    [
      'layerNorm: normalizedShape must be the sizes of the last axes of x, which is [2, 4, 3], got 4',
      () => normalisation.layerNorm(x, 4),
    ],
    [
      'layerNorm: weight must have the normalised shape, [4, 3], got [3]',
      () => normalisation.layerNorm(x, [4, 3], { weight: create.zeros([3]) }),
    ],
    [
      'rmsNorm: eps must be a number of at least 0, got -1',
      () => normalisation.rmsNorm(x, 3, { eps: -1 }),
    ],
    [
      'localResponseNorm: size must be a whole number of at least 1, got 1.5',
      () => normalisation.localResponseNorm(x, { size: 1.5 }),
    ],
    [
      "instanceNorm: layout must be 'channels-first' or 'channels-last', got 'nhwc'",
      () => normalisation.instanceNorm(x, { layout: wrong('nhwc') }),
    ],
  ],
  'weights and chance': [
    [
      'linear: weight expects 2 axes [outFeatures, inFeatures], got 3 axes, [2, 4, 3]',
      () => linear(rows, x),
    ],
    [
      'linear: x expects 4 features on its last axis, got [2, 4, 3]; weight is [2, 4]',
      () => linear(x, rows),
    ],
    [
      'linear: x expects 12 features on its last axis, got [2, 4, 3]; flatten(x) would fit',
      () => linear(x, create.zeros([5, 12])),
    ],
    [
      'linear: bias expects shape [2], one value per output feature, got [4]',
      () => linear(rows, rows, create.zeros([4])),
    ],
    [
      "embedding: ids must be int32, got 'float32'; cast(indices, 'int32') converts",
      () => embedding(rows, rows),
    ],
    [
      'embedding: weight expects [vocabulary, features], got float32 tensor [2, 4, 3]',
      () => embedding(ids, x),
    ],
    [
      'embedding: paddingIndex must be a whole number of at least 0 and of at most 1, got 2',
      () => embedding(ids, rows, { paddingIndex: 2 }),
    ],
    [
      'dropout: stream must be a RandomStream, got undefined; new RandomStream(seed) makes one',
      () => dropout(x, wrong({})),
    ],
    [
      'dropout: p must be a number of at least 0 and of at most 1, got 1.5',
      () => dropout(x, { p: 1.5, stream }),
    ],
    [
      'dropout2d: x expects 4 axes, a batch with channels, got 3 axes, [2, 4, 3]; unsqueeze(x, 0) adds a batch of one',
      () => dropout2d(x, { stream }),
    ],
    [
      'dropoutChannels: x expects at least 2 axes [batch, channels, ...space], got 1 axes, [2]',
      () => dropoutChannels(create.zeros([2]), { stream }),
    ],
  ],
}

describe.each(Object.entries(cases))('%s', (_, list) => {
  it.each(list)('%s', (message, act) => {
    let error: unknown
    try {
      act()
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(StriateError)
    expect((error as StriateError).message).toBe(message)
  })
})

describe('class numbers are checked when the value is read', () => {
  const read = (loss: Tensor): Promise<unknown> => loss.item()

  it('one beyond the classes', async () => {
    const target = tensor(new Int32Array([0, 4]))
    await expect(read(losses.crossEntropy(rows, target))).rejects.toThrow('must lie between')
    expect(await read(losses.crossEntropy(rows, target, { ignoreIndex: 4 }))).toBeCloseTo(
      Math.log(4),
      5,
    )
  })

  it('one beyond the vocabulary', async () => {
    const beyond = tensor(new Int32Array([2]))
    await expect(embedding(beyond, rows).data()).rejects.toThrow(StriateError)
  })
})
