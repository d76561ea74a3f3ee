/** Networks in and out of Striate: ONNX, Keras, TensorFlow.js and npz files. The table of contents. */
export {}
