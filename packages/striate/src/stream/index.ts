/** Convolution of what does not fit or has not come yet: signals in chunks, one sample at a time, large inputs in tiles. */
export {
  type CausalLayer,
  type CausalQueue,
  type CausalQueueOptions,
  type CausalStep,
  causalQueue,
} from './causalQueue.ts'
export { type Conv1dStream, type StreamConv1dOptions, streamConv1d } from './streamConv1d.ts'
export type { Box } from './tile/box.ts'
export { type TiledConvOptions, type TileProgress, tiledConv } from './tile/tiledConv.ts'
export {
  type WaveNetSampleOptions,
  type WaveNetSampler,
  waveNetSampler,
} from './waveNetSampler.ts'
