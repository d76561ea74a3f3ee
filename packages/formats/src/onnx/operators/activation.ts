/** Activations: functions of one tensor, and softmax along an axis. */
import {
  celu,
  clamp,
  dropout,
  elu,
  gelu,
  greater,
  hardmax,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSoftmax,
  maximum,
  minimum,
  mish,
  mul,
  notEqual,
  ones,
  relu,
  reshape,
  selu,
  softmax,
  softplus,
  softshrink,
  softsign,
  swish,
  type Tensor,
  thresholdedRelu,
  where,
} from 'striate'
import { sizeOf } from '../known/arrays.ts'
import type { NodeContext, OperatorCard, OperatorTable } from '../operator.ts'

const plain = (f: (x: Tensor) => Tensor): OperatorCard => ({
  attributes: ['consumed_inputs'],
  build: (node) => f(node.input(0)),
})

const withAlpha = (otherwise: number, f: (x: Tensor, alpha: number) => Tensor): OperatorCard => ({
  attributes: ['alpha', 'consumed_inputs'],
  build: (node) => f(node.input(0), node.float('alpha', otherwise)),
})

type AlongAxis = (x: Tensor, options: { readonly axis: number }) => Tensor

/** Up to opset 12 all axes from `axis` (1 by default) on count as one; from 13 on `axis` (the last) alone does. */
const alongAxis = (f: AlongAxis): OperatorCard => ({
  attributes: ['axis'],
  build: (node) => {
    const x = node.input(0)
    if (node.opset >= 13) return f(x, { axis: node.axis(node.int('axis', -1), x.rank) })
    const axis = node.axis(node.int('axis', 1), x.rank)
    const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]
    return reshape(f(reshape(x, [outer, inner]), { axis: 1 }), x.shape)
  },
})

/** Before opset 7 a slope of one axis speaks of the channels; later slopes align at the last axis. */
function parametric(node: NodeContext): Tensor {
  const [x, slope] = [node.input(0), node.input(1)]
  const isPerChannel = node.opset < 7 && slope.rank === 1 && slope.size > 1
  const rest = isPerChannel ? x.shape.slice(2).map(() => 1) : []
  return where(greater(x, 0), x, mul(x, reshape(slope, [...slope.shape, ...rest])))
}

/** Bounds are attributes before opset 11; an input that is not known bounds as a tensor. */
function clip(node: NodeContext): Tensor {
  const x = node.input(0)
  const bound = (i: number, name: string): number | Tensor | undefined => {
    if (!node.has(i)) return node.says(name) ? node.float(name, 0) : undefined
    return node.value(i).numbers?.[0] ?? node.input(i)
  }
  const [low, high] = [bound(1, 'min'), bound(2, 'max')]
  const isKnown = typeof low !== 'object' && typeof high !== 'object'
  if (isKnown && (low ?? Number.NEGATIVE_INFINITY) <= (high ?? Number.POSITIVE_INFINITY)) {
    const bounds = {
      ...(low === undefined ? {} : { min: low }),
      ...(high === undefined ? {} : { max: high }),
    }
    return clamp(x, bounds)
  }
  const raised = low === undefined ? x : maximum(x, low)
  return high === undefined ? raised : minimum(raised, high)
}

/** Drops in training only: the network's, or that which the node itself asks for. */
function dropped(node: NodeContext): Tensor[] {
  const x = node.input(0)
  const p = node.has(1) ? (node.numbers(1)[0] ?? 0.5) : node.float('ratio', 0.5)
  const asked = node.has(2) && node.numbers(2)[0] !== 0
  const wantsMask = node.wanted > 1
  if (!(node.around.training || asked) || p === 0)
    return wantsMask ? [x, ones(x.shape, { dtype: 'uint8' })] : [x]
  const mask = dropout(ones(x.shape), { p, stream: node.around.random() })
  return wantsMask ? [mul(x, mask), notEqual(mask, 0)] : [mul(x, mask)]
}

export const activationOperators: OperatorTable = {
  Relu: plain(relu),
  HardSwish: { ...plain(hardSwish), since: 14 },
  Mish: { ...plain(mish), since: 18 },
  Softplus: plain(softplus),
  Softsign: plain(softsign),
  LeakyRelu: withAlpha(0.01, (x, negativeSlope) => leakyRelu(x, { negativeSlope })),
  Elu: withAlpha(1, (x, alpha) => elu(x, { alpha })),
  Celu: { ...withAlpha(1, (x, alpha) => celu(x, { alpha })), since: 12 },
  ThresholdedRelu: { ...withAlpha(1, (x, alpha) => thresholdedRelu(x, { alpha })), since: 10 },
  Swish: { ...withAlpha(1, (x, beta) => swish(x, { beta })), since: 24 },
  Selu: {
    attributes: ['alpha', 'gamma', 'consumed_inputs'],
    build: (node) =>
      selu(node.input(0), {
        alpha: node.float('alpha', 1.6732632423543772),
        scale: node.float('gamma', 1.0507009873554805),
      }),
  },
  HardSigmoid: {
    attributes: ['alpha', 'beta', 'consumed_inputs'],
    build: (node) =>
      hardSigmoid(node.input(0), {
        alpha: node.float('alpha', 0.2),
        beta: node.float('beta', 0.5),
      }),
  },
  Gelu: {
    attributes: ['approximate'],
    since: 20,
    build: (node) =>
      gelu(node.input(0), { approximate: node.string('approximate', ['none', 'tanh'], 'none') }),
  },
  Shrink: {
    attributes: ['lambd', 'bias'],
    since: 9,
    build: (node) =>
      softshrink(node.input(0), { lambda: node.float('lambd', 0.5), bias: node.float('bias', 0) }),
  },
  PRelu: { attributes: ['consumed_inputs'], build: parametric },
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
  Hardmax: alongAxis(hardmax),
  Clip: { attributes: ['min', 'max', 'consumed_inputs'], build: clip },
  Dropout: {
    attributes: ['ratio', 'seed', 'is_test', 'consumed_inputs'],
    settings: [1, 2],
    byMode: true,
    build: dropped,
  },
}
