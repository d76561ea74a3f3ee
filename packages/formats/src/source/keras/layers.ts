/** Layers as Keras's, by the builder that makes them. */
import type { LayerCall } from '../description.ts'
import { number, sizes } from '../python/literals.ts'
import { refuse } from '../refuse.ts'
import { convolution, transposed } from './convolutions.ts'
import { channelOrder, type Held, identityOrder, known } from './flow.ts'
import { constantPad, zeroPad } from './pads.ts'
import { poolLayer } from './pools.ts'
import {
  channelOf,
  formatWord,
  givenOf,
  isLast,
  type LayerPlace,
  numberIn,
  type Options,
  optionsAt,
  rankAt,
  type Write,
  weight,
  words,
} from './write.ts'

/** A layer that does the same to every cell. */
const cellwise =
  (text: (options: Options, call: LayerCall) => string | null): Write =>
  (call, x, { flow }) => {
    const layer = text(optionsAt(call, 0), call)
    return layer === null
      ? null
      : flow.state([x], call.output, x.order, ([name]) => `${layer}(${name})`)
  }

const plain = (layer: string): Write => cellwise(() => layer)
const activation = (name: string): Write => plain(`layers.Activation("${name}")`)
const onlyDefault = (layer: string): Write =>
  cellwise((options) => (Object.keys(options).length === 0 ? layer : null))

const linear: Write = (call, x, { flow, layer }) => {
  const features = x.order.length - 1
  const hasBias = optionsAt(call, 2).bias !== false
  const isReady = x.order.at(-1) === features
  const ready = isReady ? x : flow.plain(x)
  const text = words(`layers.Dense(${givenOf(call)[1]}`, !hasBias && 'use_bias=False')
  const rules = [{ state: 'weight', axes: [1, 0] }, ...(hasBias ? [weight('bias')] : [])]
  const name = layer(call.module, text, rules)
  return flow.state([ready], call.output, ready.order, ([value]) => `${name}(${value})`)
}

const batchNorm: Write = (call, x, { flow, where, layer }) => {
  const options = optionsAt(call, 1)
  if (options.trackRunningStats === false)
    return refuse(
      where,
      'batch normalisation without running statistics',
      'Keras always keeps them',
    )
  if (options.momentum === null)
    return refuse(
      where,
      'batch normalisation that averages over all batches',
      'Keras needs a momentum',
    )
  const hasAffine = options.affine !== false
  const axis = x.order.indexOf(channelOf(options, x))
  const text = words(
    'layers.BatchNormalization(',
    axis !== x.order.length - 1 && `axis=${axis}`,
    `momentum=${number(1 - numberIn(options, 'momentum', 0.1))}`,
    `epsilon=${number(numberIn(options, 'eps', 1e-5))}`,
    !hasAffine && 'center=False, scale=False',
  ).replace('(, ', '(')
  const states = [...(hasAffine ? ['weight', 'bias'] : []), 'running_mean', 'running_var']
  const name = layer(call.module, text, states.map(weight))
  return flow.state([x], call.output, x.order, ([value]) => `${name}(${value})`)
}

const byGroup =
  (groupsOf: (given: readonly unknown[]) => number, at: number, affine: boolean): Write =>
  (call, x, { flow, layer }) => {
    const options = optionsAt(call, at)
    const hasAffine = (options.affine as boolean | undefined) ?? affine
    const text = words(
      `layers.GroupNormalization(groups=${groupsOf(givenOf(call))}`,
      `axis=${x.order.indexOf(channelOf(options, x))}`,
      `epsilon=${number(numberIn(options, 'eps', 1e-5))}`,
      !hasAffine && 'center=False, scale=False',
    )
    const name = layer(call.module, text, hasAffine ? ['weight', 'bias'].map(weight) : [])
    return flow.state([x], call.output, x.order, ([value]) => `${name}(${value})`)
  }

const layerNorm: Write = (call, x, { flow, layer }) => {
  const options = optionsAt(call, 1)
  const count = typeof givenOf(call)[0] === 'number' ? 1 : (givenOf(call)[0] as number[]).length
  const rank = x.order.length
  const ready = flow.plain(x)
  const axes = identityOrder(count).map((a) => rank - count + a)
  const scale = options.elementwiseAffine !== false
  const center = scale && options.bias !== false
  const text = words(
    `layers.LayerNormalization(axis=[${axes.join(', ')}]`,
    `epsilon=${number(numberIn(options, 'eps', 1e-5))}`,
    !center && 'center=False',
    !scale && 'scale=False',
  )
  const rules = [...(scale ? [weight('weight')] : []), ...(center ? [weight('bias')] : [])]
  const name = layer(call.module, text, rules)
  return flow.state([ready], call.output, ready.order, ([value]) => `${name}(${value})`)
}

const embedding: Write = (call, x, { flow, layer }) => {
  const ready = flow.plain(x)
  const [count, size] = givenOf(call)
  const name = layer(call.module, `layers.Embedding(${count}, ${size}`, [weight('weight')])
  const order = identityOrder(x.order.length + 1)
  return flow.state([ready], call.output, order, ([value]) => `${name}(${value})`)
}

const dropout: Write = cellwise(
  (options) => `layers.Dropout(${number(numberIn(options, 'p', 0.5))})`,
)

/** Whole channels; Keras looks for them where its layers have them. */
const spatialDropout: Write = (call, x, { flow }) => {
  const options = optionsAt(call, 0)
  const rank = rankAt(call.module.recipe!.builder)
  const ready = flow.ordered(
    x,
    channelOrder(x.order.length, channelOf(options, x), rank === 1 || flow.channelsLast),
  )
  const format = rank === 1 ? '' : formatWord(flow)
  const text = `layers.SpatialDropout${rank}D(${words(number(numberIn(options, 'p', 0.5)), format)})`
  return flow.state([ready], call.output, ready.order, ([name]) => `${text}(${name})`)
}

const global =
  (kind: 'Average' | 'Max'): Write =>
  (call, x, { flow }) => {
    const options = optionsAt(call, 0)
    const rank = x.order.length - 2
    if (rank < 1 || rank > 3) return null
    const ready = flow.layered(x, channelOf(options, x))
    const keeps = options.keepDims === true
    const text = `layers.Global${kind}Pooling${rank}D(${words(keeps && 'keepdims=True', formatWord(flow))})`
    const order = keeps ? ready.order : identityOrder(2)
    return flow.state([ready], call.output, order, ([name]) => `${text}(${name})`)
  }

/** One cell, or an even share for each cell; other shares are left to operations. */
const adaptive =
  (kind: 'Average' | 'Max'): Write =>
  (call, x, { flow, where }) => {
    const options = optionsAt(call, 1)
    const rank = x.order.length - 2
    const ready = flow.layered(x, channelOf(options, x))
    const first = isLast(options) ? 1 : 2
    const space = identityOrder(rank).map((a) => a + first)
    const from = space.map((axis) => known(where, x.type.shape[axis]!))
    const to = space.map((axis) => known(where, call.output.shape[axis]!))
    if (to.every((cells) => cells === 1)) {
      const text = `layers.Global${kind}Pooling${rank}D(${words('keepdims=True', formatWord(flow))})`
      return flow.state([ready], call.output, ready.order, ([name]) => `${text}(${name})`)
    }
    if (from.some((cells, a) => cells % to[a]! !== 0)) return null
    const window = sizes(from.map((cells, a) => cells / to[a]!))
    const text = `layers.${kind}Pooling${rank}D(${words(window, formatWord(flow))})`
    return flow.state([ready], call.output, ready.order, ([name]) => `${text}(${name})`)
  }

const flatten: Write = (call, x, { flow }) => {
  if (givenOf(call).length > 0) return null
  const ready = flow.plain(x)
  return flow.state([ready], call.output, identityOrder(2), ([name]) => `layers.Flatten()(${name})`)
}

const softmax: Write = (call, x, { flow }) => {
  const given = numberIn(optionsAt(call, 0), 'axis', -1)
  const axis = given < 0 ? given + x.order.length : given
  const at = x.order.indexOf(axis)
  const text = `layers.Softmax(${at === x.order.length - 1 ? '' : `axis=${at}`})`
  return flow.state([x], call.output, x.order, ([name]) => `${text}(${name})`)
}

const builders: Readonly<Record<string, Write>> = {
  linear,
  embedding,
  dropout,
  dropout1d: spatialDropout,
  dropout2d: spatialDropout,
  dropout3d: spatialDropout,
  batchNorm1d: batchNorm,
  batchNorm2d: batchNorm,
  batchNorm3d: batchNorm,
  groupNorm: byGroup(([groups]) => groups as number, 2, true),
  instanceNorm1d: byGroup(([channels]) => channels as number, 1, false),
  instanceNorm2d: byGroup(([channels]) => channels as number, 1, false),
  instanceNorm3d: byGroup(([channels]) => channels as number, 1, false),
  layerNorm,
  zeroPad1d: zeroPad,
  zeroPad2d: zeroPad,
  zeroPad3d: zeroPad,
  constantPad1d: constantPad,
  constantPad2d: constantPad,
  constantPad3d: constantPad,
  adaptiveAvgPool1d: adaptive('Average'),
  adaptiveAvgPool2d: adaptive('Average'),
  adaptiveAvgPool3d: adaptive('Average'),
  adaptiveMaxPool1d: adaptive('Max'),
  adaptiveMaxPool2d: adaptive('Max'),
  adaptiveMaxPool3d: adaptive('Max'),
  globalAvgPool: global('Average'),
  globalAvgPool1d: global('Average'),
  globalAvgPool2d: global('Average'),
  globalAvgPool3d: global('Average'),
  globalMaxPool: global('Max'),
  globalMaxPool1d: global('Max'),
  globalMaxPool2d: global('Max'),
  globalMaxPool3d: global('Max'),
  flatten,
  softmax,
  identity: (_, x) => x,
  relu: plain('layers.ReLU()'),
  relu6: plain('layers.ReLU(max_value=6.0)'),
  leakyRelu: cellwise(
    (options) => `layers.LeakyReLU(${number(numberIn(options, 'negativeSlope', 0.01))})`,
  ),
  elu: cellwise((options) => `layers.ELU(${number(numberIn(options, 'alpha', 1))})`),
  gelu: cellwise((options) =>
    options.approximate === 'tanh' ? null : 'layers.Activation("gelu")',
  ),
  selu: onlyDefault('layers.Activation("selu")'),
  swish: onlyDefault('layers.Activation("silu")'),
  hardSigmoid: onlyDefault('layers.Activation("hard_sigmoid")'),
  silu: activation('silu'),
  mish: activation('mish'),
  hardSwish: activation('hard_silu'),
  softsign: activation('softsign'),
  logSigmoid: activation('log_sigmoid'),
  sigmoid: activation('sigmoid'),
  tanh: activation('tanh'),
}

/** What a layer makes of its input; null where Keras has none that computes the same. */
export function layerCall(call: LayerCall, x: Held, place: LayerPlace): Held | null {
  const { builder } = call.module.recipe!
  if (/^conv[123]d$/.test(builder)) return convolution(call, x, place)
  if (/^convTranspose[123]d$/.test(builder)) return transposed(call, x, place)
  if (/^(max|avg)Pool[123]d$/.test(builder)) return poolLayer(call, x, place)
  const write = Object.hasOwn(builders, builder) ? builders[builder] : undefined
  return write?.(call, x, place) ?? null
}
