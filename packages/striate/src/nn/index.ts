/** Layers, and what holds them together. Used as a namespace: `nn.conv2d(…)`, `nn.Layer`. */

export type { Features, Mismatch, Same } from './channels.ts'
export { Branches, type BranchesOptions, branches } from './containers/branches.ts'
export { Residual, type ResidualOptions, residual } from './containers/residual.ts'
export { type NamedLayers, Sequential, sequential } from './containers/sequential.ts'
export type { FreezeOptions } from './freezing.ts'
export { Layer, type LayerFacts } from './layer.ts'
export {
  type Activation,
  celu,
  elu,
  gelu,
  glu,
  hardmax,
  hardSigmoid,
  hardSwish,
  hardshrink,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  swish,
  tanh,
  tanhshrink,
  threshold,
  thresholdedRelu,
} from './layers/activations.ts'
export {
  type AdaptiveSizeOf,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type SpaceOptions,
} from './layers/adaptivePooling.ts'
export {
  BatchNorm,
  type BatchNormLayerOptions,
  batchNorm1d,
  batchNorm2d,
  batchNorm3d,
} from './layers/batchNorm.ts'
export {
  type ConvLayerOptions,
  Convolution,
  type ConvolutionSpec,
  type ConvTransposeLayerOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type WindowOptions,
} from './layers/convolution.ts'
export {
  Dropout,
  type DropoutChannelLayerOptions,
  type DropoutLayerOptions,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
} from './layers/dropout.ts'
export { Embedding, type EmbeddingLayerOptions, embedding } from './layers/embedding.ts'
export {
  type GlobalPoolLayerOptions,
  globalAvgPool,
  globalAvgPool1d,
  globalAvgPool2d,
  globalAvgPool3d,
  globalMaxPool,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
} from './layers/globalPooling.ts'
export { Linear, type LinearOptions, type LinearSizes, linear } from './layers/linear.ts'
export {
  type LocalConvLayerOptions,
  LocalConvolution,
  localConv1d,
  localConv2d,
  localConv3d,
} from './layers/localConv.ts'
export {
  type ChannelNormOptions,
  groupNorm,
  instanceNorm1d,
  instanceNorm2d,
  instanceNorm3d,
  type LayerNormLayerOptions,
  layerNorm,
  localResponseNorm,
  Normalisation,
  rmsNorm,
} from './layers/normalisation.ts'
export {
  type Cells,
  circularPad1d,
  circularPad2d,
  circularPad3d,
  constantPad1d,
  constantPad2d,
  constantPad3d,
  type PadLayer,
  type PadLayerOptions,
  reflectPad1d,
  reflectPad2d,
  reflectPad3d,
  replicatePad1d,
  replicatePad2d,
  replicatePad3d,
  zeroPad1d,
  zeroPad2d,
  zeroPad3d,
} from './layers/padding.ts'
export {
  type AvgPoolLayerOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type Kernel,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PoolLayerOptions,
} from './layers/pooling.ts'
export { PReLU, type PreluLayerOptions, prelu } from './layers/prelu.ts'
export {
  channelShuffle,
  fold,
  pixelShuffle,
  pixelUnshuffle,
  resize,
  unfold,
  upsample,
} from './layers/resize.ts'
export {
  type DepthwiseOptions,
  depthwiseConv1d,
  depthwiseConv2d,
  depthwiseConv3d,
  type PointwiseOptions,
  pointwiseConv1d,
  pointwiseConv2d,
  pointwiseConv3d,
  SeparableConvolution,
  type SeparableOptions,
  separableConv1d,
  separableConv2d,
  separableConv3d,
} from './layers/separable.ts'
export { flatten, unflatten } from './layers/shape.ts'
export { identity, lambda, Stateless } from './layers/stateless.ts'
export type { NamePattern } from './namePattern.ts'
export type { LayerRecipe } from './recipe.ts'
export { replaceLayer } from './replaceLayer.ts'
export type { PaddingOf, PerAxis, Rank } from './sizes.ts'
export { Buffer, type LazyValue, Parameter, State } from './state.ts'
export type { LoadOptions, LoadReport, Mismatch as LoadMismatch } from './stateDict.ts'
export {
  Summary,
  type SummaryOptions,
  type SummaryRow,
  type SummaryTotals,
} from './summary/summary.ts'
