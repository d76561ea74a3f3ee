/** Table of contents of the operators. */
export * from './activations/index.ts'
export { broadcastTo } from './broadcastTo.ts'
export { type ClampOptions, clamp } from './clamp.ts'
export { concat, split, stack } from './concat.ts'
export { type ConvOptions, conv, conv1d, conv2d, conv3d } from './conv.ts'
export {
  type ConvTransposeOptions,
  convTranspose,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './convTranspose.ts'
export {
  type DropoutChannelsOptions,
  type DropoutOptions,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  dropoutChannels,
} from './dropout.ts'
export * from './elementwise/index.ts'
export { type EmbeddingOptions, embedding } from './embedding.ts'
export { type FilterOptions, filter } from './filter.ts'
export * from './fixedKernels/index.ts'
export { gather, takeAlong } from './gather.ts'
export { linear } from './linear.ts'
export {
  type LocalConvOptions,
  localConv,
  localConv1d,
  localConv2d,
  localConv3d,
} from './localConv.ts'
export * from './losses/index.ts'
export { type AxisRow, mapAxis } from './mapAxis.ts'
export { type MatmulOptions, matmul } from './matmul.ts'
export { type NormOptions, norm } from './norm.ts'
export * from './normalisation/index.ts'
export { type OneHotOptions, oneHot } from './oneHot.ts'
export { type ArgOptions, argmax, argmin, sort, type TopKOptions, topK } from './order.ts'
export { type PadOptions, pad } from './pad.ts'
export {
  channelShuffle,
  type DepthToSpaceOptions,
  depthToSpace,
  pixelShuffle,
  pixelUnshuffle,
  type ShuffleOptions,
  spaceToDepth,
} from './pixelShuffle.ts'
export * from './pooling/index.ts'
export {
  type AxisReceptiveField,
  type ReceptiveFieldOptions,
  receptiveField,
} from './receptiveField.ts'
export {
  max,
  mean,
  min,
  prod,
  type ReduceOptions,
  standardDeviation,
  sum,
  type VarianceOptions,
  variance,
} from './reductions.ts'
export { flatten, reshape, squeeze, unsqueeze } from './reshape.ts'
export { type ResizeOptions, resize } from './resize.ts'
export { type SampleNormalOptions, sampleNormal } from './sampleNormal.ts'
export {
  type DepthwiseConvOptions,
  depthwiseConv,
  depthwiseConv1d,
  depthwiseConv2d,
  depthwiseConv3d,
  type PointwiseConvOptions,
  pointwiseConv,
  pointwiseConv1d,
  pointwiseConv2d,
  pointwiseConv3d,
  separableConv,
  separableConv1d,
  separableConv2d,
  separableConv3d,
} from './separable.ts'
export { flip, type SliceOptions, slice } from './slice.ts'
export {
  type BatchToSpaceOptions,
  batchToSpace,
  type SpaceToBatchOptions,
  spaceToBatch,
} from './spaceToBatch.ts'
export { permute, transpose } from './transpose.ts'
export { fold, type UnfoldOptions, unfold } from './unfold.ts'
export { type WorkTotals, workOf } from './work.ts'
