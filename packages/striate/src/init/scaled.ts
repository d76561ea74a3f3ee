/** Initialisers whose spread follows the fans, so that signals keep their size through the layers. */
import { describe, fail } from '../errors.ts'
import { rejectUnknown } from '../options.ts'
import { sizeOf } from '../tensor/shape.ts'
import type { Initialiser } from './initialiser.ts'

export type FanMode = 'fanIn' | 'fanOut' | 'fanAverage'

export interface ScaledOptions {
  /** Multiplies every value. 1 by default. */
  readonly gain?: number
  /** Which fan sets the spread. */
  readonly mode?: FanMode
  /** Normal only: cut at two standard deviations and widened to keep the variance, as Keras does. */
  readonly truncated?: boolean
}

export interface HeOptions extends ScaledOptions {
  /** Slope of the leaky ReLU that follows, left of 0. 0 by default, a plain ReLU. */
  readonly slope?: number
}

interface Scale {
  readonly op: string
  /** Variance times fan, at gain 1. */
  readonly variance: number
  readonly mode: FanMode
  readonly shape: 'uniform' | 'normal'
}

/** Standard deviation of a standard normal variable cut at ±2. */
const cutDeviation = 0.8796256610342398

function scaled({ op, variance, mode, shape }: Scale, options: ScaledOptions): Initialiser {
  const { gain = 1, truncated = false } = options
  const chosen = options.mode ?? mode
  if (chosen !== 'fanIn' && chosen !== 'fanOut' && chosen !== 'fanAverage') {
    const needs = "must be 'fanIn', 'fanOut' or 'fanAverage'"
    fail({ op, argument: 'mode', needs, got: describe(chosen) })
  }
  if (!Number.isFinite(gain))
    fail({ op, argument: 'gain', needs: 'must be a finite number', got: describe(gain) })
  return ({ shape: size, fanIn, fanOut, random }) => {
    const fan = chosen === 'fanIn' ? fanIn : chosen === 'fanOut' ? fanOut : (fanIn + fanOut) / 2
    const deviation = Math.abs(gain) * Math.sqrt(variance / Math.max(fan, 1))
    const values = new Float32Array(sizeOf(size))
    if (shape === 'uniform') {
      // U(−b, b) has variance b² / 3.
      const bound = Math.sqrt(3) * deviation
      random.fillUniform(values, -bound, bound)
    } else if (truncated) {
      const wide = deviation / cutDeviation
      random.fillTruncatedNormal(values, 0, wide, -2 * wide, 2 * wide)
    } else random.fillNormal(values, 0, deviation)
    return values
  }
}

const names: readonly string[] = ['gain', 'mode']

function glorot(op: string, shape: Scale['shape'], options: ScaledOptions): Initialiser {
  rejectUnknown(op, options, shape === 'normal' ? [...names, 'truncated'] : names)
  return scaled({ op, variance: 1, mode: 'fanAverage', shape }, options)
}

/**
 * Uniform with variance `gain² · 2 / (fanIn + fanOut)`; for tanh and linear layers.
 *
 * @example
 * ```ts
 * import { init, nn } from 'striate'
 * nn.linear(400, 120, { init: init.glorotUniform() }).weight.shape // => [120, 400]
 * ```
 * @see Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
 */
export const glorotUniform = (options: Omit<ScaledOptions, 'truncated'> = {}): Initialiser =>
  glorot('glorotUniform', 'uniform', options)

/** As {@link glorotUniform}, from a normal distribution. */
export const glorotNormal = (options: ScaledOptions = {}): Initialiser =>
  glorot('glorotNormal', 'normal', options)

function he(op: string, shape: Scale['shape'], options: HeOptions): Initialiser {
  const known = [...names, 'slope']
  rejectUnknown(op, options, shape === 'normal' ? [...known, 'truncated'] : known)
  const { slope = 0 } = options
  return scaled({ op, variance: 2 / (1 + slope ** 2), mode: 'fanIn', shape }, options)
}

/**
 * Uniform with variance `gain² · 2 / ((1 + slope²) · fanIn)`; for ReLU and leaky ReLU.
 *
 * @see He, Zhang, Ren, Sun, "Delving deep into rectifiers" (2015).
 */
export const heUniform = (options: Omit<HeOptions, 'truncated'> = {}): Initialiser =>
  he('heUniform', 'uniform', options)

/** As {@link heUniform}, from a normal distribution. */
export const heNormal = (options: HeOptions = {}): Initialiser => he('heNormal', 'normal', options)

function lecun(op: string, shape: Scale['shape'], options: ScaledOptions): Initialiser {
  rejectUnknown(op, options, shape === 'normal' ? [...names, 'truncated'] : names)
  return scaled({ op, variance: 1, mode: 'fanIn', shape }, options)
}

/**
 * Uniform with variance `gain² / fanIn`; for SELU, and for tanh after LeCun.
 *
 * @see LeCun, Bottou, Orr, Müller, "Efficient BackProp" (1998).
 */
export const lecunUniform = (options: Omit<ScaledOptions, 'truncated'> = {}): Initialiser =>
  lecun('lecunUniform', 'uniform', options)

/** As {@link lecunUniform}, from a normal distribution. */
export const lecunNormal = (options: ScaledOptions = {}): Initialiser =>
  lecun('lecunNormal', 'normal', options)
