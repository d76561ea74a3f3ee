/** Activations. */
import type { Tensor } from 'striate'
import * as s from 'striate'
import { collect, image, weight } from './case.ts'

export const activationCases = collect((add) => {
  const activations: readonly (readonly [string, (x: Tensor) => Tensor, string?])[] = [
    ['relu', s.relu, 'Relu'],
    ['relu6', s.relu6, 'Clip'],
    ['leakyRelu', (x) => s.leakyRelu(x, { negativeSlope: 0.2 }), 'LeakyRelu'],
    ['threshold', (x) => s.threshold(x, { threshold: 0.1, value: 20 })],
    ['thresholdedRelu', (x) => s.thresholdedRelu(x, { alpha: 0.5 }), 'ThresholdedRelu'],
    ['elu', (x) => s.elu(x, { alpha: 1.5 }), 'Elu'],
    ['celu', (x) => s.celu(x, { alpha: 1.5 }), 'Celu'],
    ['selu', (x) => s.selu(x), 'Selu'],
    ['hardSigmoid', (x) => s.hardSigmoid(x), 'HardSigmoid'],
    ['hardSwish', s.hardSwish, 'HardSwish'],
    ['hardTanh', (x) => s.hardTanh(x, { minVal: -0.5, maxVal: 0.7 }), 'Clip'],
    ['clamp', (x) => s.clamp(x, { min: -0.5, max: 0.25 }), 'Clip'],
    ['clamp below', (x) => s.clamp(x, { min: -0.5 }), 'Clip'],
    ['clamp above', (x) => s.clamp(x, { max: 0.25 }), 'Clip'],
    ['hardshrink', (x) => s.hardshrink(x, { lambda: 0.4 }), 'Shrink'],
    ['softshrink', (x) => s.softshrink(x, { lambda: 0.4, bias: 0.3 }), 'Shrink'],
    ['tanhshrink', s.tanhshrink, 'Tanh Sub'],
    ['gelu', (x) => s.gelu(x)],
    ['gelu, tanh', (x) => s.gelu(x, { approximate: 'tanh' })],
    ['silu', s.silu, 'Sigmoid Mul'],
    ['swish', (x) => s.swish(x, { beta: 1.5 }), 'Mul Sigmoid Mul'],
    ['mish', s.mish, 'Softplus Tanh Mul'],
    ['glu', (x) => s.glu(x, { axis: 1 }), 'Slice Slice Sigmoid Mul'],
    ['softplus', (x) => s.softplus(x), 'Softplus'],
    ['softplus, sharp', (x) => s.softplus(x, { beta: 2, threshold: 1 })],
    ['logSigmoid', s.logSigmoid, 'Neg Softplus Neg'],
    ['softsign', s.softsign, 'Softsign'],
    ['sigmoid', s.sigmoid, 'Sigmoid'],
    ['tanh', s.tanh, 'Tanh'],
    ['softmax', (x) => s.softmax(x, { axis: 1 }), 'Softmax'],
    ['logSoftmax', (x) => s.logSoftmax(x), 'LogSoftmax'],
    ['softmin', (x) => s.softmin(x, { axis: 2 }), 'Neg Softmax'],
    ['hardmax', (x) => s.hardmax(x, { axis: 1 })],
    ['logSumExp', (x) => s.logSumExp(x, { axes: [1, 2] }), 'ReduceLogSumExp'],
    ['logSumExp, kept', (x) => s.logSumExp(x, { axes: 1, keepDims: true }), 'ReduceLogSumExp'],
  ]
  for (const [name, build, operators] of activations) add(name, [image], build, operators)
  add('prelu', [image, [4]], (x, w) => s.prelu(x, w), undefined, { dynamic: false })
  add('prelu of constants', [image], (x) => s.prelu(x, weight(4)), 'Unsqueeze PRelu')
  add('prelu of one', [image], (x) => s.prelu(x, weight(1)), 'Squeeze PRelu')
})
