/** Small networks that ask targets for what they say differently, or have no word for. */
import {
  add,
  concat,
  conv2d,
  max,
  mean,
  mul,
  nn,
  pad,
  sigmoid,
  slice,
  type Tensor,
  transpose,
} from 'striate'

export interface SourceCase {
  readonly name: string
  readonly build: () => nn.Layer
  /** Without the batch. */
  readonly input: readonly number[]
  readonly dtype?: 'float32' | 'int32'
  /** What the refusal of a target says; other targets say the network. */
  readonly refused?: Partial<Readonly<Record<'pytorch' | 'keras' | 'ts', RegExp>>>
}

const conv = { inChannels: 3, outChannels: 4 } as const
const up = { inChannels: 3, outChannels: 2 } as const

/** A layer of one's own: its own parameter, a nested layer, and operations between. */
class Gate extends nn.Layer {
  readonly scale = this.parameter('scale', {
    shape: [3, 1, 1],
    dtype: 'float32',
    make: () => new Float32Array(3).fill(1),
  })
  readonly inner = this.child(
    'inner',
    nn.conv2d({ ...conv, outChannels: 3, kernelSize: 3, padding: 1 }),
  )

  forward(x: Tensor): Tensor {
    const gate = sigmoid(mul(this.inner.forward(x), this.scale))
    const centre = slice(
      pad(
        x,
        [
          [1, 1],
          [0, 2],
        ],
        { mode: 'reflect' },
      ),
      [1],
      [7],
      { axes: [2] },
    )
    return concat([mul(x, gate), slice(centre, [0], [6], { axes: [3] })], 1)
  }
}

/** A kernel that is made of a parameter. */
class Standardised extends nn.Layer {
  readonly weight = this.parameter('weight', {
    shape: [4, 3, 3, 3],
    dtype: 'float32',
    make: () => new Float32Array(108),
  })

  forward(x: Tensor): Tensor {
    const centred = add(
      this.weight,
      mul(mean(this.weight, { axes: [1, 2, 3], keepDims: true }), -1),
    )
    return conv2d(x, centred, {
      padding: [
        [1, 0],
        [0, 1],
      ],
      stride: 2,
    })
  }
}

/** One layer at two places. */
function shared(): nn.Layer {
  const same = nn.conv2d({ ...conv, outChannels: 3, kernelSize: 3, padding: 1 })
  return nn.sequential(same, nn.relu(), same)
}

const pool = (build: () => nn.Layer, input = [2, 7, 8]): Pick<SourceCase, 'build' | 'input'> => ({
  build,
  input,
})

export const sourceCases: readonly SourceCase[] = [
  {
    name: 'same with stride',
    build: () => nn.conv2d({ ...conv, kernelSize: 3, stride: 2, padding: 'same' }),
    input: [3, 8, 7],
  },
  {
    name: 'same with an even kernel',
    build: () => nn.conv2d({ ...conv, kernelSize: [4, 2], padding: 'same' }),
    input: [3, 8, 7],
  },
  {
    name: 'asymmetric padding',
    build: () =>
      nn.conv2d({
        ...conv,
        kernelSize: 3,
        padding: [
          [0, 2],
          [1, 0],
        ],
      }),
    input: [3, 6, 7],
  },
  {
    name: 'causal',
    build: () => nn.conv1d({ ...conv, kernelSize: 3, dilation: 2, padding: 'causal' }),
    input: [3, 9],
  },
  {
    name: 'causal with stride',
    build: () => nn.conv1d({ ...conv, kernelSize: 3, stride: 2, padding: 'causal' }),
    input: [3, 9],
  },
  {
    name: 'reflect',
    build: () => nn.conv2d({ ...conv, kernelSize: 3, padding: 1, paddingMode: 'reflect' }),
    input: [3, 6, 5],
  },
  {
    name: 'circular, asymmetric',
    build: () =>
      nn.conv2d({
        ...conv,
        kernelSize: 3,
        padding: [
          [2, 1],
          [0, 1],
        ],
        paddingMode: 'circular',
      }),
    input: [3, 6, 5],
  },
  {
    name: 'replicate in 1-D',
    build: () => nn.conv1d({ ...conv, kernelSize: 5, padding: 2, paddingMode: 'replicate' }),
    input: [3, 6],
  },
  {
    name: 'groups',
    build: () =>
      nn.conv2d({ inChannels: 4, outChannels: 6, kernelSize: 3, groups: 2, bias: false }),
    input: [4, 5, 6],
  },
  {
    name: 'depthwise',
    build: () =>
      nn.depthwiseConv2d({
        inChannels: 3,
        channelMultiplier: 2,
        kernelSize: 3,
        stride: 2,
        padding: 1,
      }),
    input: [3, 7, 6],
  },
  {
    name: 'depthwise in 3-D',
    build: () => nn.depthwiseConv3d({ inChannels: 2, kernelSize: 2 }),
    input: [2, 4, 3, 4],
  },
  {
    name: 'separable',
    build: () =>
      nn.separableConv2d({ inChannels: 3, outChannels: 4, kernelSize: 3, padding: 'same' }),
    input: [3, 5, 6],
  },
  {
    name: 'channels last',
    build: () =>
      nn.sequential(
        nn.conv2d({ ...conv, kernelSize: 3, padding: 1, layout: 'channels-last' }),
        nn.relu(),
        nn.avgPool2d(2, { layout: 'channels-last' }),
      ),
    input: [6, 5, 3],
  },
  {
    name: 'dilation',
    build: () =>
      nn.conv3d({ ...conv, kernelSize: [2, 1, 3], dilation: [1, 1, 2], padding: [1, 0, 2] }),
    input: [3, 3, 4, 6],
  },
  {
    name: 'stride and dilation',
    build: () => nn.conv2d({ ...conv, kernelSize: 3, stride: 2, dilation: 2 }),
    input: [3, 8, 8],
    refused: { keras: /a stride and a dilation/ },
  },
  {
    name: 'stride and dilation on axes apart, circular',
    build: () =>
      nn.conv2d({
        ...conv,
        kernelSize: 3,
        stride: [2, 1],
        dilation: [1, 2],
        padding: 1,
        paddingMode: 'circular',
      }),
    input: [3, 8, 8],
    refused: { keras: /a stride and a dilation/ },
  },
  {
    name: 'transposed, stride and dilation',
    build: () => nn.convTranspose2d({ ...up, kernelSize: 3, stride: 2, dilation: 2 }),
    input: [3, 4, 5],
    refused: { keras: /a stride and a dilation/ },
  },
  {
    name: 'transposed',
    build: () => nn.convTranspose2d({ ...up, kernelSize: 4, stride: 2, padding: 1 }),
    input: [3, 4, 5],
  },
  {
    name: 'transposed, output padding',
    build: () =>
      nn.convTranspose2d({ ...up, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1 }),
    input: [3, 4, 5],
  },
  {
    name: 'transposed, short kernel',
    build: () => nn.convTranspose1d({ ...up, kernelSize: 2, stride: 3, outputPadding: 1 }),
    input: [3, 4],
  },
  {
    name: 'transposed, asymmetric',
    build: () =>
      nn.convTranspose2d({
        ...up,
        kernelSize: 4,
        stride: 2,
        padding: [
          [0, 2],
          [2, 1],
        ],
      }),
    input: [3, 4, 4],
  },
  {
    name: 'transposed, same',
    build: () => nn.convTranspose2d({ ...up, kernelSize: 3, stride: 2, padding: 'same' }),
    input: [3, 4, 4],
  },
  {
    name: 'transposed, in groups',
    build: () =>
      nn.convTranspose2d({ inChannels: 4, outChannels: 4, kernelSize: 3, groups: 2, dilation: 2 }),
    input: [4, 4, 4],
    refused: { keras: /in groups/ },
  },
  {
    name: 'transposed, circular',
    build: () =>
      nn.convTranspose1d({
        ...up,
        kernelSize: 3,
        stride: 1,
        padding: 'same',
        paddingMode: 'circular',
      }),
    input: [3, 6],
    refused: { keras: /padding mode 'circular'/ },
  },
  {
    name: 'local',
    build: () => nn.localConv1d({ ...conv, kernelSize: 2, inputSize: 4 }),
    input: [3, 4],
  },
  { name: 'max pool', ...pool(() => nn.maxPool2d(3, { stride: 2, padding: 1 })) },
  { name: 'max pool, ceil', ...pool(() => nn.maxPool2d(3, { stride: 2, ceilMode: true })) },
  { name: 'max pool, same', ...pool(() => nn.maxPool2d(2, { stride: 2, padding: 'same' })) },
  { name: 'max pool, dilated', ...pool(() => nn.maxPool2d(2, { stride: 1, dilation: 2 })) },
  {
    name: 'max pool, wide padding',
    ...pool(() =>
      nn.maxPool2d([2, 3], {
        stride: 1,
        padding: [
          [1, 1],
          [0, 2],
        ],
      }),
    ),
  },
  { name: 'avg pool', ...pool(() => nn.avgPool2d(3, { stride: 2, padding: 1 })) },
  {
    name: 'avg pool, pads apart',
    ...pool(() => nn.avgPool2d(3, { stride: 2, padding: 1, countIncludePad: false })),
  },
  {
    name: 'avg pool, ceil',
    ...pool(() => nn.avgPool2d(3, { stride: 2, padding: 1, ceilMode: true })),
  },
  {
    name: 'avg pool, ceil and pads apart',
    ...pool(() =>
      nn.avgPool2d(3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
    ),
  },
  {
    name: 'avg pool, asymmetric',
    ...pool(() =>
      nn.avgPool2d(3, {
        stride: 1,
        padding: [
          [0, 1],
          [2, 0],
        ],
      }),
    ),
  },
  {
    name: 'avg pool, same, pads apart',
    ...pool(() => nn.avgPool2d(2, { stride: 2, padding: 'same', countIncludePad: false })),
  },
  { name: 'avg pool, divisor', ...pool(() => nn.avgPool2d(2, { divisorOverride: 3 })) },
  {
    name: 'avg pool in 1-D, divisor',
    ...pool(() => nn.avgPool1d(2, { divisorOverride: 3 }), [2, 7]),
  },
  { name: 'avg pool, dilated', ...pool(() => nn.avgPool1d(3, { stride: 2, dilation: 2 }), [2, 9]) },
  { name: 'lp pool', ...pool(() => nn.lpPool2d(2, 2)) },
  { name: 'lp pool, padded', ...pool(() => nn.lpPool2d(2, 3, { padding: 1, stride: 2 })) },
  { name: 'adaptive', ...pool(() => nn.adaptiveAvgPool2d([3, 2]), [2, 6, 8]) },
  { name: 'adaptive, uneven', ...pool(() => nn.adaptiveAvgPool2d([3, 5])) },
  { name: 'adaptive max', ...pool(() => nn.adaptiveMaxPool2d(1)) },
  {
    name: 'global',
    ...pool(() => nn.sequential(nn.globalAvgPool({ keepDims: true }), nn.globalMaxPool2d())),
  },
  {
    name: 'pads',
    build: () =>
      nn.sequential(
        nn.zeroPad2d([
          [1, 0],
          [0, 2],
        ]),
        nn.reflectPad2d([
          [0, 1],
          [2, 1],
        ]),
        nn.circularPad2d(1),
        nn.replicatePad2d([0, 1]),
      ),
    input: [2, 5, 5],
  },
  {
    name: 'crop and a constant',
    build: () =>
      nn.sequential(
        nn.zeroPad2d([
          [-1, 0],
          [1, -2],
        ]),
        nn.constantPad2d(
          [
            [1, 1],
            [0, 1],
          ],
          0.5,
        ),
      ),
    input: [2, 5, 6],
  },
  {
    name: 'batch norm without weights',
    build: () => nn.batchNorm2d(3, { affine: false, eps: 1e-3 }),
    input: [3, 4, 4],
  },
  {
    name: 'batch norm, channels last',
    build: () => nn.batchNorm1d(3, { layout: 'channels-last' }),
    input: [4, 3],
    refused: { pytorch: /channels last/ },
  },
  {
    name: 'norms',
    build: () =>
      nn.sequential(
        nn.groupNorm(2, 4),
        nn.instanceNorm2d(4, { affine: true }),
        nn.localResponseNorm(3),
        nn.layerNorm([5, 6]),
      ),
    input: [4, 5, 6],
  },
  {
    name: 'rms norm',
    build: () => nn.sequential(nn.rmsNorm(6, { eps: 1e-4 }), nn.layerNorm(6, { bias: false })),
    input: [5, 6],
  },
  {
    name: 'prelu',
    build: () => nn.sequential(nn.prelu(), nn.prelu({ numParameters: 3 })),
    input: [3, 4, 4],
  },
  {
    name: 'smooth activations',
    build: () =>
      nn.sequential(
        nn.gelu(),
        nn.silu(),
        nn.mish(),
        nn.softplus(),
        nn.elu({ alpha: 0.5 }),
        nn.selu(),
        nn.celu({ alpha: 2 }),
        nn.logSigmoid(),
        nn.tanhshrink(),
      ),
    input: [3, 5],
  },
  {
    name: 'hard activations',
    build: () =>
      nn.sequential(
        nn.leakyRelu({ negativeSlope: 0.2 }),
        nn.hardSwish(),
        nn.hardSigmoid(),
        nn.hardTanh({ minVal: 0.1, maxVal: 0.7 }),
        nn.softsign(),
        nn.threshold({ threshold: 0.1, value: 0.05 }),
        nn.hardshrink({ lambda: 0.1 }),
        nn.softshrink({ lambda: 0.05 }),
      ),
    input: [3, 5],
  },
  {
    name: 'odd activations',
    build: () =>
      nn.sequential(
        nn.gelu({ approximate: 'tanh' }),
        nn.hardSigmoid({ alpha: 0.2 }),
        nn.swish({ beta: 2 }),
        nn.softplus({ beta: 2 }),
        nn.thresholdedRelu({ alpha: 0.3 }),
        nn.selu({ alpha: 1.5 }),
        nn.softshrink({ lambda: 0.1, bias: 0.2 }),
      ),
    input: [3, 5],
  },
  {
    name: 'softmax over channels',
    build: () =>
      nn.sequential(nn.softmax({ axis: 1 }), nn.logSoftmax({ axis: -2 }), nn.glu({ axis: 1 })),
    input: [4, 3, 2],
  },
  { name: 'upsample', build: () => nn.upsample(2), input: [2, 3, 4] },
  {
    name: 'resize, nearest',
    build: () =>
      nn.sequential(
        nn.resize({ size: [5, 7] }),
        nn.resize({ scaleFactor: 1.5, mode: 'nearest-exact' }),
      ),
    input: [2, 3, 4],
  },
  {
    name: 'resize, bilinear',
    build: () =>
      nn.sequential(
        nn.resize({ size: [5, 7], mode: 'bilinear' }),
        nn.resize({ size: [3, 3], mode: 'linear' }),
      ),
    input: [2, 3, 4],
  },
  {
    name: 'resize, corners',
    build: () => nn.resize({ size: [5, 7], mode: 'bilinear', alignCorners: true }),
    input: [2, 3, 4],
  },
  {
    name: 'resize, factor',
    build: () => nn.resize({ scaleFactor: 1.7, mode: 'linear' }),
    input: [2, 5],
  },
  {
    name: 'resize, cubic',
    build: () => nn.resize({ size: [6, 7], mode: 'bicubic' }),
    input: [2, 4, 5],
  },
  {
    name: 'resize, cubic along one axis',
    build: () => nn.resize({ size: 6, mode: 'cubic' }),
    input: [2, 4],
  },
  {
    name: 'shuffles',
    build: () => nn.sequential(nn.pixelShuffle(2), nn.pixelUnshuffle(2), nn.channelShuffle(4)),
    input: [8, 3, 2],
  },
  { name: 'unfold', build: () => nn.unfold(2, { stride: 2 }), input: [2, 4, 4] },
  {
    name: 'flatten and back',
    build: () =>
      nn.sequential(
        nn.flatten(2, 3),
        nn.unflatten(2, [2, -1]),
        nn.flatten(),
        nn.linear(24, 5, { bias: false }),
      ),
    input: [2, 3, 4],
  },
  {
    name: 'linear on the last axis',
    build: () => nn.sequential(nn.linear(4, 3), nn.relu()),
    input: [5, 2, 4],
  },
  {
    name: 'embedding',
    build: () =>
      nn.sequential(
        nn.embedding(20, 6, { paddingIdx: 0 }),
        nn.lambda((x) => transpose(x, 1, 2)),
        nn.conv1d({ inChannels: 6, outChannels: 2, kernelSize: 3 }),
      ),
    input: [7],
    dtype: 'int32',
  },
  {
    name: 'branches that add',
    build: () =>
      nn.branches(
        {
          left: nn.conv2d({ ...conv, kernelSize: 1 }),
          right: nn.conv2d({ ...conv, kernelSize: 3, padding: 1 }),
        },
        { merge: 'add' },
      ),
    input: [3, 4, 5],
  },
  {
    name: 'residual',
    build: () =>
      nn.residual(
        nn.conv2d({ ...conv, kernelSize: 3, padding: 1 }),
        { project: nn.conv2d({ ...conv, kernelSize: 1 }) },
        { activation: nn.relu() },
      ),
    input: [3, 4, 5],
  },
  {
    name: 'dropouts and identity',
    build: () =>
      nn.sequential(
        nn.dropout(0.3),
        nn.identity(),
        nn.dropout2d(0.2),
        nn.conv2d({ ...conv, kernelSize: 1 }),
      ),
    input: [3, 4, 5],
  },
  { name: 'a layer of your own', build: () => new Gate(), input: [3, 6, 6] },
  { name: 'a kernel that is computed', build: () => new Standardised(), input: [3, 6, 6] },
  { name: 'a layer at two places', build: shared, input: [3, 5, 5] },
  {
    name: 'functions',
    build: () => nn.lambda((x) => add(max(x, { axes: 2 }), mean(x, { axes: [2] }))),
    input: [3, 4],
  },
  {
    name: 'backwards',
    build: () =>
      nn.lambda((x) => slice(x, [undefined, 3], [undefined, 0], { axes: [1, 2], step: [-1, -2] })),
    input: [3, 5],
  },
]
