/** Normalisation. */
export * from './batchNorm.ts'
export * from './groupNorm.ts'
export * from './layerNorm.ts'
export * from './localResponseNorm.ts'
