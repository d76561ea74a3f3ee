/** Loss functions. */
export * from './binary.ts'
export * from './crossEntropy.ts'
export * from './distance.ts'
export * from './likelihood.ts'
export * from './margin.ts'
export type { Reduction, ReductionOptions } from './reduction.ts'
export * from './variational.ts'
