/** Networks to ONNX: table of contents. */
export {
  encodeOnnx,
  type OnnxExportOptions,
  type OnnxInput,
  type OnnxInputs,
  saveOnnx,
} from './exportNetwork.ts'
export type { OnnxFunction, OnnxOutputs } from './trace.ts'
