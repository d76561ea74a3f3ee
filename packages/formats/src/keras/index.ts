/** Keras models: `.keras`, `.h5` and `.weights.h5`. */
export { type KerasOptions, loadKeras, loadKerasWeights } from './load.ts'
export { KerasNetwork, type NetworkValue } from './network.ts'
export { type EncodeKerasOptions, encodeKeras, type KerasFormat, saveKeras } from './save.ts'
