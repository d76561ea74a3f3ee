/** Initialisers that do not look at the fans: constants and plain distributions. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Initialiser } from './initialiser.ts'

/** Every value the same. */
export function constant(value: number): Initialiser {
  if (typeof value !== 'number')
    fail({ op: 'constant', argument: 'value', needs: 'must be a number', got: describe(value) })
  return ({ shape }) => new Float32Array(sizeOf(shape)).fill(value)
}

/** Every value 0. */
export const zeros = (): Initialiser => constant(0)

/** Every value 1. */
export const ones = (): Initialiser => constant(1)

export interface UniformOptions {
  /** 0 by default. */
  readonly low?: number
  /** 1 by default. */
  readonly high?: number
}

/** Evenly from `low` to `high`. */
export function uniform(options: UniformOptions = {}): Initialiser {
  rejectUnknown('uniform', options, ['low', 'high'])
  const { low = 0, high = 1 } = options
  return ({ shape, random }) => {
    const values = new Float32Array(sizeOf(shape))
    random.fillUniform(values, low, high)
    return values
  }
}

export interface NormalOptions {
  /** 0 by default. */
  readonly mean?: number
  /** 1 by default. */
  readonly std?: number
}

/** The normal distribution. */
export function normal(options: NormalOptions = {}): Initialiser {
  rejectUnknown('normal', options, ['mean', 'std'])
  const { mean = 0, std = 1 } = options
  return ({ shape, random }) => {
    const values = new Float32Array(sizeOf(shape))
    random.fillNormal(values, mean, std)
    return values
  }
}

export interface TruncatedNormalOptions extends NormalOptions {
  /** The lowest value. −2 by default. */
  readonly low?: number
  /** The highest value. 2 by default. */
  readonly high?: number
}

/** The normal distribution between `low` and `high`, which are values, not standard deviations. */
export function truncatedNormal(options: TruncatedNormalOptions = {}): Initialiser {
  rejectUnknown('truncatedNormal', options, ['mean', 'std', 'low', 'high'])
  const { mean = 0, std = 1, low = -2, high = 2 } = options
  return ({ shape, random }) => {
    const values = new Float32Array(sizeOf(shape))
    random.fillTruncatedNormal(values, mean, std, low, high)
    return values
  }
}
