/** Normalisation and reductions. */
import * as s from 'striate'
import { collect, image, imageLast, last, line, table, weight } from './case.ts'

export const normalisationCases = collect((add) => {
  const statistics = { mean: weight(4), variance: s.full([4], 0.8), eps: 1e-3 }
  const affine = { weight: weight(4), bias: s.tensor([1, 2, 3, 4]) }
  add(
    'batch norm',
    [image],
    (x) => s.batchNorm(x, { ...statistics, ...affine }),
    'BatchNormalization',
  )
  add('batch norm without affine', [line], (x) => s.batchNorm(x, statistics), 'BatchNormalization')
  add(
    'batch norm without bias',
    [[2, 4]],
    (x) => s.batchNorm(x, { ...statistics, weight: weight(4) }),
    'BatchNormalization',
  )
  add('batch norm, channels last', [imageLast], (x) =>
    s.batchNorm(x, { ...statistics, ...affine, ...last }),
  )
  add('batch norm by the batch', [image], (x) => s.batchNormTraining(x, affine).y)
  add('instance norm', [image], (x) => s.instanceNorm(x, affine), 'InstanceNormalization')
  add('instance norm without affine', [line], (x) => s.instanceNorm(x), 'InstanceNormalization')
  add('group norm', [image], (x) => s.groupNorm(x, 2, affine))
  add(
    'layer norm',
    [image],
    (x) => s.layerNorm(x, [7, 6], { weight: weight(7, 6), bias: weight(7, 6) }),
    'LayerNormalization',
  )
  add(
    'layer norm of the last axis',
    [table],
    (x) => s.layerNorm(x, 5, { weight: weight(5), eps: 0.01 }),
    'LayerNormalization',
  )
  add('rms norm', [table], (x) => s.rmsNorm(x, 5, { weight: weight(5) }))
  add('mean and variance norm', [image], (x) => s.meanVarianceNorm(x, { axes: [2, 3] }))
  add(
    'local response norm',
    [[2, 8, 4, 4]],
    (x) => s.localResponseNorm(x, { size: 5, alpha: 0.3, beta: 0.6, k: 2 }),
    'LRN',
  )
  add('local response norm of an even size', [[2, 8, 4, 4]], (x) =>
    s.localResponseNorm(x, { size: 4, alpha: 0.3 }),
  )
  add('local response norm, channels last', [[2, 4, 4, 8]], (x) =>
    s.localResponseNorm(x, { size: 3, alpha: 0.3, ...last }),
  )

  add('sum', [image], (x) => s.sum(x, { axes: [2, 3] }), 'ReduceSum')
  add('sum of all', [image], (x) => s.sum(x), 'ReduceSum')
  add('product', [table], (x) => s.prod(x, { axes: 1, keepDims: true }), 'ReduceProd')
  add(
    'extremes',
    [image],
    (x) => [s.max(x, { axes: 1 }), s.min(x, { axes: [0, 2] })],
    'ReduceMax ReduceMin',
  )
  add('mean', [image], (x) => s.mean(x, { axes: [1] }), 'ReduceMean')
  add('mean of the batch', [table], (x) => s.mean(x, { axes: 0 }), 'ReduceMean')
  add('variance', [image], (x) => s.variance(x, { axes: [1, 2] }))
  add('standard deviation', [image], (x) => s.standardDeviation(x, { axes: 3, correction: 0 }))
  add('norm of 1', [image], (x) => s.norm(x, { p: 1, axes: 1 }), 'ReduceL1')
  add('norm of 2', [image], (x) => s.norm(x, { axes: [2, 3] }), 'ReduceL2')
  add('norm of 3', [image], (x) => s.norm(x, { p: 3, axes: [2, 3] }))
  add(
    'norm of infinity',
    [image],
    (x) => s.norm(x, { p: Number.POSITIVE_INFINITY, axes: 1 }),
    'Abs ReduceMax',
  )
  add('sum of squares', [table], (x) => s.sum(s.square(x), { axes: 1 }), 'ReduceSumSquare')
})
