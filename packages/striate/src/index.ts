/** Striate: convolution for TypeScript. The table of contents of the library. */
export * from './data/index.ts'
export { getEngine, setEngine } from './engine/current.ts'
export type { EngineName } from './engine/engine.ts'
export * from './engine/inspect/index.ts'
export { getPrecision, type Precision, setPrecision } from './engine/precision.ts'
export { getThreads, setThreads } from './engine/threads.ts'
export { type Complaint, describe, fail, StriateError } from './errors.ts'
export * from './explain/index.ts'
export * from './formats/index.ts'
export {
  decodeNetwork,
  type EncodeOptions,
  encodeNetwork,
  load,
  type SaveOptions,
  save,
} from './formats/saveNetwork.ts'
export type { Layout } from './geometry/layout.ts'
export type { Padding, PaddingMode } from './geometry/padding.ts'
export { padWindows, type WindowPads } from './geometry/padWindows.ts'
export * as init from './init/index.ts'
export { manualSeed } from './init/seed.ts'
export * as models from './models/index.ts'
export { type LeNet5Options, lenet5 } from './models/lenet5.ts'
export { sequential } from './nn/containers/sequential.ts'
export * as nn from './nn/index.ts'
export * from './ops/index.ts'
export type { AttributesOf, OperatorName } from './ops/table.ts'
export { nearest, rejectUnknown } from './options.ts'
export * from './random/index.ts'
export * from './stream/index.ts'
export { compute } from './tensor/compute.ts'
export {
  arange,
  type CreateOptions,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  zeros,
  zerosLike,
} from './tensor/create.ts'
export type { DType, TypedArray } from './tensor/dtype.ts'
export { gradients } from './tensor/gradients.ts'
export type { Node as GraphNode } from './tensor/node.ts'
export { noGrad } from './tensor/noGrad.ts'
export { type NestedArray, Tensor, type TensorLike, tensor } from './tensor/tensor.ts'
export * from './train/index.ts'
