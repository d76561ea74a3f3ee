/** What each builder of `nn` makes, in Keras's words. */
import { reshape } from 'striate'
import { plainSizes } from '../../source/description.ts'
import type { Rank } from '../shapes.ts'
import { enlarging } from './enlarging.ts'
import {
  type Described,
  type Describer,
  dataFormat,
  type Entry,
  optionsAt,
  paddingOf,
  padEntries,
  refuse,
  sizes,
} from './entry.ts'
import { adaptivePooling, globalPooling, pooling } from './pools.ts'
import { convolution, transposed } from './windows.ts'

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

const channelAxis = ({ layout }: Described): number => (layout === 'channels-last' ? -1 : 1)

const batchNorm: Describer = (described) => {
  const options = optionsAt(described, 1)
  const { eps = 1e-5, momentum = 0.1, affine = true } = options
  if (options.trackRunningStats === false) refuse(described, 'no running statistics')
  if (typeof momentum !== 'number') refuse(described, 'a momentum of none')
  const config = {
    axis: channelAxis(described),
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

const rmsNorm: Describer = (described) => {
  const { eps, elementwiseAffine = true } = optionsAt(described, 1)
  // Without one it is the least step of the type, which Keras would have to be told.
  if (typeof eps !== 'number') refuse(described, 'no eps')
  if (elementwiseAffine === false) refuse(described, 'no weight', 'Keras always has one')
  const rank = Array.isArray(described.arguments[0]) ? described.arguments[0].length : 1
  const axis = Array.from({ length: rank }, (_, at) => at - rank)
  const config = { axis: rank === 1 ? -1 : axis, epsilon: eps as number }
  return only({ className: 'RMSNormalization', config, source: described.layer })
}

/** Of groups of channels; each by itself where there are as many. */
const byGroup =
  (at: number, usual: boolean): Describer =>
  (described) => {
    const { eps = 1e-5, affine = usual } = optionsAt(described, at)
    const groups = described.arguments[0] as number
    const axis = channelAxis(described)
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
    const format = className === 'Dropout' ? {} : { data_format: dataFormat(described) }
    if (className === 'SpatialDropout1D' && format.data_format === 'channels_first')
      refuse(described, 'the channels first', 'Keras has them last here')
    return only({ className, config: { rate, ...format } })
  }

const zeroPad =
  (rank: Rank): Describer =>
  (described) => {
    const pairs = paddingOf(described.arguments[0], rank)
    return typeof pairs === 'string' ? [] : padEntries(described, pairs, dataFormat(described))
  }

const upsample: Describer = (described) => {
  const [given] = described.arguments
  const options = (typeof given === 'number' ? { scaleFactor: given } : given) as Readonly<
    Record<string, unknown>
  >
  const { scaleFactor, mode = 'nearest', alignCorners = false } = options
  const isLast = options.layout === 'channels-last'
  const spaceOf = (shape: readonly unknown[]): number[] =>
    (isLast ? shape.slice(1, -1) : shape.slice(2)) as number[]
  const { inputs, output } = described.call
  const [from, to] = [spaceOf(inputs[0]!.shape), spaceOf(output.shape)]
  const asked = scaleFactor === undefined ? undefined : sizes(scaleFactor, from.length, 1)
  const isEven = from.every((cells, a) => asked === undefined || cells * asked[a]! === to[a])
  const entry = isEven && !alignCorners && enlarging(String(mode), from, to, dataFormat(described))
  return entry ? only(entry) : refuse(described, 'another enlargement than by whole factors')
}

const flatten: Describer = (described) => {
  const { call } = described
  // In Keras's other format it would move the channels to the end first.
  if (described.arguments.length === 0)
    return only({ className: 'Flatten', config: { data_format: 'channels_last' } })
  const shape = plainSizes(call.output.shape.slice(1))
  if (described.arguments[0] === 0 || shape.some(Number.isNaN))
    refuse(described, 'axes of its own', 'Keras keeps the batch')
  return only({ className: 'Reshape', config: { target_shape: shape } })
}

const softmax: Describer = (described) => {
  const given = (optionsAt(described, 0).axis as number | undefined) ?? -1
  const rank = described.call.output.shape.length
  const place = described.placeOf(given < 0 ? given + rank : given)
  return only({ className: 'Softmax', config: { axis: place === rank - 1 ? -1 : place } })
}

const unflatten: Describer = ({ call }) =>
  only({ className: 'Reshape', config: { target_shape: plainSizes(call.output.shape.slice(1)) } })

/** Slopes for the channels or one for all; Keras keeps them in the shape of an input, and of 1. */
const prelu: Describer = (described) => {
  const { layer, call, placeOf } = described
  const { weight } = layer.stateDict()
  const rank = call.output.shape.length
  const channel = placeOf(optionsAt(described, 0).layout === 'channels-last' ? rank - 1 : 1)
  const shared = Array.from({ length: rank - 1 }, (_, a) => a + 1)
  const isOne = weight!.size === 1
  const axes = isOne ? shared : shared.filter((axis) => axis !== channel)
  const shape = shared.map((axis) => (axes.includes(axis) ? 1 : weight!.size))
  const states = { weight: reshape(weight!, shape) }
  return only({ className: 'PReLU', config: { shared_axes: axes }, source: layer, states })
}

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
    [`maxPool${rank}d`]: pooling('Max'),
    [`avgPool${rank}d`]: pooling('Average'),
    [`globalMaxPool${rank}d`]: globalPooling('Max'),
    [`globalAvgPool${rank}d`]: globalPooling('Average'),
    [`adaptiveMaxPool${rank}d`]: adaptivePooling('Max', rank),
    [`adaptiveAvgPool${rank}d`]: adaptivePooling('Average', rank),
    [`batchNorm${rank}d`]: batchNorm,
    [`instanceNorm${rank}d`]: byGroup(1, false),
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
  rmsNorm,
  groupNorm: byGroup(2, true),
  globalMaxPool: globalPooling('Max'),
  globalAvgPool: globalPooling('Average'),
  prelu,
  unflatten,
  dropout: dropout('Dropout'),
  upsample,
  flatten,
  softmax,
  leakyRelu: slope('LeakyReLU', 'negative_slope', 'negativeSlope', 0.01),
  elu: slope('ELU', 'alpha', 'alpha', 1),
  identity: () => [],
}
