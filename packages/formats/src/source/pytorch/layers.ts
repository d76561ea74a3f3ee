/** Layers as PyTorch's modules, by the builder that makes them. */
import type { Module } from '../description.ts'
import { keywords, number, quoted, real, tuple } from '../python/literals.ts'
import { refuse } from '../refuse.ts'
import { call, type Text } from '../text.ts'
import type { Pair } from '../windows.ts'
import { convolutionModule, padList, poolModule } from './windowLayers.ts'

/** Notes that a helper is used, and gives its name back. */
export type Use = (helper: string) => string

type Options = Readonly<Record<string, unknown>>
type Write = (module: Module, given: readonly unknown[], use: Use) => Text | null

const optionsAt = (given: readonly unknown[], index: number): Options =>
  (given[index] ?? {}) as Options

/** `name` of the options as a number, with its default. */
const numberIn = (options: Options, name: string, otherwise: number): number =>
  (options[name] as number | undefined) ?? otherwise

const isLast = (options: Options): boolean => options.layout === 'channels-last'

const rankOf = (module: Module): number => module.calls[0]!.inputs[0]!.shape.length - 2

/** An activation without options. */
const plain =
  (name: string): Write =>
  () =>
    call(`nn.${name}`)

/** An activation with one number. */
const oneNumber =
  (name: string, option: string, otherwise: number): Write =>
  (_, given) => {
    const value = numberIn(optionsAt(given, 0), option, otherwise)
    return call(`nn.${name}`, ...(value === otherwise ? [] : [number(value)]))
  }

/** Only where the options are as by default. */
const onlyDefault =
  (name: string): Write =>
  (_, given) =>
    Object.keys(optionsAt(given, 0)).length === 0 ? call(`nn.${name}`) : null

const alongAxis =
  (name: string): Write =>
  (_, given) =>
    call(`nn.${name}`, `dim=${numberIn(optionsAt(given, 0), 'axis', -1)}`)

const pairsOf = (cells: unknown, rank: number): Pair[] =>
  Array.from({ length: rank }, (_, axis): Pair => {
    const each: unknown = Array.isArray(cells) ? cells[axis] : cells
    return Array.isArray(each)
      ? [each[0] as number, each[1] as number]
      : [each as number, each as number]
  })

const padding =
  (name: string): Write =>
  ({ recipe }, given) => {
    const rank = Number(recipe!.builder.at(-2))
    const isConstant = name === 'ConstantPad'
    if (isLast(optionsAt(given, isConstant ? 2 : 1))) return null
    const value = isConstant ? [real(given[1] as number)] : []
    return call(`nn.${name}${rank}d`, padList(pairsOf(given[0], rank)), ...value)
  }

const adaptive =
  (name: string): Write =>
  ({ recipe }, given) => {
    if (isLast(optionsAt(given, 1))) return null
    const rank = Number(recipe!.builder.at(-2))
    const list = Array.isArray(given[0]) ? given[0] : Array.from({ length: rank }, () => given[0])
    const words = list.map((size: number | null) => (size === null ? 'None' : String(size)))
    const isSame = words.every((word) => word === words[0]) && words[0] !== 'None'
    return call(`nn.Adaptive${name}Pool${rank}d`, isSame ? words[0]! : tuple(words))
  }

const global =
  (name: string): Write =>
  (module, given) => {
    const options = optionsAt(given, 0)
    const rank = rankOf(module)
    if (isLast(options) || rank < 1 || rank > 3) return null
    const pool = call(`nn.Adaptive${name}Pool${rank}d`, '1')
    return options.keepDims === true ? pool : call('nn.Sequential', pool, call('nn.Flatten'))
  }

const eps = (options: Options): readonly [string, boolean] => {
  const value = numberIn(options, 'eps', 1e-5)
  return [number(value), value === 1e-5]
}

const batchNorm: Write = ({ path, recipe }, given) => {
  const options = optionsAt(given, 1)
  if (isLast(options))
    refuse(`layer '${path}'`, 'batch normalisation with channels last', 'PyTorch has them first')
  const momentum = options.momentum as number | null | undefined
  const words = keywords({
    eps: eps(options),
    momentum: [
      momentum === null ? 'None' : number(momentum ?? 0.1),
      (momentum ?? 0.1) === 0.1 && momentum !== null,
    ],
    affine: ['False', options.affine !== false],
    track_running_stats: ['False', options.trackRunningStats !== false],
  })
  return call(`nn.BatchNorm${recipe!.builder.at(-2)}d`, String(given[0]), ...words)
}

const dropout =
  (name: string): Write =>
  ({ path }, given) => {
    const options = optionsAt(given, 0)
    if (isLast(options))
      refuse(`layer '${path}'`, 'dropout of channels that come last', 'PyTorch has them first')
    return call(`nn.${name}`, number(numberIn(options, 'p', 0.5)))
  }

const instanceNorm: Write = ({ recipe }, given) => {
  const options = optionsAt(given, 1)
  if (isLast(options)) return null
  const words = keywords({ eps: eps(options), affine: ['True', options.affine !== true] })
  return call(`nn.InstanceNorm${recipe!.builder.at(-2)}d`, String(given[0]), ...words)
}

const layerNorm: Write = (_, given) => {
  const options = optionsAt(given, 1)
  const shape = typeof given[0] === 'number' ? given[0] : tuple(given[0] as number[])
  const words = keywords({
    eps: eps(options),
    elementwise_affine: ['False', options.elementwiseAffine !== false],
    bias: ['False', options.bias !== false],
  })
  return call('nn.LayerNorm', String(shape), ...words)
}

const rmsNorm: Write = (_, given) => {
  const options = optionsAt(given, 1)
  const shape = typeof given[0] === 'number' ? given[0] : tuple(given[0] as number[])
  const words = keywords({
    eps: [number(numberIn(options, 'eps', 0)), options.eps === undefined],
    elementwise_affine: ['False', options.elementwiseAffine !== false],
  })
  return call('nn.RMSNorm', String(shape), ...words)
}

const upsample: Write = (module, given) => {
  const options = (typeof given[0] === 'number' ? { scaleFactor: given[0] } : given[0]) as Options
  const rank = rankOf(module)
  if (isLast(options)) return null
  const mode = torchMode(String(options.mode ?? 'nearest'), rank)
  if (mode === null) return null
  const list = (value: unknown): string =>
    typeof value === 'number' ? number(value) : tuple((value as number[]).map(number))
  const { size, scaleFactor } = options
  const words = [
    size === undefined ? `scale_factor=${list(scaleFactor)}` : `size=${list(size)}`,
    ...keywords({
      mode: [quoted(mode), mode === 'nearest'],
      align_corners: ['True', options.alignCorners !== true],
    }),
  ]
  // A scale is taken as it stands, as here; PyTorch would otherwise take it again from the sizes.
  return call('nn.Upsample', ...words)
}

/** PyTorch's name of a way to interpolate a space of a rank; null where it has none. */
export function torchMode(mode: string, rank: number): string | null {
  if (mode.startsWith('nearest')) return mode
  if (mode.endsWith('linear')) return ['linear', 'bilinear', 'trilinear'][rank - 1] ?? null
  return rank === 2 ? 'bicubic' : null
}

const shuffle =
  (name: string): Write =>
  (module, given) =>
    isLast(optionsAt(given, 1)) || typeof given[0] !== 'number' || rankOf(module) !== 2
      ? null
      : call(`nn.${name}`, String(given[0]))

const flatten: Write = (_, given) => call('nn.Flatten', ...given.map(String))

const builders: Readonly<Record<string, Write>> = {
  linear: (_, given) =>
    call(
      'nn.Linear',
      String(given[0]),
      String(given[1]),
      ...keywords({ bias: ['False', optionsAt(given, 2).bias !== false] }),
    ),
  embedding: (_, given) => {
    const index = optionsAt(given, 2).paddingIdx
    return call(
      'nn.Embedding',
      String(given[0]),
      String(given[1]),
      ...keywords({ padding_idx: [String(index), index === undefined] }),
    )
  },
  dropout: dropout('Dropout'),
  dropout1d: dropout('Dropout1d'),
  dropout2d: dropout('Dropout2d'),
  dropout3d: dropout('Dropout3d'),
  batchNorm1d: batchNorm,
  batchNorm2d: batchNorm,
  batchNorm3d: batchNorm,
  instanceNorm1d: instanceNorm,
  instanceNorm2d: instanceNorm,
  instanceNorm3d: instanceNorm,
  groupNorm: (_, given) => {
    const options = optionsAt(given, 2)
    if (isLast(options)) return null
    const words = keywords({ eps: eps(options), affine: ['False', options.affine !== false] })
    return call('nn.GroupNorm', String(given[0]), String(given[1]), ...words)
  },
  layerNorm,
  rmsNorm,
  localResponseNorm: (_, given) => {
    const options = optionsAt(given, 1)
    if (isLast(options)) return null
    const words = keywords({
      alpha: [number(numberIn(options, 'alpha', 1e-4)), numberIn(options, 'alpha', 1e-4) === 1e-4],
      beta: [number(numberIn(options, 'beta', 0.75)), numberIn(options, 'beta', 0.75) === 0.75],
      k: [real(numberIn(options, 'k', 1)), numberIn(options, 'k', 1) === 1],
    })
    return call('nn.LocalResponseNorm', String(given[0]), ...words)
  },
  prelu: (_, given) => {
    const options = optionsAt(given, 0)
    const count = numberIn(options, 'numParameters', 1)
    if (isLast(options) && count > 1) return null
    return call('nn.PReLU', ...(count === 1 ? [] : [String(count)]))
  },
  zeroPad1d: padding('ZeroPad'),
  zeroPad2d: padding('ZeroPad'),
  zeroPad3d: padding('ZeroPad'),
  constantPad1d: padding('ConstantPad'),
  constantPad2d: padding('ConstantPad'),
  constantPad3d: padding('ConstantPad'),
  reflectPad1d: padding('ReflectionPad'),
  reflectPad2d: padding('ReflectionPad'),
  reflectPad3d: padding('ReflectionPad'),
  replicatePad1d: padding('ReplicationPad'),
  replicatePad2d: padding('ReplicationPad'),
  replicatePad3d: padding('ReplicationPad'),
  circularPad1d: padding('CircularPad'),
  circularPad2d: padding('CircularPad'),
  circularPad3d: padding('CircularPad'),
  adaptiveAvgPool1d: adaptive('Avg'),
  adaptiveAvgPool2d: adaptive('Avg'),
  adaptiveAvgPool3d: adaptive('Avg'),
  adaptiveMaxPool1d: adaptive('Max'),
  adaptiveMaxPool2d: adaptive('Max'),
  adaptiveMaxPool3d: adaptive('Max'),
  globalAvgPool: global('Avg'),
  globalAvgPool1d: global('Avg'),
  globalAvgPool2d: global('Avg'),
  globalAvgPool3d: global('Avg'),
  globalMaxPool: global('Max'),
  globalMaxPool1d: global('Max'),
  globalMaxPool2d: global('Max'),
  globalMaxPool3d: global('Max'),
  flatten,
  unflatten: (_, given) =>
    call('nn.Unflatten', String(given[0]), tuple(given[1] as readonly number[])),
  identity: plain('Identity'),
  resize: upsample,
  upsample,
  pixelShuffle: shuffle('PixelShuffle'),
  pixelUnshuffle: shuffle('PixelUnshuffle'),
  channelShuffle: (_, given) =>
    isLast(optionsAt(given, 1)) ? null : call('nn.ChannelShuffle', String(given[0])),
  softmax: alongAxis('Softmax'),
  logSoftmax: alongAxis('LogSoftmax'),
  softmin: alongAxis('Softmin'),
  glu: (_, given) =>
    call(
      'nn.GLU',
      ...keywords({
        dim: [
          String(numberIn(optionsAt(given, 0), 'axis', -1)),
          optionsAt(given, 0).axis === undefined,
        ],
      }),
    ),
  relu: plain('ReLU'),
  relu6: plain('ReLU6'),
  silu: plain('SiLU'),
  mish: plain('Mish'),
  hardSwish: plain('Hardswish'),
  tanhshrink: plain('Tanhshrink'),
  softsign: plain('Softsign'),
  logSigmoid: plain('LogSigmoid'),
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  leakyRelu: oneNumber('LeakyReLU', 'negativeSlope', 0.01),
  elu: oneNumber('ELU', 'alpha', 1),
  celu: oneNumber('CELU', 'alpha', 1),
  hardshrink: oneNumber('Hardshrink', 'lambda', 0.5),
  selu: onlyDefault('SELU'),
  swish: onlyDefault('SiLU'),
  hardSigmoid: onlyDefault('Hardsigmoid'),
  softshrink: (module, given, use) =>
    optionsAt(given, 0).bias === undefined
      ? oneNumber('Softshrink', 'lambda', 0.5)(module, given, use)
      : null,
  hardTanh: (_, given) => {
    const options = optionsAt(given, 0)
    const words =
      Object.keys(options).length === 0
        ? []
        : [real(numberIn(options, 'minVal', -1)), real(numberIn(options, 'maxVal', 1))]
    return call('nn.Hardtanh', ...words)
  },
  gelu: (_, given) => {
    const { approximate } = optionsAt(given, 0)
    return call('nn.GELU', ...(approximate === 'tanh' ? ['approximate="tanh"'] : []))
  },
  softplus: (_, given) => {
    const options = optionsAt(given, 0)
    const words = keywords({
      beta: [real(numberIn(options, 'beta', 1)), numberIn(options, 'beta', 1) === 1],
      threshold: [
        real(numberIn(options, 'threshold', 20)),
        numberIn(options, 'threshold', 20) === 20,
      ],
    })
    return call('nn.Softplus', ...words)
  },
  threshold: (_, given) => {
    const field = (name: string): Text => real(numberIn(optionsAt(given, 0), name, 0))
    return call('nn.Threshold', field('threshold'), field('value'))
  },
  thresholdedRelu: (_, given) =>
    call('nn.Threshold', real(numberIn(optionsAt(given, 0), 'alpha', 1)), '0.0'),
}

/** The module of a layer, or null where PyTorch has none that computes the same. */
export function layerModule(module: Module, use: Use): Text | null {
  const { builder, arguments: given } = module.recipe!
  if (/^conv(Transpose)?[123]d$/.test(builder)) return convolutionModule(module, use)
  if (/^(max|avg|lp)Pool[123]d$/.test(builder)) return poolModule(module)
  const write = Object.hasOwn(builders, builder) ? builders[builder] : undefined
  return write?.(module, given, use) ?? null
}
