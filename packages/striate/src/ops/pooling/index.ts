/** Pooling: table of contents. */
export {
  type AdaptivePoolOptions,
  type AdaptiveSize,
  adaptiveAvgPool,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  adaptiveMaxPoolWithIndices,
} from './adaptivePool.ts'
export { type AvgPoolOptions, avgPool, avgPool1d, avgPool2d, avgPool3d } from './avgPool.ts'
export { type GlobalPoolOptions, globalAvgPool, globalMaxPool } from './globalPool.ts'
export { lpPool, lpPool1d, lpPool2d, lpPool3d } from './lpPool.ts'
export {
  maxPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxPoolWithIndices,
  type PooledWithIndices,
} from './maxPool.ts'
export { type MaxUnpoolOptions, maxUnpool } from './maxUnpool.ts'
export type { PoolOptions } from './windows.ts'
