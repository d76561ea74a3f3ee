/** How each operator of the table `oracle/ops` is called here. */
import {
  abs,
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool,
  batchNorm,
  batchNormTraining,
  bceWithLogits,
  concat,
  crossEntropy,
  elu,
  embedding,
  exp,
  gelu,
  groupNorm,
  hardSigmoid,
  hardSwish,
  huber,
  instanceNorm,
  l1,
  layerNorm,
  leakyRelu,
  linear,
  localResponseNorm,
  logSoftmax,
  matmul,
  maxPool,
  mish,
  mse,
  type PadOptions,
  pad,
  pixelShuffle,
  prelu,
  type ResizeOptions,
  relu,
  relu6,
  resize,
  selu,
  sigmoid,
  silu,
  smoothL1,
  softmax,
  softplus,
  square,
  type Tensor,
  tanh,
  unfold,
} from 'striate'

type Values = Readonly<Record<string, Tensor>>
type Call = (inputs: Values, attributes: never) => Tensor

interface Window {
  readonly kernelSize: readonly number[]
}

interface ResizeAttributes {
  readonly size: readonly number[]
  readonly mode: NonNullable<ResizeOptions['mode']>
  readonly alignCorners: boolean | null
}

const unary =
  (f: (x: Tensor) => Tensor): Call =>
  ({ x }) =>
    f(x!)

const windowed =
  (f: (x: Tensor, kernelSize: readonly number[], options: object) => Tensor): Call =>
  ({ x }, { kernelSize, ...options }: Window) =>
    f(x!, kernelSize, options)

const compared =
  (f: (x: Tensor, target: Tensor, options: object) => Tensor): Call =>
  ({ x, target }, options: object) =>
    f(x!, target!, options)

/** The attributes are those of the table, which has PyTorch's names in camelCase but for a few. */
export const oracleOperators: Readonly<Record<string, Call>> = {
  maxPool: windowed(maxPool),
  avgPool: windowed(avgPool),
  adaptiveAvgPool: ({ x }, { outputSize }: { outputSize: number[] }) =>
    adaptiveAvgPool(x!, outputSize),
  adaptiveMaxPool: ({ x }, { outputSize }: { outputSize: number[] }) =>
    adaptiveMaxPool(x!, outputSize),
  unfold: windowed(unfold),
  resize: ({ x }, { size, mode, alignCorners }: ResizeAttributes) =>
    resize(x!, { size, mode, ...(alignCorners === null ? {} : { alignCorners }) }),
  pixelShuffle: ({ x }, { factor }: { factor: number }) => pixelShuffle(x!, factor),
  pad: ({ x }, { padding, mode }: { padding: [number, number][]; mode: 'reflect' }) =>
    pad(x!, padding, { mode } satisfies PadOptions),
  concat: ({ a, b }, { axis }: { axis: number }) => concat([a!, b!], axis),
  matmul: ({ a, b }) => matmul(a!, b!),
  linear: ({ x, weight, bias }) => linear(x!, weight!, bias),
  embedding: ({ ids, weight }) => embedding(ids!, weight!),

  batchNormTrain: ({ x, weight, bias }, { eps }: { eps: number }) =>
    batchNormTraining(x!, { weight, bias, eps }).y,
  batchNormEval: ({ x, weight, bias, mean, var: variance }, { eps }: { eps: number }) =>
    batchNorm(x!, { mean: mean!, variance: variance!, weight, bias, eps }),
  groupNorm: ({ x, weight, bias }, { groups, eps }: { groups: number; eps: number }) =>
    groupNorm(x!, groups, { weight, bias, eps }),
  instanceNorm: ({ x, weight, bias }, { eps }: { eps: number }) =>
    instanceNorm(x!, { weight, bias, eps }),
  layerNorm: (
    { x, weight, bias },
    { normalizedShape, eps }: { normalizedShape: number[]; eps: number },
  ) => layerNorm(x!, normalizedShape, { weight, bias, eps }),
  localResponseNorm: ({ x }, options: { size: number }) => localResponseNorm(x!, options),

  relu: unary(relu),
  leakyRelu: ({ x }, { slope }: { slope: number }) => leakyRelu(x!, { negativeSlope: slope }),
  elu: ({ x }, options: object) => elu(x!, options),
  selu: unary(selu),
  gelu: ({ x }, options: object) => gelu(x!, options),
  silu: unary(silu),
  mish: unary(mish),
  hardSwish: unary(hardSwish),
  hardSigmoid: unary(hardSigmoid),
  relu6: unary(relu6),
  prelu: ({ x, weight }) => prelu(x!, weight!),
  softplus: unary(softplus),
  softmax: ({ x }, options: object) => softmax(x!, options),
  logSoftmax: ({ x }, options: object) => logSoftmax(x!, options),
  sigmoid: unary(sigmoid),
  tanh: unary(tanh),
  exp: unary(exp),
  square: unary(square),
  abs: unary(abs),

  crossEntropy: compared(crossEntropy),
  bceWithLogits: compared(bceWithLogits),
  mse: compared(mse),
  l1: compared(l1),
  smoothL1: compared(smoothL1),
  huber: compared(huber),
}
