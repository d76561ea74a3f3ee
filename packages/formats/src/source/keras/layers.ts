/** Layers as Keras's, by the builder that makes them. */
import type { LayerCall, Module } from '../description.ts'
import { number, sizes, tuple } from '../python/literals.ts'
import { refuse } from '../refuse.ts'
import { convolutionOf, isNothing, type Pair } from '../windows.ts'
import { channelOrder, type Flow, type Held, identityOrder, known } from './flow.ts'
import { poolLayer } from './pools.ts'

/** How a weight of the network becomes one of Keras: under which shape, and in which order of axes. */
export interface WeightRule {
  readonly state: string
  readonly shape?: readonly number[]
  readonly axes?: readonly number[]
}

export interface LayerPlace {
  readonly flow: Flow
  readonly where: string
  /** The words for the layer of a module: made once, whatever the number of its calls. */
  readonly layer: (module: Module, text: string, weights: readonly WeightRule[]) => string
}

type Options = Readonly<Record<string, unknown>>
type Write = (call: LayerCall, x: Held, place: LayerPlace) => Held | null

const givenOf = ({ module }: LayerCall): readonly unknown[] => module.recipe!.arguments
const optionsAt = (call: LayerCall, index: number): Options =>
  (givenOf(call)[index] ?? {}) as Options
const numberIn = (options: Options, name: string, otherwise: number): number =>
  (options[name] as number | undefined) ?? otherwise
const isLast = (options: Options): boolean => options.layout === 'channels-last'
const channelOf = (options: Options, x: Held): number => (isLast(options) ? x.order.length - 1 : 1)
const rankAt = (builder: string): number => Number(builder.at(-2))

const weight = (state: string): WeightRule => ({ state })

/** Words of arguments, joined. */
export const words = (...parts: readonly (string | false)[]): string =>
  parts.filter((part) => part !== false && part !== '').join(', ')

export const formatWord = (flow: Flow): string =>
  flow.channelsLast ? '' : 'data_format="channels_first"'

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

const convolution: Write = (call, x, { flow, where, layer }) => {
  const settings = convolutionOf(call.module)
  const { rank, kernel, stride, dilation, groups, inChannels, outChannels, bias } = settings
  if (settings.paddingMode !== 'zeros' && !isNothing(settings.pads)) return paddedByMode()
  const strides = stride.some((each) => each > 1)
  if (strides && dilation.some((each) => each > 1))
    return refuse(where, 'a convolution with a stride and a dilation', 'Keras takes one of both')
  return apply(x, settings.pads)

  function apply(input: Held, pads: readonly Pair[]): Held {
    const channel = settings.layout === 'channels-last' ? rank + 1 : 1
    const ready = flow.layered(input, channel)
    const own = keywords()
    const { padding, pad } = spelled(pads)
    const padded =
      pad === null
        ? ready
        : flow.state([ready], ready.type, ready.order, ([value]) => `${pad}(${value})`)
    const isDepthwise =
      groups > 1 && groups === inChannels && rank < 3 && stride.every((each) => each === stride[0])
    const multiplier = outChannels / inChannels
    const head = isDepthwise
      ? words(
          `layers.DepthwiseConv${rank}D(${sizes(kernel)}`,
          multiplier !== 1 && `depth_multiplier=${multiplier}`,
        )
      : words(
          `layers.Conv${rank}D(${outChannels}, ${sizes(kernel)}`,
          groups !== 1 && `groups=${groups}`,
        )
    const space = identityOrder(rank)
    const kernelRule = isDepthwise
      ? {
          state: 'weight',
          shape: [inChannels, multiplier, ...kernel],
          axes: [...space.map((a) => a + 2), 0, 1],
        }
      : { state: 'weight', axes: [...space.map((a) => a + 2), 1, 0] }
    const rules = [kernelRule, ...(bias ? [weight('bias')] : [])]
    const name = layer(call.module, words(head, ...own, padding), rules)
    return flow.state([padded], call.output, ready.order, ([value]) => `${name}(${value})`)
  }

  function keywords(): string[] {
    return [
      stride.every((each) => each === 1) ? '' : `strides=${sizes(stride)}`,
      dilation.every((each) => each === 1) ? '' : `dilation_rate=${sizes(dilation)}`,
      bias ? '' : 'use_bias=False',
      formatWord(flow),
    ]
  }

  /** Keras's names of paddings where they are the same; else a layer before that pads. */
  function spelled(pads: readonly Pair[]): { padding: string; pad: string | null } {
    const extent = kernel.map((taps, a) => dilation[a]! * (taps - 1))
    if (isNothing(pads)) return { padding: '', pad: null }
    const isSame = pads.every(
      ([low, high], a) =>
        low === Math.floor(extent[a]! / 2) && high === extent[a]! - low && stride[a] === 1,
    )
    if (isSame) return { padding: 'padding="same"', pad: null }
    if (rank === 1 && pads[0]![0] === extent[0] && pads[0]![1] === 0 && flow.channelsLast)
      return { padding: 'padding="causal"', pad: null }
    const list = pads.map(([low, high]) => tuple([low, high]))
    const cells = rank === 1 ? list[0]! : tuple(list)
    const pad = `layers.ZeroPadding${rank}D(${words(cells, formatWord(flow))})`
    return { padding: '', pad }
  }

  function paddedByMode(): Held | null {
    const first = settings.layout === 'channels-last' ? 1 : 2
    const pads = settings.pads
    const ready = flow.layered(x, settings.layout === 'channels-last' ? rank + 1 : 1)
    const shape = ready.type.shape.map((size, axis) => {
      const pair = pads[axis - first]
      return axis < first || pair === undefined || typeof size !== 'number'
        ? size
        : size + pair[0] + pair[1]
    })
    const padded = flow.state([ready], { ...ready.type, shape }, ready.order, ([name]) =>
      pads.reduce<string>((text, [low, high], a) => {
        if (low === 0 && high === 0) return text
        const axis = ready.order.indexOf(first + a)
        return `${flow.use('pad_axis')}(${text}, ${axis}, ${low}, ${high}, "${settings.paddingMode}")`
      }, name!),
    )
    return apply(
      padded,
      pads.map((): Pair => [0, 0]),
    )
  }
}

const transposed: Write = (call, x, { flow, where, layer }) => {
  const settings = convolutionOf(call.module)
  const { rank, kernel, stride, dilation, groups, pads, input, output, bias } = settings
  if (settings.paddingMode !== 'zeros')
    return refuse(where, `a transposed convolution with padding mode '${settings.paddingMode}'`)
  if (groups > 1) return refuse(where, 'a transposed convolution in groups', 'Keras has none')
  const ready = flow.layered(x, settings.layout === 'channels-last' ? rank + 1 : 1)
  const extent = kernel.map((taps, a) => dilation[a]! * (taps - 1) + 1)
  // Without padding Keras gives at least a stride for every input cell.
  const natural = input.map((cells, a) => cells * stride[a]! + Math.max(extent[a]! - stride[a]!, 0))
  const wanted = output.map((cells, a) => cells + pads[a]![0])
  const isShort = wanted.some((cells, a) => cells > natural[a]!)
  const added = wanted.map((cells, a) =>
    Math.max(0, cells - (input[a]! - 1) * stride[a]! - extent[a]!),
  )
  if (isShort && added.some((cells, a) => cells >= stride[a]!))
    return refuse(where, 'an output padding as large as the stride')
  const full = isShort
    ? added.map((cells, a) => (input[a]! - 1) * stride[a]! + extent[a]! + cells)
    : natural
  const crops = wanted.map((cells, a): Pair => [pads[a]![0], full[a]! - cells])
  const text = words(
    `layers.Conv${rank}DTranspose(${settings.outChannels}, ${sizes(kernel)}`,
    stride.some((each) => each !== 1) && `strides=${sizes(stride)}`,
    dilation.some((each) => each !== 1) && `dilation_rate=${sizes(dilation)}`,
    isShort && `output_padding=${sizes(added)}`,
    !bias && 'use_bias=False',
    formatWord(flow),
  )
  const axes = [...identityOrder(rank).map((a) => a + 2), 1, 0]
  const rules = [{ state: 'weight', axes }, ...(bias ? [weight('bias')] : [])]
  const name = layer(call.module, text, rules)
  const list = crops.map(([low, high]) => tuple([low, high]))
  const cells = rank === 1 ? list[0]! : tuple(list)
  const crop = `layers.Cropping${rank}D(${words(cells, formatWord(flow))})`
  const y = flow.state([ready], call.output, ready.order, ([value]) => `${name}(${value})`)
  return isNothing(crops)
    ? y
    : flow.state([y], call.output, ready.order, ([value]) => `${crop}(${value})`)
}

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

/** `[low, high]` per axis of the first argument of a padding layer. */
function padPairs(call: LayerCall): Pair[] {
  const cells = givenOf(call)[0] as number | readonly (number | Pair)[]
  return identityOrder(rankAt(call.module.recipe!.builder)).map((axis): Pair => {
    const own = typeof cells === 'number' ? cells : cells[axis]!
    return typeof own === 'number' ? [own, own] : own
  })
}

const zeroPad: Write = (call, x, { flow }) => {
  const pairs = padPairs(call)
  const rank = pairs.length
  const ready = flow.layered(x, channelOf(optionsAt(call, 1), x))
  if (pairs.flat().some((count) => count < 0)) return null
  const list = rank === 1 ? tuple(pairs[0]!) : tuple(pairs.map((pair) => tuple(pair)))
  const text = `layers.ZeroPadding${rank}D(${words(list, formatWord(flow))})`
  return flow.state([ready], call.output, ready.order, ([name]) => `${text}(${name})`)
}

const constantPad: Write = (call, x, { flow }) => {
  const first = isLast(optionsAt(call, 2)) ? 1 : 2
  const value = number(givenOf(call)[1] as number)
  return flow.state([x], call.output, x.order, ([name]) =>
    padPairs(call).reduce<string>((text, [low, high], a) => {
      if (low === 0 && high === 0) return text
      const axis = x.order.indexOf(first + a)
      return `${flow.use('pad_axis')}(${text}, ${axis}, ${low}, ${high}, "zeros", ${value})`
    }, name!),
  )
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
