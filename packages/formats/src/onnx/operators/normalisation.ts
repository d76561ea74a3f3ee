/** Normalisation by statistics of the batch, of a sample, of neighbours. */
import {
  add,
  batchNorm,
  batchNormTraining,
  broadcastTo,
  div,
  groupNorm,
  instanceNorm,
  layerNorm,
  localResponseNorm,
  mean,
  meanVarianceNorm,
  mul,
  nn,
  norm,
  reshape,
  rmsNorm,
  rsqrt,
  type Tensor,
  variance,
} from 'striate'
import { showShape } from '../complain.ts'
import type { NodeContext, OperatorTable } from '../operator.ts'

/**
 * By the running statistics; in training by those of the batch, which the running ones then follow:
 * `running ← momentum · running + (1 − momentum) · batch`, the variance estimated without bias, as the
 * library's layer does. A node in ONNX's own training mode gives the blend as outputs instead, of the
 * biased variance.
 */
function batch(node: NodeContext): Tensor | Tensor[] {
  const x = node.input(0)
  const [weight, bias, running, spread] = [1, 2, 3, 4].map((i) => node.input(i)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  const eps = node.float('epsilon', 1e-5)
  const momentum = node.float('momentum', 0.9)
  const blend = (before: Tensor, now: Tensor): Tensor =>
    add(mul(before, momentum), mul(now, 1 - momentum))
  if (!node.flag('spatial', true))
    node.fail('needs statistics per channel', 'spatial 0, statistics per cell')
  if (node.flag('training_mode')) {
    const found = batchNormTraining(x, { weight, bias, eps })
    return [found.y, blend(running, found.mean), blend(spread, found.variance)]
  }
  // Statistics that a freeze keeps normalise in training as they do in use.
  const follows = !(running instanceof nn.Buffer) || running.follows
  if (node.around.training && follows) {
    const found = batchNormTraining(x, { weight, bias, eps })
    node.around.observe(node.value(3), (before) => blend(before, found.mean))
    node.around.observe(node.value(4), (before) => blend(before, found.unbiasedVariance))
    return found.y
  }
  return batchNorm(x, { weight, bias, eps, mean: running, variance: spread })
}

/** The sizes of the axes from `axis` on. */
function lastSizes(node: NodeContext): number[] {
  const { shape } = node.value(0)
  return shape.slice(node.axis(node.int('axis', -1), shape.length))
}

function layer(node: NodeContext): Tensor[] {
  const x = node.input(0)
  const sizes = lastSizes(node)
  const eps = node.float('epsilon', 1e-5)
  const over = { axes: sizes.map((_, a) => x.rank - 1 - a), keepDims: true }
  const [weight, bias] = [fitting(node, 1, sizes), fitting(node, 2, sizes)]
  const y = layerNorm(x, sizes, { weight, bias, eps })
  if (node.wanted === 1) return [y]
  return [y, mean(x, over), rsqrt(add(variance(x, { ...over, correction: 0 }), eps))]
}

function rootMeanSquare(node: NodeContext): Tensor {
  const sizes = lastSizes(node)
  return rmsNorm(node.input(0), sizes, {
    weight: fitting(node, 1, sizes),
    eps: node.float('epsilon', 1e-5),
  })
}

/** A scale or shift may broadcast to the normalised sizes. */
function fitting(node: NodeContext, i: number, sizes: readonly number[]): Tensor | undefined {
  const value = node.optional(i)
  if (!value || showShape(value.shape) === showShape(sizes)) return value
  return broadcastTo(value, sizes)
}

/** Up to opset 20 there is one scale and one shift for each group, from then on for each channel. */
function group(node: NodeContext): Tensor {
  const x = node.input(0)
  const groups = node.required('num_groups')
  const channels = x.shape[1]!
  const perChannel = (i: number): Tensor => {
    const value = node.input(i)
    if (node.opset >= 21 || value.size !== groups) return value
    return reshape(broadcastTo(reshape(value, [groups, 1]), [groups, channels / groups]), [
      channels,
    ])
  }
  const eps = node.float('epsilon', 1e-5)
  return groupNorm(x, groups, { weight: perChannel(1), bias: perChannel(2), eps })
}

const epsilon = ['epsilon']

export const normalisationOperators: OperatorTable = {
  BatchNormalization: {
    attributes: ['epsilon', 'momentum', 'training_mode', 'spatial', 'is_test', 'consumed_inputs'],
    statistics: [3, 4],
    byMode: true,
    build: batch,
  },
  InstanceNormalization: {
    attributes: [...epsilon, 'consumed_inputs'],
    build: (node) =>
      instanceNorm(node.input(0), {
        weight: node.input(1),
        bias: node.input(2),
        eps: node.float('epsilon', 1e-5),
      }),
  },
  GroupNormalization: {
    attributes: [...epsilon, 'num_groups', 'stash_type'],
    since: 18,
    build: group,
  },
  LayerNormalization: { attributes: [...epsilon, 'axis', 'stash_type'], since: 17, build: layer },
  RMSNormalization: {
    attributes: [...epsilon, 'axis', 'stash_type'],
    since: 23,
    build: rootMeanSquare,
  },
  LRN: {
    attributes: ['alpha', 'beta', 'bias', 'size'],
    build: (node) =>
      localResponseNorm(node.input(0), {
        size: node.required('size'),
        alpha: node.float('alpha', 1e-4),
        beta: node.float('beta', 0.75),
        k: node.float('bias', 1),
      }),
  },
  MeanVarianceNormalization: {
    attributes: ['axes'],
    since: 9,
    build: (node) => meanVarianceNorm(node.input(0), { axes: node.ints('axes') ?? [0, 2, 3] }),
  },
  LpNormalization: {
    attributes: ['axis', 'p'],
    build: (node) => {
      const x = node.input(0)
      const axes = [node.axis(node.int('axis', -1), x.rank)]
      return div(x, norm(x, { axes, p: node.int('p', 2), keepDims: true }))
    },
  },
}
