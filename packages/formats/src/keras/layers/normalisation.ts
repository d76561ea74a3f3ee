/** Normalisation layers: Keras adds 1e-3 to the variance, and may learn a scale or a shift alone. */
import { add, cast, mul, nn, type Tensor, tensor } from 'striate'
import type { Config } from '../config.ts'
import { type LayerBuilder, onlyInput, slot, type WeightSlot } from '../layer.ts'
import { axisOf, knownSize, type Rank, type Shape } from '../shapes.ts'
import { KerasNormalization, SeenCount } from './own.ts'

const norms = { 1: nn.batchNorm1d, 2: nn.batchNorm2d, 3: nn.batchNorm3d } as const

interface Affine {
  readonly weight: nn.Parameter | undefined
  readonly bias: nn.Parameter | undefined
}

/** The slots of gamma and beta; a parameter that Keras does not learn stays 1 or 0. */
function affineSlots(config: Config, { weight, bias }: Affine): WeightSlot[] {
  const slots: WeightSlot[] = []
  for (const [setting, name, state] of [
    ['scale', 'gamma', weight],
    ['center', 'beta', bias],
  ] as const) {
    if (!state) continue
    if (config.flag(setting, true)) slots.push(slot(name, state))
    else state.requiresGrad = false
  }
  return slots
}

const isAffine = (config: Config): boolean =>
  config.flag('scale', true) || config.flag('center', true)

/** The axis of the channels, which must be the first after the batch or the last. */
function channelAxis(
  config: Config,
  shape: Shape,
): { layout: 'channels-first' | 'channels-last'; channels: number } {
  const given = config.get('axis')
  const only = Array.isArray(given) && given.length === 1 ? given[0] : given
  const axis = axisOf(config, 'axis', only ?? -1, shape.length)
  if (axis !== shape.length - 1 && axis !== 1) config.refuse('axis', 'must be the last or 1')
  const layout = axis === shape.length - 1 ? 'channels-last' : 'channels-first'
  return { layout, channels: knownSize(config, shape, axis) }
}

const batchNormalization: LayerBuilder = (context) => {
  const { config } = context
  const output = onlyInput(context)
  config.mustBeEmpty('renorm', 'virtual_batch_size', 'adjustment')
  const { layout, channels } = channelAxis(config, output)
  const rank = Math.max(output.length - 2, 1)
  if (rank > 3) config.refuse('axis', 'must be of an input with 2 to 5 axes')
  // Keras says how much stays of the running statistics, PyTorch how much is new.
  const momentum = 1 - config.number('momentum', 0.99)
  const eps = config.number('epsilon', 1e-3)
  const layer = norms[rank as Rank](channels, { eps, momentum, layout, affine: isAffine(config) })
  const [mean, variance] = layer.buffers() as [nn.Buffer, nn.Buffer]
  const weights = [
    ...affineSlots(config, layer),
    slot('moving_mean', mean),
    slot('moving_variance', variance),
  ]
  return { layers: [layer], output, weights }
}

/** The last axes, which must be all that are normalised over. */
function lastAxes(config: Config, shape: Shape): number[] {
  const given = config.get('axis') ?? -1
  const list = Array.isArray(given) ? given : [given]
  const axes = list.map((axis) => axisOf(config, 'axis', axis, shape.length)).sort((a, b) => a - b)
  const isLast = axes.every((axis, at) => axis === shape.length - axes.length + at)
  if (axes.length === 0 || !isLast) config.refuse('axis', 'must be the last axes')
  return axes.map((axis) => knownSize(config, shape, axis))
}

const layerNormalization: LayerBuilder = (context) => {
  const { config } = context
  const output = onlyInput(context)
  config.mustBeEmpty('rms_scaling')
  const options = {
    eps: config.number('epsilon', 1e-3),
    elementwiseAffine: isAffine(config),
    bias: config.flag('center', true),
  }
  const layer = nn.layerNorm(lastAxes(config, output), options)
  return { layers: [layer], output, weights: affineSlots(config, layer) }
}

const rmsNormalization: LayerBuilder = (context) => {
  const { config } = context
  const output = onlyInput(context)
  const layer = nn.rmsNorm(lastAxes(config, output), { eps: config.number('epsilon', 1e-6) })
  return { layers: [layer], output, weights: [slot('scale', layer.weight!)] }
}

const groupNormalization: LayerBuilder = (context) => {
  const { config } = context
  const output = onlyInput(context)
  const { layout, channels } = channelAxis(config, output)
  const given = config.get('groups') ?? 32
  const groups = given === -1 ? channels : config.whole('groups', 32, 1)
  const eps = config.number('epsilon', 1e-3)
  const layer = nn.groupNorm(groups, channels, { eps, layout, affine: isAffine(config) })
  return { layers: [layer], output, weights: affineSlots(config, layer) }
}

/** Numbers that stand in the settings, as a list or nested in one another. */
function numbersOf(config: Config, name: string): number[] {
  const value = config.get(name)
  const flat: unknown[] = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]
  return flat.every((each): each is number => typeof each === 'number')
    ? flat
    : config.refuse(name, 'must be numbers')
}

const normalization: LayerBuilder = (context) => {
  const { config } = context
  const output = onlyInput(context)
  const given = config.values.axis === undefined ? -1 : config.values.axis
  const list = given === null ? [] : Array.isArray(given) ? given : [given]
  const axes = list.map((axis) => axisOf(config, 'axis', axis, output.length)).sort((a, b) => a - b)
  const statistics = axes.map((axis) => knownSize(config, output, axis))
  const shape = output
    .slice(1)
    .map((_, at) => (axes.includes(at + 1) ? statistics[axes.indexOf(at + 1)]! : 1))
  if (axes.includes(0)) config.refuse('axis', 'must not be that of the batch')
  const invert = config.flag('invert', false)
  const hasOwn = config.get('mean') !== undefined
  const known = (name: string): Tensor => {
    const numbers = numbersOf(config, name)
    const count = statistics.reduce((all, size) => all * size, 1)
    if (numbers.length !== count && numbers.length !== 1)
      config.refuse(name, `must be ${count} numbers`)
    return tensor(Float32Array.from(numbers), numbers.length === 1 ? [] : statistics)
  }
  if (hasOwn) {
    const layer = new KerasNormalization(statistics, shape, invert, {
      mean: known('mean'),
      variance: known('variance'),
    })
    return { layers: [layer], output, weights: [] }
  }
  const layer = new KerasNormalization(statistics, shape, invert)
  const count = new SeenCount()
  const weights = [
    slot('mean', layer.mean),
    slot('variance', layer.variance),
    slot('count', count.count),
  ]
  return { layers: [layer, count], output, weights }
}

const rescaling: LayerBuilder = (context) => {
  const { config } = context
  const output = onlyInput(context)
  const amount = (name: string): Tensor => {
    const numbers = numbersOf(config, name)
    if (numbers.length !== 1 && numbers.length !== output.at(-1))
      config.refuse(name, 'must be one number, or one for each cell of the last axis')
    return numbers.length === 1 ? tensor(numbers[0]!) : tensor(numbers)
  }
  const scale = amount('scale')
  const offset = config.get('offset') === undefined ? tensor(0) : amount('offset')
  return { layers: [rescale(scale, offset)], output, weights: [] }
}

const rescale = (scale: Tensor, offset: Tensor): nn.Layer =>
  nn.lambda(
    (x) => add(mul(x.dtype === 'float64' ? x : cast(x, 'float32'), scale), offset),
    'Rescaling',
  )

export const normalisationLayers: Readonly<Record<string, LayerBuilder>> = {
  BatchNormalization: batchNormalization,
  BatchNormalizationV1: batchNormalization,
  BatchNormalizationV2: batchNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  GroupNormalization: groupNormalization,
  Normalization: normalization,
  Rescaling: rescaling,
}
