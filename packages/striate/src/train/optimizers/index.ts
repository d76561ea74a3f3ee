/** Optimizers, with PyTorch's formulas and defaults. */
export { type AdamHyperparameters, type AdamOptions, adam } from './adam.ts'
export { adamw } from './adamw.ts'
export type { Optimizer, Trainable } from './optimizer.ts'
export { type RmspropHyperparameters, type RmspropOptions, rmsprop } from './rmsprop.ts'
export type {
  CommonHyperparameters,
  NamePattern,
  OptimizerOptions,
  ParameterGroup,
} from './rule.ts'
export { type SgdHyperparameters, type SgdOptions, sgd } from './sgd.ts'
