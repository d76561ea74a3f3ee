/** ONNX files as networks: table of contents. */
export type { Port } from './graph.ts'
export { type DecodeOnnxOptions, decodeOnnx, type LoadOnnxOptions, loadOnnx } from './load.ts'
export { type NamedTensors, OnnxNetwork } from './network.ts'
