/** Transforms that change values and leave them where they are, of any rank. */
import { rejectUnknown } from '../../options.ts'
import { checkRange, checkSizes, checkWhole } from './checks.ts'
import {
  copyOf,
  inPlace,
  mapValues,
  perSpace,
  type Sample,
  stridesOf,
  type Transform,
} from './sample.ts'

/** All values plus one number from −`most` to `most`. */
export function brightness(options: { readonly most: number }): Transform {
  rejectUnknown('augment.brightness', options, ['most'])
  const most = checkRange('brightness', 'most', options.most)
  return inPlace((sample, random) => {
    const added = random.uniform(-most, most)
    return mapValues(sample, (value) => value + added)
  })
}

/** The distance of all values from their mean times one factor from 1 − `most` to 1 + `most`. */
export function contrast(options: { readonly most: number }): Transform {
  rejectUnknown('augment.contrast', options, ['most'])
  const most = checkRange('contrast', 'most', options.most, 0, 1)
  return inPlace((sample, random) => {
    const factor = random.uniform(1 - most, 1 + most)
    let sum = 0
    for (const value of sample.data) sum += value
    const mean = sum / sample.data.length
    return mapValues(sample, (value) => mean + (value - mean) * factor)
  })
}

/** Each value plus a number of its own from N(0, `deviation`²): noise of an image, jitter of a series. */
export function noise(options: { readonly deviation: number }): Transform {
  rejectUnknown('augment.noise', options, ['deviation'])
  const deviation = checkRange('noise', 'deviation', options.deviation)
  return inPlace((sample, random) => {
    const added = new Float64Array(sample.data.length)
    random.fillNormal(added, 0, deviation)
    return mapValues(sample, (value, at) => value + added[at]!)
  })
}

/** Each channel times a factor of its own from N(1, `deviation`²). */
export function scaling(options: { readonly deviation: number }): Transform {
  rejectUnknown('augment.scaling', options, ['deviation'])
  const deviation = checkRange('scaling', 'deviation', options.deviation)
  return inPlace((sample, random) => {
    const factors = Float64Array.from({ length: sample.shape[0]! }, () =>
      random.normal(1, deviation),
    )
    const cells = sample.data.length / factors.length
    return mapValues(sample, (value, at) => value * factors[Math.floor(at / cells)]!)
  })
}

export interface MagnitudeWarpOptions {
  /** Of the factors at the knots, from N(1, `deviation`²). */
  readonly deviation: number
  /** How many factors are drawn along the last axis, from edge to edge. 4 by default. */
  readonly knots?: number
}

/**
 * Each channel times a smooth curve along the last axis: factors at knots, and a cubic through them
 * (Catmull and Rom 1974) between.
 *
 * @see Um and others, "Data augmentation of wearable sensor data for Parkinson's disease monitoring
 * using convolutional neural networks" (2017).
 */
export function magnitudeWarp(options: MagnitudeWarpOptions): Transform {
  const op = 'magnitudeWarp'
  rejectUnknown(`augment.${op}`, options, ['deviation', 'knots'])
  const deviation = checkRange(op, 'deviation', options.deviation)
  const knots = checkWhole(op, 'knots', options.knots ?? 4, 2)
  return inPlace((sample, random) => {
    const { shape, data } = sample
    const length = shape.at(-1)!
    const curves = Array.from({ length: shape[0]! }, () => {
      const factors = Float64Array.from({ length: knots }, () => random.normal(1, deviation))
      return Float64Array.from({ length }, (_, at) =>
        smoothAt(factors, length === 1 ? 0 : (at * (knots - 1)) / (length - 1)),
      )
    })
    const cells = data.length / curves.length
    return mapValues(sample, (value, at) => value * curves[Math.floor(at / cells)]![at % length]!)
  })
}

/** The cubic through values at whole places; beyond the ends they go on as they are. */
function smoothAt(values: Float64Array, place: number): number {
  const at = Math.min(Math.floor(place), values.length - 2)
  const read = (index: number): number => values[Math.min(Math.max(index, 0), values.length - 1)]!
  const [a, b, c, d] = [read(at - 1), read(at), read(at + 1), read(at + 2)] as const
  const t = place - at
  const rise = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t
  return (rise + (3 * b - a - 3 * c + d) * t * t * t) / 2
}

export interface CutoutOptions {
  /** The size of a hole, one number or one for each axis of space; at the edge a part of it is seen. */
  readonly size: number | readonly number[]
  /** How many holes. 1 by default. */
  readonly count?: number
  /** What is in them. 0 by default. */
  readonly fill?: number
}

/**
 * Boxes at random places, in all channels, without what was there.
 *
 * @see DeVries, Taylor, "Improved regularization of convolutional neural networks with cutout" (2017).
 */
export function cutout(options: CutoutOptions): Transform {
  const op = 'cutout'
  rejectUnknown(`augment.${op}`, options, ['size', 'count', 'fill'])
  const { size, count = 1, fill = 0 } = options
  checkSizes(op, 'size', size)
  checkWhole(op, 'count', count)
  checkRange(op, 'fill', fill, -Number.MAX_VALUE)
  return inPlace((sample, random) => {
    const sizes = perSpace(`augment.${op}`, 'size', size, sample)
    const out = copyOf(sample)
    for (let hole = 0; hole < count; hole++) {
      const begins = sizes.map((wanted, axis) => {
        const middle = random.integer(sample.shape[axis + 1]!)
        return middle - Math.floor(wanted / 2)
      })
      fillBox(out, begins, sizes, fill)
    }
    return out
  })
}

export interface TimeMaskOptions {
  /** The longest stretch, in steps; each length from 0 is as likely. */
  readonly most: number
  /** How many stretches. 1 by default. */
  readonly count?: number
  /** What is in them. 0 by default. */
  readonly fill?: number
}

/**
 * Stretches of the last axis, in all channels, without what was there.
 *
 * @see Park and others, "SpecAugment" (2019).
 */
export function timeMask(options: TimeMaskOptions): Transform {
  const op = 'timeMask'
  rejectUnknown(`augment.${op}`, options, ['most', 'count', 'fill'])
  const { most, count = 1, fill = 0 } = options
  checkWhole(op, 'most', most)
  checkWhole(op, 'count', count)
  checkRange(op, 'fill', fill, -Number.MAX_VALUE)
  return inPlace((sample, random) => {
    const out = copyOf(sample)
    const spaces = sample.shape.slice(1)
    const length = spaces.at(-1)!
    for (let mask = 0; mask < count; mask++) {
      const wide = random.integer(Math.min(most, length) + 1)
      const begin = random.integer(length - wide + 1)
      const begins = spaces.map((_, axis) => (axis === spaces.length - 1 ? begin : 0))
      fillBox(out, begins, spaces.with(-1, wide), fill)
    }
    return out
  })
}

/** Fills a box of space in every channel, as far as it lies inside. */
export function fillBox(
  { data, shape }: Sample,
  begins: readonly number[],
  sizes: readonly number[],
  fill: number | ArrayLike<number>,
): void {
  const strides = stridesOf(shape)
  const visit = (axis: number, from: number): void => {
    const begin = axis === 0 ? 0 : Math.max(begins[axis - 1]!, 0)
    const end =
      axis === 0 ? shape[0]! : Math.min(begins[axis - 1]! + sizes[axis - 1]!, shape[axis]!)
    for (let at = begin; at < end; at++) {
      const place = from + at * strides[axis]!
      if (axis < shape.length - 1) visit(axis + 1, place)
      else data[place] = typeof fill === 'number' ? fill : fill[place]!
    }
  }
  visit(0, 0)
}
