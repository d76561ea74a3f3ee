/** Activation functions. */
export * from './elu.ts'
export * from './hard.ts'
export * from './relu.ts'
export * from './shrink.ts'
export * from './smooth.ts'
export * from './soft.ts'
export * from './softmax.ts'
