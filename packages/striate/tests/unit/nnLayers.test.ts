// Every layer computes what its operator computes with the layer's own weights, and names its kind.

import * as striate from 'striate'
import { RandomStream, setEngine, type Tensor, tensor } from 'striate'
import { afterAll, describe, expect, it } from 'vitest'
import * as nn from '../../src/nn/index.ts'
import { engines } from '../support/engines.ts'
import { maxRelative } from '../support/references.ts'

afterAll(() => setEngine('wasm'))

const random = new RandomStream(11)

function input(...shape: number[]): Tensor {
  const data = new Float32Array(shape.reduce((size, length) => size * length, 1))
  random.fillNormal(data)
  return tensor(data, shape)
}

const signal = input(2, 4, 9)
const image = input(2, 4, 9, 8)
const volume = input(2, 4, 5, 6, 7)
const lastImage = input(2, 9, 8, 4)
const flat = input(3, 4)

type Weights = Readonly<Record<string, Tensor>>
type Case = readonly [
  kind: string,
  layer: () => nn.Layer,
  x: Tensor,
  expected: (x: Tensor, weights: Weights) => Tensor,
]

const window = { kernelSize: 3, stride: 2, padding: 1, dilation: 1 } as const
const both = { ...window, groups: 2 } as const
const { kernelSize: _, ...open } = both
const { groups: __, ...depthwiseOpen } = open
const channels = { inChannels: 4, outChannels: 6 } as const

const convolutions: readonly Case[] = [
  [
    'Conv1d',
    () => nn.conv1d({ ...channels, ...both }),
    signal,
    (x, { weight, bias }) => striate.conv1d(x, weight!, { ...open, bias }),
  ],
  [
    'Conv2d',
    () =>
      nn.conv2d({
        ...channels,
        kernelSize: [3, 2],
        padding: [
          [1, 0],
          [2, 1],
        ],
        paddingMode: 'reflect',
      }),
    image,
    (x, { weight, bias }) =>
      striate.conv2d(x, weight!, {
        bias,
        padding: [
          [1, 0],
          [2, 1],
        ],
        paddingMode: 'reflect',
      }),
  ],
  [
    'Conv2d',
    () => nn.conv2d({ ...channels, kernelSize: 3, layout: 'channels-last', bias: false }),
    lastImage,
    (x, { weight }) => striate.conv2d(x, weight!, { layout: 'channels-last' }),
  ],
  [
    'Conv3d',
    () => nn.conv3d({ ...channels, ...both }),
    volume,
    (x, { weight, bias }) => striate.conv3d(x, weight!, { ...open, bias }),
  ],
  [
    'ConvTranspose1d',
    () => nn.convTranspose1d({ ...channels, ...both, outputPadding: 1 }),
    signal,
    (x, { weight, bias }) =>
      striate.convTranspose1d(x, weight!, { ...open, bias, outputPadding: 1 }),
  ],
  [
    'ConvTranspose2d',
    () => nn.convTranspose2d({ ...channels, ...both, outputPadding: [0, 1] }),
    image,
    (x, { weight, bias }) =>
      striate.convTranspose2d(x, weight!, { ...open, bias, outputPadding: [0, 1] }),
  ],
  [
    'ConvTranspose3d',
    () => nn.convTranspose3d({ ...channels, ...both }),
    volume,
    (x, { weight, bias }) => striate.convTranspose3d(x, weight!, { ...open, bias }),
  ],
  [
    'DepthwiseConv1d',
    () => nn.depthwiseConv1d({ inChannels: 4, ...window }),
    signal,
    (x, { weight, bias }) => striate.depthwiseConv1d(x, weight!, { ...depthwiseOpen, bias }),
  ],
  [
    'DepthwiseConv2d',
    () => nn.depthwiseConv2d({ inChannels: 4, channelMultiplier: 3, ...window }),
    image,
    (x, { weight, bias }) => striate.depthwiseConv2d(x, weight!, { ...depthwiseOpen, bias }),
  ],
  [
    'DepthwiseConv3d',
    () => nn.depthwiseConv3d({ inChannels: 4, ...window }),
    volume,
    (x, { weight, bias }) => striate.depthwiseConv3d(x, weight!, { ...depthwiseOpen, bias }),
  ],
  [
    'PointwiseConv1d',
    () => nn.pointwiseConv1d({ ...channels, groups: 2 }),
    signal,
    (x, { weight, bias }) => striate.pointwiseConv1d(x, weight!, { bias, groups: 2 }),
  ],
  [
    'PointwiseConv2d',
    () => nn.pointwiseConv2d({ ...channels, stride: 2 }),
    image,
    (x, { weight, bias }) => striate.pointwiseConv2d(x, weight!, { bias, stride: 2 }),
  ],
  [
    'PointwiseConv3d',
    () => nn.pointwiseConv3d(channels),
    volume,
    (x, { weight, bias }) => striate.pointwiseConv3d(x, weight!, { bias }),
  ],
  ...([1, 2, 3] as const).map((rank): Case => {
    const layers = { 1: nn.separableConv1d, 2: nn.separableConv2d, 3: nn.separableConv3d }
    return [
      `SeparableConv${rank}d`,
      () => layers[rank]({ ...channels, ...window, channelMultiplier: 2 }),
      { 1: signal, 2: image, 3: volume }[rank],
      (x, weights) =>
        striate.separableConv(x, weights['depthwise.weight']!, weights['pointwise.weight']!, {
          ...depthwiseOpen,
          bias: weights['pointwise.bias'],
        }),
    ]
  }),
  [
    'LocalConv1d',
    () => nn.localConv1d({ ...channels, ...both, inputSize: 9 }),
    signal,
    (x, { weight, bias }) => striate.localConv1d(x, weight!, { ...open, bias }),
  ],
  [
    'LocalConv2d',
    () => nn.localConv2d({ ...channels, ...both, inputSize: [9, 8], bias: 'shared' }),
    image,
    (x, { weight, bias }) => striate.localConv2d(x, weight!, { ...open, bias }),
  ],
  [
    'LocalConv3d',
    () => nn.localConv3d({ ...channels, ...both, inputSize: [5, 6, 7], bias: false }),
    volume,
    (x, { weight }) => striate.localConv3d(x, weight!, open),
  ],
]

const others: readonly Case[] = [
  [
    'Linear',
    () => nn.linear(4, 3),
    flat,
    (x, { weight, bias }) => striate.linear(x, weight!, bias),
  ],
  [
    'Linear',
    () => nn.linear({ inFeatures: 9, outFeatures: 2, bias: false }),
    signal,
    (x, { weight }) => striate.linear(x, weight!),
  ],
  ['AvgPool1d', () => nn.avgPool1d(2), signal, (x) => striate.avgPool1d(x, 2)],
  [
    'AvgPool2d',
    () =>
      nn.avgPool2d({
        kernelSize: [3, 2],
        stride: 2,
        padding: 1,
        ceilMode: true,
        countIncludePad: false,
      }),
    image,
    (x) =>
      striate.avgPool2d(x, [3, 2], {
        stride: 2,
        padding: 1,
        ceilMode: true,
        countIncludePad: false,
      }),
  ],
  [
    'AvgPool3d',
    () => nn.avgPool3d(2, { stride: 1, divisorOverride: 3 }),
    volume,
    (x) => striate.avgPool3d(x, 2, { stride: 1, divisorOverride: 3 }),
  ],
  [
    'MaxPool1d',
    () => nn.maxPool1d(3, { dilation: 2 }),
    signal,
    (x) => striate.maxPool1d(x, 3, { dilation: 2 }),
  ],
  [
    'MaxPool2d',
    () => nn.maxPool2d([2, 3], { padding: 'same', stride: 1 }),
    image,
    (x) => striate.maxPool2d(x, [2, 3], { padding: 'same', stride: 1 }),
  ],
  ['MaxPool3d', () => nn.maxPool3d({ kernelSize: 2 }), volume, (x) => striate.maxPool3d(x, 2)],
  ['LpPool1d', () => nn.lpPool1d(2, 3), signal, (x) => striate.lpPool1d(x, 2, 3)],
  [
    'LpPool2d',
    () => nn.lpPool2d(1, { kernelSize: 2, stride: 1 }),
    image,
    (x) => striate.lpPool2d(x, 1, 2, { stride: 1 }),
  ],
  ['LpPool3d', () => nn.lpPool3d(3, 2), volume, (x) => striate.lpPool3d(x, 3, 2)],
  [
    'AdaptiveAvgPool1d',
    () => nn.adaptiveAvgPool1d(4),
    signal,
    (x) => striate.adaptiveAvgPool1d(x, 4),
  ],
  [
    'AdaptiveAvgPool2d',
    () => nn.adaptiveAvgPool2d([null, 3], { layout: 'channels-last' }),
    lastImage,
    (x) => striate.adaptiveAvgPool2d(x, [null, 3], { layout: 'channels-last' }),
  ],
  [
    'AdaptiveAvgPool3d',
    () => nn.adaptiveAvgPool3d(2),
    volume,
    (x) => striate.adaptiveAvgPool3d(x, 2),
  ],
  [
    'AdaptiveMaxPool1d',
    () => nn.adaptiveMaxPool1d(4),
    signal,
    (x) => striate.adaptiveMaxPool1d(x, 4),
  ],
  [
    'AdaptiveMaxPool2d',
    () => nn.adaptiveMaxPool2d(3),
    image,
    (x) => striate.adaptiveMaxPool2d(x, 3),
  ],
  [
    'AdaptiveMaxPool3d',
    () => nn.adaptiveMaxPool3d(2),
    volume,
    (x) => striate.adaptiveMaxPool3d(x, 2),
  ],
  ['GlobalAvgPool', () => nn.globalAvgPool(), volume, (x) => striate.globalAvgPool(x)],
  [
    'GlobalAvgPool2d',
    () => nn.globalAvgPool2d({ keepDims: true }),
    image,
    (x) => striate.globalAvgPool(x, { keepDims: true }),
  ],
  ['GlobalAvgPool1d', () => nn.globalAvgPool1d(), signal, (x) => striate.globalAvgPool(x)],
  ['GlobalAvgPool3d', () => nn.globalAvgPool3d(), volume, (x) => striate.globalAvgPool(x)],
  ['GlobalMaxPool', () => nn.globalMaxPool(), volume, (x) => striate.globalMaxPool(x)],
  ['GlobalMaxPool1d', () => nn.globalMaxPool1d(), signal, (x) => striate.globalMaxPool(x)],
  [
    'GlobalMaxPool2d',
    () => nn.globalMaxPool2d({ layout: 'channels-last' }),
    lastImage,
    (x) => striate.globalMaxPool(x, { layout: 'channels-last' }),
  ],
  ['GlobalMaxPool3d', () => nn.globalMaxPool3d(), volume, (x) => striate.globalMaxPool(x)],
  ['Flatten', () => nn.flatten(), image, (x) => striate.flatten(x)],
  ['Flatten', () => nn.flatten(2, 3), volume, (x) => striate.flatten(x, 2, 3)],
  ['Unflatten', () => nn.unflatten(1, [2, 2]), image, (x) => striate.reshape(x, [2, 2, 2, 9, 8])],
  ['Unflatten', () => nn.unflatten(-1, [-1, 4]), image, (x) => striate.reshape(x, [2, 4, 9, 2, 4])],
  [
    'GroupNorm',
    () => nn.groupNorm(2, 4, { eps: 1e-3 }),
    image,
    (x, { weight, bias }) => striate.groupNorm(x, 2, { weight, bias, eps: 1e-3 }),
  ],
  ['InstanceNorm1d', () => nn.instanceNorm1d(4), signal, (x) => striate.instanceNorm(x)],
  [
    'InstanceNorm2d',
    () => nn.instanceNorm2d(4, { affine: true, layout: 'channels-last' }),
    lastImage,
    (x, { weight, bias }) => striate.instanceNorm(x, { weight, bias, layout: 'channels-last' }),
  ],
  ['InstanceNorm3d', () => nn.instanceNorm3d(4), volume, (x) => striate.instanceNorm(x)],
  [
    'LayerNorm',
    () => nn.layerNorm([4, 9]),
    signal,
    (x, { weight, bias }) => striate.layerNorm(x, [4, 9], { weight, bias }),
  ],
  [
    'LayerNorm',
    () => nn.layerNorm(4, { bias: false }),
    flat,
    (x, { weight, bias }) => striate.layerNorm(x, 4, { weight, bias }),
  ],
  ['RMSNorm', () => nn.rmsNorm(4), flat, (x, { weight }) => striate.rmsNorm(x, 4, { weight })],
  [
    'RMSNorm',
    () => nn.rmsNorm(9, { elementwiseAffine: false, eps: 1e-2 }),
    signal,
    (x) => striate.rmsNorm(x, 9, { eps: 1e-2 }),
  ],
  [
    'LocalResponseNorm',
    () => nn.localResponseNorm(3, { alpha: 0.1, k: 2 }),
    image,
    (x) => striate.localResponseNorm(x, { size: 3, alpha: 0.1, k: 2 }),
  ],
  [
    'PReLU',
    () => nn.prelu({ numParameters: 4 }),
    image,
    (x, { weight }) => striate.prelu(x, weight!),
  ],
  [
    'Resize',
    () => nn.resize({ size: [4, 12] }),
    image,
    (x) => striate.resize(x, { size: [4, 12] }),
  ],
  ['Upsample', () => nn.upsample(2), signal, (x) => striate.resize(x, { scaleFactor: 2 })],
  [
    'Upsample',
    () => nn.upsample({ scaleFactor: 2, mode: 'bilinear' }),
    image,
    (x) => striate.resize(x, { scaleFactor: 2, mode: 'bilinear' }),
  ],
  ['PixelShuffle', () => nn.pixelShuffle(2), image, (x) => striate.pixelShuffle(x, 2)],
  [
    'PixelUnshuffle',
    () => nn.pixelUnshuffle([3, 2]),
    image,
    (x) => striate.pixelUnshuffle(x, [3, 2]),
  ],
  ['ChannelShuffle', () => nn.channelShuffle(2), image, (x) => striate.channelShuffle(x, 2)],
  [
    'Unfold',
    () => nn.unfold([3, 2], { stride: 2 }),
    image,
    (x) => striate.unfold(x, [3, 2], { stride: 2 }),
  ],
  [
    'Fold',
    () => nn.fold([6], 2, { stride: 1 }),
    input(2, 4, 5),
    (x) => striate.fold(x, [6], 2, { stride: 1 }),
  ],
  ['Identity', () => nn.identity(), image, (x) => x],
]

const factories: Readonly<Record<string, unknown>> = nn
const operators: Readonly<Record<string, unknown>> = striate

const activations = [
  'relu:ReLU',
  'relu6:ReLU6',
  'leakyRelu:LeakyReLU',
  'thresholdedRelu:ThresholdedReLU',
  'elu:ELU',
  'celu:CELU',
  'selu:SELU',
  'gelu:GELU',
  'silu:SiLU',
  'swish:Swish',
  'mish:Mish',
  'hardSwish:Hardswish',
  'hardSigmoid:Hardsigmoid',
  'hardTanh:Hardtanh',
  'hardshrink:Hardshrink',
  'softshrink:Softshrink',
  'tanhshrink:Tanhshrink',
  'softplus:Softplus',
  'softsign:Softsign',
  'logSigmoid:LogSigmoid',
  'sigmoid:Sigmoid',
  'tanh:Tanh',
  'softmax:Softmax',
  'logSoftmax:LogSoftmax',
  'softmin:Softmin',
  'hardmax:Hardmax',
  'glu:GLU',
].map((pair): Case => {
  const [name, kind] = pair.split(':') as [string, string]
  const make = factories[name] as () => nn.Layer
  const compute = operators[name] as (x: Tensor) => Tensor
  return [kind, make, image, compute]
})

const withOptions: readonly Case[] = [
  [
    'LeakyReLU',
    () => nn.leakyRelu({ negativeSlope: 0.3 }),
    flat,
    (x) => striate.leakyRelu(x, { negativeSlope: 0.3 }),
  ],
  [
    'Threshold',
    () => nn.threshold({ threshold: 0.2, value: -1 }),
    flat,
    (x) => striate.threshold(x, { threshold: 0.2, value: -1 }),
  ],
  [
    'GELU',
    () => nn.gelu({ approximate: 'tanh' }),
    flat,
    (x) => striate.gelu(x, { approximate: 'tanh' }),
  ],
  ['Softmax', () => nn.softmax({ axis: 1 }), image, (x) => striate.softmax(x, { axis: 1 })],
  ['GLU', () => nn.glu({ axis: 1 }), image, (x) => striate.glu(x, { axis: 1 })],
]

const ranks = [1, 2, 3] as const
const pads = ranks.flatMap((rank): Case[] => {
  const x = { 1: signal, 2: image, 3: volume }[rank]
  const pairs = ranks.slice(0, rank).map((a): [number, number] => [a, 1])
  const layers = {
    zeroPad: { 1: nn.zeroPad1d, 2: nn.zeroPad2d, 3: nn.zeroPad3d },
    reflectPad: { 1: nn.reflectPad1d, 2: nn.reflectPad2d, 3: nn.reflectPad3d },
    replicatePad: { 1: nn.replicatePad1d, 2: nn.replicatePad2d, 3: nn.replicatePad3d },
    circularPad: { 1: nn.circularPad1d, 2: nn.circularPad2d, 3: nn.circularPad3d },
  } as const
  const modes = {
    zeroPad: {},
    reflectPad: { mode: 'reflect' },
    replicatePad: { mode: 'replicate' },
    circularPad: { mode: 'circular' },
  } as const
  const constant = { 1: nn.constantPad1d, 2: nn.constantPad2d, 3: nn.constantPad3d }[rank]
  return [
    ...(Object.keys(layers) as (keyof typeof layers)[]).map((name): Case => {
      const make = layers[name][rank] as (cells: unknown) => nn.Layer
      const kind = `${name[0]!.toUpperCase()}${name.slice(1)}${rank}d`
      return [kind, () => make(pairs), x, (each) => striate.pad(each, pairs, modes[name])]
    }),
    [
      `ConstantPad${rank}d`,
      () => (constant as (cells: number, value: number) => nn.Layer)(1, 7),
      x,
      (each) =>
        striate.pad(
          each,
          pairs.map((): [number, number] => [1, 1]),
          { value: 7 },
        ),
    ],
  ]
})

const all = [...convolutions, ...others, ...activations, ...withOptions, ...pads]

describe.each(engines)('on the %s engine', (engine) => {
  it.each(all.map((each, i) => [`${i} ${each[0]}`, each] as const))('%s', async (_, each) => {
    setEngine(engine)
    const [kind, make, x, expected] = each
    const layer = make()
    expect(layer.kind).toBe(kind)
    const found = layer.forward(x)
    const wanted = expected(x, layer.stateDict())
    expect(found.shape).toEqual(wanted.shape)
    expect(maxRelative(await found.data(), await wanted.data())).toBe(0)
  })
})

it('every factory of the namespace was tried', () => {
  const tried = new Set(all.map(([kind]) => kind.toLowerCase()))
  const elsewhere = ['sequential', 'residual', 'branches', 'lambda', 'embedding', 'replaceLayer']
  const wanted = Object.entries(factories)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
    .map(([name]) => name)
    .filter((name) => !elsewhere.includes(name) && !/^(batchNorm|dropout)/.test(name))
  expect(wanted.filter((name) => !tried.has(name.toLowerCase()))).toEqual([])
  expect(wanted.length).toBeGreaterThan(90)
})

describe('facts', () => {
  it('tell the window per axis', () => {
    const layer = nn.conv2d({
      inChannels: 2,
      outChannels: 4,
      kernelSize: [3, 5],
      stride: 2,
      padding: [
        [1, 0],
        [2, 2],
      ],
      dilation: [1, 2],
      groups: 2,
    })
    expect(layer.facts).toEqual({
      kernelSize: [3, 5],
      stride: [2, 2],
      padding: '(1,0)×2',
      dilation: [1, 2],
      groups: 2,
      layout: 'channels-first',
    })
    expect(nn.maxPool3d(2).facts).toMatchObject({ kernelSize: [2, 2, 2], stride: [2, 2, 2] })
    expect(
      nn.conv1d({ inChannels: 1, outChannels: 1, kernelSize: 2, padding: 'causal' }).facts.padding,
    ).toBe('causal')
    expect(nn.zeroPad2d([1, 2]).facts).toEqual({ padding: '1×2' })
  })
})

describe('embedding', () => {
  it('looks numbers up, of any shape', async () => {
    const layer = nn.embedding(5, 3)
    const ids = tensor(new Int32Array([4, 0, 4, 2]), [2, 2])
    const y = layer.forward(ids)
    const table = (await layer.weight.array()) as number[][]
    expect(await y.array()).toEqual([
      [table[4], table[0]],
      [table[4], table[2]],
    ])
  })

  it('begins the padding row at 0 and does not train it', async () => {
    const layer = nn.embedding(3, 2, { paddingIdx: 1 })
    expect(((await layer.weight.array()) as number[][])[1]).toEqual([0, 0])
    const y = layer.forward(tensor(new Int32Array([1, 2])))
    const [slope] = striate.gradients(striate.sum(y), [layer.weight])
    expect(await slope!.array()).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ])
  })
})
