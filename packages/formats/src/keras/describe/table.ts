/** What each builder of `nn` makes, in Keras's words. */
import type { Rank } from '../shapes.ts'
import {
  type Describer,
  dataFormat,
  type Entry,
  optionsAt,
  paddingOf,
  padEntries,
  refuse,
  sizes,
} from './entry.ts'
import { adaptivePooling, convolution, globalPooling, pooling, transposed } from './windows.ts'

/** An activation without options. */
const activation =
  (name: string): Describer =>
  (described) => {
    const given = Object.keys(optionsAt(described, 0))
    if (given.length > 0) refuse(described, `the option ${given.join(', ')}`)
    return [{ className: 'Activation', config: { activation: name } }]
  }

const plain: Readonly<Record<string, string>> = {
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  selu: 'selu',
  celu: 'celu',
  gelu: 'gelu',
  silu: 'silu',
  mish: 'mish',
  softplus: 'softplus',
  softsign: 'softsign',
  logSigmoid: 'log_sigmoid',
  hardSigmoid: 'hard_sigmoid',
  hardSwish: 'hard_silu',
  hardTanh: 'hard_tanh',
  tanhshrink: 'tanh_shrink',
  logSoftmax: 'log_softmax',
}

const only = (entry: Entry): readonly Entry[] => [entry]

const batchNorm: Describer = (described) => {
  const options = optionsAt(described, 1)
  const { eps = 1e-5, momentum = 0.1, affine = true } = options
  if (options.trackRunningStats === false) refuse(described, 'no running statistics')
  if (typeof momentum !== 'number') refuse(described, 'a momentum of none')
  const axis = options.layout === 'channels-last' ? -1 : 1
  const config = {
    axis,
    epsilon: eps as number,
    momentum: 1 - momentum,
    center: !!affine,
    scale: !!affine,
  }
  return only({ className: 'BatchNormalization', config, source: described.layer })
}

const layerNorm: Describer = (described) => {
  const [shape] = described.arguments
  const { eps = 1e-5, elementwiseAffine = true, bias = true } = optionsAt(described, 1)
  const rank = Array.isArray(shape) ? shape.length : 1
  const axis = Array.from({ length: rank }, (_, at) => at - rank)
  const config = {
    axis,
    epsilon: eps as number,
    scale: !!elementwiseAffine,
    center: !!elementwiseAffine && !!bias,
  }
  return only({ className: 'LayerNormalization', config, source: described.layer })
}

const groupNorm: Describer = (described) => {
  const { eps = 1e-5, affine = true, layout } = optionsAt(described, 2)
  const groups = described.arguments[0] as number
  const axis = layout === 'channels-last' ? -1 : 1
  const config = { groups, axis, epsilon: eps as number, scale: !!affine, center: !!affine }
  return only({ className: 'GroupNormalization', config, source: described.layer })
}

const linear: Describer = (described) => {
  const [, units] = described.arguments as [number, number]
  const config = { units, activation: 'linear', use_bias: optionsAt(described, 2).bias !== false }
  return only({ className: 'Dense', config, source: described.layer })
}

const embedding: Describer = (described) => {
  const [count, width] = described.arguments as [number, number]
  const config = { input_dim: count, output_dim: width, mask_zero: false }
  return only({ className: 'Embedding', config, source: described.layer })
}

const probability = (value: unknown): number =>
  typeof value === 'number' ? value : (((value ?? {}) as { p?: number }).p ?? 0.5)

const dropout =
  (className: string): Describer =>
  (described) => {
    const rate = probability(described.arguments[0])
    if (rate === 1) refuse(described, 'a probability of 1')
    const options = typeof described.arguments[0] === 'number' ? {} : optionsAt(described, 0)
    const format = className === 'Dropout' ? {} : { data_format: dataFormat(options) }
    if (className === 'SpatialDropout1D' && format.data_format === 'channels_first')
      refuse(described, 'the channels first', 'Keras has them last here')
    return only({ className, config: { rate, ...format } })
  }

const zeroPad =
  (rank: Rank): Describer =>
  (described) => {
    const pairs = paddingOf(described.arguments[0], rank)
    if (typeof pairs === 'string') return only({ className: 'Identity', config: {} })
    return padEntries(described, pairs, dataFormat(optionsAt(described, 1)))
  }

const upsample: Describer = (described) => {
  const [given] = described.arguments
  const options = (typeof given === 'number' ? { scaleFactor: given } : given) as Readonly<
    Record<string, unknown>
  >
  const { scaleFactor, mode = 'nearest' } = options
  const factors = sizes(scaleFactor, 2, 0)
  const isBilinear = mode === 'bilinear' && options.alignCorners !== true
  if (!factors.every((factor) => Number.isInteger(factor) && factor >= 1))
    refuse(described, 'another enlargement than by whole factors')
  if (mode !== 'nearest' && !isBilinear) refuse(described, `mode '${String(mode)}'`)
  const config = { size: factors, interpolation: mode as string, data_format: dataFormat(options) }
  return only({ className: 'UpSampling2D', config })
}

const flatten: Describer = (described) => {
  if (described.arguments.length > 0)
    refuse(described, 'axes of its own', 'Keras flattens all but the batch')
  // In Keras's other format it would move the channels to the end first.
  return only({ className: 'Flatten', config: { data_format: 'channels_last' } })
}

const withAxis =
  (className: string): Describer =>
  (described) =>
    only({
      className,
      config: { axis: (optionsAt(described, 0).axis as number | undefined) ?? -1 },
    })

const slope =
  (className: string, setting: string, option: string, otherwise: number): Describer =>
  (described) => {
    const value = (optionsAt(described, 0)[option] as number | undefined) ?? otherwise
    return only({ className, config: { [setting]: value } })
  }

function ofRank(rank: Rank): Record<string, Describer> {
  return {
    [`conv${rank}d`]: convolution(rank),
    [`convTranspose${rank}d`]: transposed(rank),
    [`maxPool${rank}d`]: pooling('Max', rank),
    [`avgPool${rank}d`]: pooling('Average', rank),
    [`globalMaxPool${rank}d`]: globalPooling('Max', rank),
    [`globalAvgPool${rank}d`]: globalPooling('Average', rank),
    [`adaptiveMaxPool${rank}d`]: adaptivePooling('Max', rank),
    [`adaptiveAvgPool${rank}d`]: adaptivePooling('Average', rank),
    [`batchNorm${rank}d`]: batchNorm,
    [`dropout${rank}d`]: dropout(`SpatialDropout${rank}D`),
    [`zeroPad${rank}d`]: zeroPad(rank),
  }
}

export const describers: Readonly<Record<string, Describer>> = {
  ...ofRank(1),
  ...ofRank(2),
  ...ofRank(3),
  ...Object.fromEntries(
    Object.entries(plain).map(([name, kerasName]) => [name, activation(kerasName)]),
  ),
  linear,
  embedding,
  layerNorm,
  groupNorm,
  dropout: dropout('Dropout'),
  upsample,
  flatten,
  softmax: withAxis('Softmax'),
  leakyRelu: slope('LeakyReLU', 'negative_slope', 'negativeSlope', 0.01),
  elu: slope('ELU', 'alpha', 'alpha', 1),
  identity: () => only({ className: 'Identity', config: {} }),
}
