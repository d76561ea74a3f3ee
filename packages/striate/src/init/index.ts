/** Initialisers: how weights begin. */
export type { Init, LayerInitialisers } from './defaults.ts'
export { dirac } from './dirac.ts'
export { type FanOptions, type Fans, fans } from './fans.ts'
export {
  type Initialiser,
  type InitialiserContext,
  type InitialValueOptions,
  initialValue,
} from './initialiser.ts'
export { type OrthogonalOptions, orthogonal } from './orthogonal.ts'
export {
  constant,
  type NormalOptions,
  normal,
  ones,
  type TruncatedNormalOptions,
  truncatedNormal,
  type UniformOptions,
  uniform,
  zeros,
} from './plain.ts'
export {
  type FanMode,
  glorotNormal,
  glorotUniform,
  type HeOptions,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  type ScaledOptions,
} from './scaled.ts'
export { manualSeed } from './seed.ts'
