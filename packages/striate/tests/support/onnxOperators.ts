/** What ONNX's activations, normalisations and losses are in this library's operators. */
import {
  add,
  atanh,
  mean as meanOf,
  mul,
  reshape,
  rsqrt,
  sigmoid,
  type Tensor,
  tanh,
  variance as varianceOf,
} from 'striate'
import * as activations from '../../src/ops/activations/index.ts'
import * as losses from '../../src/ops/losses/index.ts'
import * as normalisation from '../../src/ops/normalisation/index.ts'

type Attributes = Readonly<Record<string, number | undefined>>
type Call = (inputs: readonly Tensor[], attributes: Attributes) => readonly Tensor[]

const unary =
  (f: (x: Tensor) => Tensor): Call =>
  ([x]) => [f(x!)]

/** Hands on attributes that are there under another name; the others keep the default. */
const renamed = (attributes: Attributes, names: Readonly<Record<string, string>>): object =>
  Object.fromEntries(
    Object.entries(names).flatMap(([from, to]) =>
      attributes[from] === undefined ? [] : [[to, attributes[from]]],
    ),
  )

const along =
  (f: (x: Tensor, options: object) => Tensor, names: Readonly<Record<string, string>>): Call =>
  ([x], attributes) => [f(x!, renamed(attributes, names))]

/** The shape from `axis` (the last by default) on. */
const shapeFrom = (x: Tensor, axis: number | undefined): readonly number[] =>
  x.shape.slice(axis ?? -1)

const lossOptions = { ignore_index: 'ignoreIndex', reduction: 'reduction' }

export const onnxOperators: Readonly<Record<string, Call>> = {
  Atanh: unary(atanh),
  Celu: along(activations.celu, { alpha: 'alpha' }),
  Elu: along(activations.elu, { alpha: 'alpha' }),
  Gelu: along(activations.gelu, { approximate: 'approximate' }),
  HardSigmoid: ([x], { alpha = 0.2, beta = 0.5 }) => [activations.hardSigmoid(x!, { alpha, beta })],
  HardSwish: unary(activations.hardSwish),
  Hardmax: along(activations.hardmax, { axis: 'axis' }),
  LeakyRelu: along(activations.leakyRelu, { alpha: 'negativeSlope' }),
  LogSoftmax: along(activations.logSoftmax, { axis: 'axis' }),
  Mish: unary(activations.mish),
  PRelu: ([x, slope]) => {
    // ONNX aligns a slope with fewer axes at the last one, PyTorch at the channels.
    const missing = x!.shape.slice(slope!.rank).map(() => 1)
    return [activations.prelu(x!, reshape(slope!, [...missing, ...slope!.shape]))]
  },
  Relu: unary(activations.relu),
  Selu: along(activations.selu, { alpha: 'alpha', gamma: 'scale' }),
  Sigmoid: unary(sigmoid),
  Softmax: along(activations.softmax, { axis: 'axis' }),
  Softplus: unary(activations.softplus),
  Softsign: unary(activations.softsign),
  Swish: along(activations.swish, { alpha: 'beta' }),
  Tanh: unary(tanh),
  ThresholdedRelu: along(activations.thresholdedRelu, { alpha: 'alpha' }),

  BatchNormalization: (
    [x, weight, bias, mean, variance],
    { epsilon = 1e-5, momentum = 0.9, training_mode },
  ) => {
    if (!training_mode) {
      const options = { mean: mean!, variance: variance!, weight, bias, eps: epsilon }
      return [normalisation.batchNorm(x!, options)]
    }
    const found = normalisation.batchNormTraining(x!, { weight, bias, eps: epsilon })
    const blend = (running: Tensor, batch: Tensor): Tensor =>
      add(mul(running, momentum), mul(batch, 1 - momentum))
    return [found.y, blend(mean!, found.mean), blend(variance!, found.variance)]
  },
  GroupNormalization: ([x, weight, bias], { num_groups, epsilon = 1e-5 }) => [
    normalisation.groupNorm(x!, num_groups!, { weight, bias, eps: epsilon }),
  ],
  InstanceNormalization: ([x, weight, bias], { epsilon = 1e-5 }) => [
    normalisation.instanceNorm(x!, { weight, bias, eps: epsilon }),
  ],
  LayerNormalization: ([x, weight, bias], { axis, epsilon: eps = 1e-5 }) => {
    const shape = shapeFrom(x!, axis)
    const over = { axes: shape.map((_, a) => x!.rank - 1 - a), keepDims: true }
    return [
      normalisation.layerNorm(x!, shape, { weight, bias, eps }),
      meanOf(x!, over),
      rsqrt(add(varianceOf(x!, { ...over, correction: 0 }), eps)),
    ]
  },
  RMSNormalization: ([x, weight], { axis, epsilon: eps = 1e-5 }) => [
    normalisation.rmsNorm(x!, shapeFrom(x!, axis), { weight, eps }),
  ],
  LRN: ([x], { size, alpha = 1e-4, beta = 0.75, bias: k = 1 }) => [
    normalisation.localResponseNorm(x!, { size: size!, alpha, beta, k }),
  ],
  MeanVarianceNormalization: along(normalisation.meanVarianceNorm, { axes: 'axes' }),

  NegativeLogLikelihoodLoss: ([x, target, weight], attributes) => [
    losses.nllLoss(x!, target!, { weight, ...renamed(attributes, lossOptions) }),
  ],
  SoftmaxCrossEntropyLoss: ([x, target, weight], attributes) => [
    losses.crossEntropy(x!, target!, { weight, ...renamed(attributes, lossOptions) }),
    activations.logSoftmax(x!, { axis: 1 }),
  ],
}
