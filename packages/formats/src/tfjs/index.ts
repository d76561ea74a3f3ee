/** Layers models of TensorFlow.js. */
export { loadTfjs, type TfjsOptions, type TfjsShards } from './load.ts'
export { type EncodeTfjsOptions, encodeTfjs, saveTfjs } from './save.ts'
