/** What TensorFlow.js's operators are in this library's: argument orders, defaults and reductions translated. */
import * as striate from 'striate'
import {
  add,
  broadcastTo,
  cast,
  concat,
  flip,
  mul,
  pad,
  reshape,
  slice,
  sum,
  type Tensor,
} from 'striate'
import * as activations from '../../src/ops/activations/index.ts'
import { bceWithLogits, crossEntropy } from '../../src/ops/losses/index.ts'
import { batchNorm, localResponseNorm } from '../../src/ops/normalisation/index.ts'
import { depthToSpace } from '../../src/ops/pixelShuffle.ts'
import { resize } from '../../src/ops/resize.ts'
import { batchToSpace, spaceToBatch } from '../../src/ops/spaceToBatch.ts'
import { toTensor } from './tfjsCases.ts'
import { convolutions } from './tfjsConvolutions.ts'
import {
  batched,
  given,
  layoutOf,
  type Operator,
  type Pairs,
  type PeerPad,
  paddingOf,
  type Results,
  type Sizes,
} from './tfjsLayouts.ts'

type PoolType = 'avg' | 'max'

const poolOf = (
  type: PoolType,
  rank: number,
  x: unknown,
  kernel: Sizes,
  stride: Sizes,
  padding: PeerPad,
  dilation: Sizes | null | undefined,
): Tensor =>
  batched(x, rank, (batch) => {
    const layout = 'channels-last'
    const options = {
      stride,
      dilation: given(dilation, 1),
      padding: paddingOf(padding, rank, layout),
      layout,
    } as const
    return type === 'max'
      ? striate.maxPool(batch, kernel, options)
      : striate.avgPool(batch, kernel, { ...options, countIncludePad: false })
  })

const pooling =
  (type: PoolType, rank: number): Operator =>
  (x: unknown, kernel: Sizes, stride: Sizes, padding: PeerPad) =>
    poolOf(type, rank, x, kernel, stride, padding, 1)

const pool = (
  x: unknown,
  kernel: Sizes,
  type: PoolType,
  padding: PeerPad,
  dilation?: Sizes | null,
  stride?: Sizes | null,
): Tensor => poolOf(type, 2, x, kernel, given(stride, 1), padding, dilation)

/** The peer counts channels, and on demand the batch, into its indices. */
function maxPoolWithArgmax(
  value: unknown,
  kernel: Sizes,
  stride: Sizes,
  padding: PeerPad,
  withBatch = false,
): Results {
  const x = toTensor(value)
  const layout = 'channels-last'
  const options = { stride, padding: paddingOf(padding, 2, layout), layout } as const
  const { values, indices } = striate.maxPoolWithIndices(x, kernel, options)
  const channels = x.shape[3]!
  const places = Int32Array.from({ length: channels }, (_, c) => c)
  const flat = add(mul(indices, channels), striate.tensor(places))
  const starts = Int32Array.from({ length: x.shape[0]! }, (_, n) => (n * x.size) / x.shape[0]!)
  const indexes = withBatch ? add(flat, striate.tensor(starts, [starts.length, 1, 1, 1])) : flat
  return { result: values, indexes: cast(indexes, 'int32') }
}

function normalise(
  value: unknown,
  mean: unknown,
  variance: unknown,
  offset: unknown,
  scale: unknown,
  eps: number,
): Tensor {
  const x = toTensor(value)
  const statistics = [mean, variance, offset, scale].map((each) =>
    each ? toTensor(each) : undefined,
  )
  const [m, v, bias, weight] = statistics
  if (m!.rank === 1)
    return batchNorm(x, { mean: m!, variance: v!, bias, weight, eps, layout: 'channels-last' })
  // Statistics of every element by themselves: the same formula over channels of one element each.
  const row = (each: Tensor | undefined): Tensor | undefined => each && reshape(each, [x.size])
  const flat = batchNorm(reshape(x, [1, x.size]), {
    mean: row(m)!,
    variance: row(v)!,
    bias: row(bias),
    weight: row(weight),
    eps,
  })
  return reshape(flat, x.shape)
}

function mirrorPad(value: unknown, pairs: Pairs, mode: 'reflect' | 'symmetric'): Tensor {
  const x = toTensor(value)
  if (mode === 'reflect') return pad(x, pairs, { mode: 'reflect' })
  return pairs.reduce((padded, [low, high], axis) => {
    const size = padded.shape[axis]!
    const part = (start: number, end: number): Tensor[] =>
      end > start ? [flip(slice(padded, [start], [end], { axes: [axis] }), [axis])] : []
    return concat([...part(0, low), padded, ...part(size - high, size)], axis)
  }, x)
}

const padding = (x: unknown, pairs: Pairs, value: number | string = 0): Tensor =>
  pad(toTensor(x), pairs, { value: Number(value) })

/** `[batch, ...blocks, ...rest]` with the rest as channels, and back. */
function overBlocks(value: unknown, rank: number, run: (x: Tensor) => Tensor): Tensor {
  const x = toTensor(value)
  const rest = x.shape.slice(rank + 1)
  const channels = rest.reduce((product, size) => product * size, 1)
  const y = run(reshape(x, [...x.shape.slice(0, rank + 1), channels]))
  return reshape(y, [...y.shape.slice(0, -1), ...rest])
}

const resizing =
  (mode: 'bilinear' | 'nearest'): Operator =>
  (x: unknown, size: readonly number[], alignCorners = false) =>
    batched(x, 2, (batch) => resize(batch, { size, mode, alignCorners, layout: 'channels-last' }))

const lrn = (x: unknown, radius = 5, k = 1, alpha = 1, beta = 0.5): Tensor =>
  batched(x, 2, (batch) => {
    const size = 2 * radius + 1
    return localResponseNorm(batch, { size, k, alpha: alpha * size, beta, layout: 'channels-last' })
  })

/** The peer's reductions: 0 none, 1 mean over the weights, 2 sum, 3 mean over weights that are not 0. */
function reduceLosses(losses: Tensor, weightsGiven: unknown, reduction = 3): Tensor {
  const weights = weightsGiven ? toTensor(weightsGiven) : null
  const weighted = weights ? mul(losses, weights) : losses
  if (reduction === 0) return weighted
  const total = sum(weighted)
  if (reduction === 2) return total
  if (!weights) return striate.div(total, losses.size)
  if (reduction === 1) {
    const repeats = losses.size / weights.size
    return striate.div(total, mul(sum(weights), repeats))
  }
  return striate.div(total, sum(striate.notEqual(broadcastTo(weights, weighted.shape), 0)))
}

const smoothed = (labels: Tensor, smoothing: number | null | undefined, level: number): Tensor =>
  smoothing ? add(mul(labels, 1 - smoothing), level * smoothing) : labels

function sigmoidCrossEntropy(
  labels: unknown,
  logits: unknown,
  weights?: unknown,
  smoothing?: number | null,
  reduction?: number,
): Tensor {
  const target = smoothed(toTensor(labels), smoothing, 0.5)
  const losses = bceWithLogits(toTensor(logits), target, { reduction: 'none' })
  return reduceLosses(losses, weights, reduction)
}

function softmaxCrossEntropy(
  labels: unknown,
  logits: unknown,
  weights?: unknown,
  smoothing?: number | null,
  reduction?: number,
): Tensor {
  const losses = crossEntropy(toTensor(logits), toTensor(labels), {
    reduction: 'none',
    labelSmoothing: smoothing ?? 0,
  })
  return reduceLosses(losses, weights, reduction)
}

export const operators: Readonly<Record<string, Operator>> = {
  ...convolutions,
  add: (x: unknown, y: unknown) => add(toTensor(x), toTensor(y)),
  avgPool: pooling('avg', 2),
  avgPool3d: pooling('avg', 3),
  batchNorm2d: normalise,
  batchNorm3d: normalise,
  batchNorm4d: normalise,
  batchToSpaceND: (x: unknown, blocks: readonly number[], crops: Pairs) =>
    overBlocks(x, blocks.length, (each) =>
      batchToSpace(each, blocks, { crops, layout: 'channels-last' }),
    ),
  depthToSpace: (x: unknown, block: number, format?: string) =>
    depthToSpace(toTensor(x), block, { layout: layoutOf(format) }),
  'image.resizeBilinear': resizing('bilinear'),
  'image.resizeNearestNeighbor': resizing('nearest'),
  leakyRelu: (x: unknown, negativeSlope = 0.2) =>
    activations.leakyRelu(toTensor(x), { negativeSlope }),
  localResponseNormalization: lrn,
  logSoftmax: (x: unknown, axis = -1) => activations.logSoftmax(toTensor(x), { axis }),
  'losses.sigmoidCrossEntropy': sigmoidCrossEntropy,
  'losses.softmaxCrossEntropy': softmaxCrossEntropy,
  maxPool: pooling('max', 2),
  maxPool3d: pooling('max', 3),
  maxPoolWithArgmax,
  mirrorPad,
  mul: (x: unknown, y: unknown) => mul(toTensor(x), toTensor(y)),
  pad: padding,
  pad1d: (x: unknown, pair: readonly [number, number], value?: number | string) =>
    padding(x, [pair], value),
  pad2d: padding,
  pad3d: padding,
  pad4d: padding,
  pool,
  relu: (x: unknown) => activations.relu(toTensor(x)),
  softmax: (x: unknown, axis = -1) => activations.softmax(toTensor(x), { axis }),
  spaceToBatchND: (x: unknown, blocks: readonly number[], pads: Pairs) =>
    overBlocks(x, blocks.length, (each) =>
      spaceToBatch(each, blocks, { padding: pads, layout: 'channels-last' }),
    ),
  square: (x: unknown) => striate.square(toTensor(x)),
  sum: (x: unknown, axes?: Sizes) => sum(toTensor(x), axes === undefined ? {} : { axes }),
}
