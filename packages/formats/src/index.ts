/** Networks in and out of Striate: ONNX, Keras, TensorFlow.js and npz files. The table of contents. */

export * from './inspect/index.ts'
export * from './keras/index.ts'
export * from './npz/index.ts'
export * from './onnx/index.ts'
export * from './onnxExport/index.ts'
export * from './source/index.ts'
export * from './tfjs/index.ts'
