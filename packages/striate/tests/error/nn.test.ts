// What layers say of wrong arguments: when they are made, and when they are used.

import { StriateError, type Tensor, tensor } from 'striate'
import { describe, expect, it } from 'vitest'
import * as nn from '../../src/nn/index.ts'

const wrong = (value: unknown): never => value as never
const input = (...shape: number[]): Tensor =>
  tensor(new Float32Array(shape.reduce((all, size) => all * size, 1)), shape)
const conv = (options: object) =>
  nn.conv2d(wrong({ inChannels: 4, outChannels: 8, kernelSize: 3, ...options }))

describe('made wrongly', () => {
  it.each<[() => unknown, string]>([
    [() => conv({ strides: 2 }), "nn.conv2d: option 'strides' is unknown"],
    [() => conv({ strides: 2 }), "did you mean 'stride'?"],
    [
      () => conv({ inChannels: 0 }),
      'nn.conv2d: inChannels must be a whole number of at least 1, got 0',
    ],
    [
      () => conv({ outChannels: 2.5 }),
      'nn.conv2d: outChannels must be a whole number of at least 1, got 2.5',
    ],
    [
      () => conv({ inChannels: undefined }),
      'inChannels must be a whole number of at least 1, got undefined',
    ],
    [
      () => conv({ kernelSize: undefined }),
      'nn.conv2d: kernelSize must be a whole number of at least 1, or one per axis, got undefined',
    ],
    [
      () => conv({ kernelSize: [3, 3, 3] }),
      'nn.conv2d: kernelSize must be a whole number of at least 1, or 2 of them (one per axis), got [3, 3, 3]',
    ],
    [() => conv({ kernelSize: -1 }), 'kernelSize must be'],
    [() => conv({ stride: 0 }), 'nn.conv2d: stride must be a whole number of at least 1'],
    [
      () => conv({ dilation: Number.NaN }),
      'nn.conv2d: dilation must be a whole number of at least 1',
    ],
    [
      () => conv({ groups: 3 }),
      'nn.conv2d: groups must divide inChannels, got 3 for 4 channels; the nearest that works is 2',
    ],
    [
      () => conv({ groups: 4, outChannels: 6 }),
      'nn.conv2d: groups must divide outChannels, got 4 for 6 channels; the nearest that works is 3',
    ],
    [() => conv({ groups: 0 }), 'groups must be a whole number of at least 1'],
    [() => conv({ bias: 'yes' }), "nn.conv2d: bias must be true or false, got 'yes'"],
    [
      () => conv({ paddingMode: 'mirror' }),
      "nn.conv2d: paddingMode must be one of 'zeros', 'reflect', 'replicate', 'circular', got 'mirror'",
    ],
    [
      () => conv({ layout: 'nhwc' }),
      "nn.conv2d: layout must be 'channels-first' or 'channels-last', got 'nhwc'",
    ],
    [() => nn.conv2d(wrong(3)), 'nn.conv2d: options must be an object, got 3'],
    [
      () =>
        nn.convTranspose1d(
          wrong({ inChannels: 1, outChannels: 1, kernelSize: 2, outputpadding: 1 }),
        ),
      "did you mean 'outputPadding'?",
    ],
    [
      () => nn.depthwiseConv2d({ inChannels: 4, channelMultiplier: 0, kernelSize: 3 }),
      'nn.depthwiseConv2d: channelMultiplier must be a whole number of at least 1, got 0',
    ],
    [
      () => nn.depthwiseConv2d(wrong({ inChannels: 4, kernelSize: 3, groups: 2 })),
      "nn.depthwiseConv2d: option 'groups' is unknown",
    ],
    [
      () => nn.pointwiseConv1d(wrong({ inChannels: 4, outChannels: 2, kernelSize: 3 })),
      "nn.pointwiseConv1d: option 'kernelSize' is unknown",
    ],
    [
      () => nn.separableConv2d(wrong({ inChannels: 4, outChannels: 2 })),
      'nn.separableConv2d: kernelSize must be a whole number',
    ],
    [
      () => nn.localConv2d(wrong({ inChannels: 4, outChannels: 2, kernelSize: 3 })),
      'nn.localConv2d: inputSize must be a whole number of at least 1',
    ],
    [
      () => nn.localConv1d({ inChannels: 4, outChannels: 2, kernelSize: 9, inputSize: 5 }),
      'kernel 9',
    ],
    [
      () =>
        nn.localConv1d({
          inChannels: 4,
          outChannels: 2,
          kernelSize: 3,
          inputSize: 5,
          bias: wrong('cell'),
        }),
      "bias must be true, false or 'shared', got 'cell'",
    ],
    [
      () =>
        nn.localConv1d({ inChannels: 4, outChannels: 2, kernelSize: 3, inputSize: 5, groups: 4 }),
      'groups must divide inChannels and outChannels, got 4 for 4 and 2 channels',
    ],
    [() => nn.linear(3, wrong(undefined)), 'nn.linear: outFeatures must be given, got undefined'],
    [() => nn.linear(0, 3), 'nn.linear: inFeatures must be a whole number of at least 1, got 0'],
    [() => nn.linear(wrong({ inFeatures: 3, outfeatures: 3 })), "did you mean 'outFeatures'?"],
    [
      () => nn.avgPool2d(wrong(undefined)),
      'nn.avgPool2d: kernelSize must be a whole number of at least 1',
    ],
    [() => nn.avgPool2d(wrong({ stride: 2 })), 'nn.avgPool2d: kernelSize must be'],
    [
      () => nn.maxPool1d(wrong([2, 2])),
      'nn.maxPool1d: kernelSize must be a whole number of at least 1, or 1 of them',
    ],
    [
      () => nn.maxPool2d(2, wrong({ countIncludePad: false })),
      "nn.maxPool2d: option 'countIncludePad' is unknown",
    ],
    [() => nn.lpPool2d(0, 2), 'nn.lpPool2d: normType must be a number above 0, got 0'],
    [
      () => nn.adaptiveAvgPool2d(wrong([1, 2, 3])),
      'nn.adaptiveAvgPool2d: outputSize must be a whole number of at least 1, null',
    ],
    [() => nn.globalAvgPool(wrong({ keepdims: true })), "did you mean 'keepDims'?"],
    [() => nn.flatten(wrong('1')), "nn.flatten: startAxis must be a whole number, got '1'"],
    [() => nn.unflatten(1, []), 'nn.unflatten: sizes must be whole numbers of at least 1'],
    [
      () => nn.batchNorm2d(0),
      'nn.batchNorm2d: numFeatures must be a whole number of at least 1, got 0',
    ],
    [() => nn.batchNorm2d(3, { momentum: 2 }), 'nn.batchNorm2d: momentum must be a number'],
    [() => nn.batchNorm2d(3, wrong({ epsilon: 1 })), "nn.batchNorm2d: option 'epsilon' is unknown"],
    [() => nn.groupNorm(3, 4), 'nn.groupNorm: numGroups must divide the 4 channels, got 3'],
    [
      () => nn.instanceNorm1d(3, { eps: -1 }),
      'nn.instanceNorm1d: eps must be a number of at least 0, got -1',
    ],
    [
      () => nn.layerNorm([]),
      'nn.layerNorm: normalizedShape must be a size or a list of sizes, got []',
    ],
    [
      () => nn.rmsNorm(wrong([2, 'x'])),
      "nn.rmsNorm: normalizedShape must be a whole number of at least 1, got 'x'",
    ],
    [
      () => nn.localResponseNorm(0),
      'nn.localResponseNorm: size must be a whole number of at least 1, got 0',
    ],
    [
      () => nn.dropout(1.5),
      'nn.dropout: p must be a number of at least 0 and of at most 1, got 1.5',
    ],
    [
      () => nn.dropout2d(wrong({ probability: 0.5 })),
      "nn.dropout2d: option 'probability' is unknown",
    ],
    [
      () => nn.embedding(10, 0),
      'nn.embedding: embeddingDim must be a whole number of at least 1, got 0',
    ],
    [
      () => nn.embedding(10, 2, { paddingIdx: 10 }),
      'nn.embedding: paddingIdx must be a whole number',
    ],
    [
      () => nn.prelu({ numParameters: 0 }),
      'nn.prelu: numParameters must be a whole number of at least 1, got 0',
    ],
    [() => nn.leakyRelu(wrong({ slope: 0.1 })), "leakyRelu: option 'slope' is unknown"],
    [() => nn.elu({ alpha: wrong('1') }), "elu: alpha must be a number, got '1'"],
    [() => nn.softmax(wrong({ dim: 1 })), "nn.softmax: option 'dim' is unknown (known are axis)"],
    [() => nn.resize({}), 'nn.resize: needs either size or scaleFactor, got neither'],
    [
      () => nn.upsample({ size: 3, scaleFactor: 2 }),
      'nn.upsample: needs either size or scaleFactor, got both',
    ],
    [
      () => nn.pixelShuffle(0),
      'nn.pixelShuffle: factor must be a whole number of at least 1, got 0',
    ],
    [
      () => nn.channelShuffle(1.5),
      'nn.channelShuffle: groups must be a whole number of at least 1, got 1.5',
    ],
    [
      () => nn.zeroPad2d(wrong([1, 2, 3])),
      'nn.zeroPad2d: padding must be a whole number, 2 of them (one per axis) or 2 [low, high] pairs, got [1, 2, 3]',
    ],
    [() => nn.reflectPad1d(0.5), 'nn.reflectPad1d: padding must be a whole number'],
    [
      () => nn.fold(wrong(5), 2),
      'nn.fold: outputSize must be a list of sizes, one per axis, got 5',
    ],
  ])('%s says %s', (act, message) => {
    expect(act).toThrow(StriateError)
    expect(act).toThrow(message)
  })
})

describe('used wrongly', () => {
  it.each<[() => unknown, string]>([
    [
      () => conv({}).forward(input(1, 3, 8, 8)),
      'conv2d: weight expects 4 input channels per group, got x with 3',
    ],
    [() => conv({}).forward(input(4, 8, 8)), 'unsqueeze(x, 0) adds a batch of one'],
    [() => conv({}).forward(input(1, 4, 2, 8)), 'kernel 3'],
    [() => conv({}).forward(wrong([1])), 'conv2d: x must be a tensor, got [1]'],
    [() => nn.linear(400, 120).forward(input(2, 16, 5, 5)), 'flatten(x) would fit'],
    [
      () => nn.linear(3, 2).forward(input(2, 4)),
      'linear: x expects 3 features on its last axis, got [2, 4]',
    ],
    [() => nn.batchNorm1d(3).forward(input(2, 4)), 'expects shape [4], one value per channel'],
    [() => nn.batchNorm1d(3).forward(input(1, 3)), 'needs more than one value per channel'],
    [
      () => nn.instanceNorm2d(3).forward(input(2, 4, 5, 5)),
      'nn.instanceNorm2d: x expects 4 axes with 3 channels, got float32 tensor [2, 4, 5, 5]',
    ],
    [
      () => nn.globalAvgPool2d().forward(input(2, 4, 5)),
      'nn.globalAvgPool2d: x expects 4 axes, got float32 tensor [2, 4, 5]',
    ],
    [
      () => nn.zeroPad1d(1).forward(input(2, 4, 5, 5)),
      'nn.zeroPad1d: x expects 3 axes, got float32 tensor [2, 4, 5, 5]',
    ],
    [() => nn.unflatten(1, [3, -1]).forward(input(2, 4)), 'reshape: shape'],
    [() => nn.embedding(3, 2).forward(input(2)), "cast(indices, 'int32') converts"],
    [
      () =>
        nn
          .localConv1d({ inChannels: 1, outChannels: 1, kernelSize: 2, inputSize: 5 })
          .forward(input(1, 1, 6)),
      'a kernel [1, 1, 2] for each of the [5] output cells',
    ],
  ])('%s says %s', (act, message) => {
    expect(act).toThrow(StriateError)
    expect(act).toThrow(message)
  })
})

describe('loaded wrongly', () => {
  const net = () => nn.sequential(nn.linear(2, 3), nn.batchNorm1d(3))
  const load = (change: (dict: Record<string, unknown>) => void) => () => {
    const network = net()
    const dict: Record<string, unknown> = network.stateDict()
    change(dict)
    return network.loadStateDict(dict as Record<string, Tensor>)
  }

  it.each<[string, (dict: Record<string, unknown>) => void, string]>([
    [
      'a key missing',
      (dict) => delete dict['0.bias'],
      'loadStateDict: dict must fit the 6 states of Sequential, got missing 0.bias; strict: false loads what both have',
    ],
    [
      'a key too many',
      (dict) => Object.assign(dict, { head: input(1) }),
      'got unexpected head; strict: false',
    ],
    [
      'another shape',
      (dict) => Object.assign(dict, { '0.weight': input(2, 3) }),
      'got 0.weight needs [3, 2], got [2, 3]',
    ],
    [
      'no tensor',
      (dict) => Object.assign(dict, { '0.weight': [1, 2] }),
      'got 0.weight needs a tensor, got [1, 2]',
    ],
    [
      'whole numbers',
      (dict) => Object.assign(dict, { '0.bias': tensor(new Int32Array(3)) }),
      'got 0.bias needs float32, got int32',
    ],
    [
      'all at once',
      (dict) => {
        delete dict['1.bias']
        Object.assign(dict, { x: input(1), '0.bias': input(4) })
      },
      'got missing 1.bias; 0.bias needs [3], got [4]; unexpected x',
    ],
    [
      'everything missing',
      (dict) => {
        for (const key of Object.keys(dict)) delete dict[key]
      },
      'missing 0.weight, 0.bias, 1.weight, 1.bias, 1.running_mean and 1 more',
    ],
  ])('%s', (_, change, message) => {
    expect(load(change)).toThrow(message)
  })

  it('changes nothing if anything is wrong', async () => {
    const network = net()
    const before = await network.parameters()[0]!.array()
    const dict = { ...net().stateDict(), '1.bias': input(7) }
    expect(() => network.loadStateDict(dict)).toThrow(StriateError)
    expect(await network.parameters()[0]!.array()).toEqual(before)
  })

  it('says what a dict is', () => {
    expect(() => net().loadStateDict(wrong(null))).toThrow(
      'dict must be an object of tensors by name, got null',
    )
    expect(() => net().loadStateDict(wrong(input(2)))).toThrow('got float32 tensor [2]')
    expect(() => net().loadStateDict({}, wrong({ stric: false }))).toThrow("did you mean 'strict'?")
  })
})
