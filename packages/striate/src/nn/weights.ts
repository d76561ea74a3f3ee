/** How layers with a weight and a bias begin, and the checks of their counts. */
import { describe, fail } from '../errors.ts'
import type { LayerInitialisers } from '../init/defaults.ts'
import { fans } from '../init/fans.ts'
import { drawValues, type Initialiser } from '../init/initialiser.ts'
import { layerStream } from '../init/seed.ts'
import { allocate, type DType } from '../tensor/dtype.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { LazyValue } from './state.ts'

export interface WeightPlan {
  readonly weightShape: readonly number[]
  /** The kernel whose fans count, where `weightShape` holds many of them. */
  readonly kernelShape?: readonly number[]
  /** Null for a layer without bias. */
  readonly biasShape: readonly number[] | null
  readonly groups?: number
  readonly transposed?: boolean
}

/** First values of a layer, from a stream of its own; drawn when they are first read. */
export function firstValues(
  initialisers: LayerInitialisers,
  { weightShape, kernelShape = weightShape, biasShape, groups = 1, transposed = false }: WeightPlan,
): { weight: LazyValue; bias: LazyValue | null } {
  const stream = layerStream()
  const found = fans(kernelShape, { groups, transposed })
  const common = { weightShape: kernelShape, groups, transposed, ...found }
  const value = (name: string, shape: readonly number[], from: Initialiser): LazyValue => ({
    shape,
    dtype: 'float32',
    make: () => drawValues(from, { ...common, shape, random: stream.split(name) }),
  })
  return {
    weight: value('weight', weightShape, initialisers.weight),
    bias: biasShape && value('bias', biasShape, initialisers.bias),
  }
}

/** Checks a count of channels, features or cells. */
export function checkCount(op: string, argument: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  const needs = 'must be a whole number of at least 1'
  return fail({ op, argument, needs, got: describe(value) })
}

/** Checks that sizes without a default are there. */
export function checkGiven<T>(op: string, argument: string, sizes: T | undefined): T {
  if (sizes !== undefined) return sizes
  const needs = 'must be a whole number of at least 1, or one per axis'
  return fail({ op, argument, needs, got: 'undefined' })
}

/** Checks a switch. */
export function checkSwitch(op: string, argument: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    fail({ op, argument, needs: 'must be true or false', got: describe(value) })
}

/** A value of one number throughout. */
export function filled(
  shape: readonly number[],
  value: number,
  dtype: DType = 'float32',
): LazyValue {
  return { shape, dtype, make: () => allocate(dtype, sizeOf(shape)).fill(value) }
}
