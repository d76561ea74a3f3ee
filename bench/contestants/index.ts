/** The contestants that are JavaScript, by name. */
import type { Opener } from './contestant.ts'
import { openOnnxRuntimeNode, openOnnxRuntimeWeb } from './onnxruntime.ts'
import { openStriate } from './striate.ts'
import { openTensorFlow } from './tensorflow.ts'

export const openers: Readonly<Record<string, Opener>> = {
  striate: openStriate,
  'onnxruntime-node': openOnnxRuntimeNode,
  'onnxruntime-web': openOnnxRuntimeWeb,
  'tfjs-wasm': openTensorFlow,
}
