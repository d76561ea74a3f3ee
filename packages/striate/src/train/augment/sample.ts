/** What augmentation changes: one sample as a plain array, and the random numbers that are its own. */
import { describe, fail } from '../../errors.ts'
import type { RandomStream } from '../../random/index.ts'
import { sizeOf } from '../../tensor/shape.ts'

/** One sample, `[channels, ...space]`: a series `[C, L]`, an image `[C, H, W]`, a volume `[C, D, H, W]`. */
export interface Sample {
  readonly data: Float32Array | Float64Array
  readonly shape: readonly number[]
}

/**
 * What a transform does to a mask beside a sample, whose cells say what stands there: it moves as the sample does for
 * the same stream, and its cells stay what they are. `fill` is what comes in from beyond the edge.
 */
export type MaskTransform = (mask: Sample, random: RandomStream, fill: number) => Sample

/**
 * Changes a sample by random numbers from a stream of its own; what it is given stays as it is. The
 * same stream gives the same result.
 */
export interface Transform {
  (sample: Sample, random: RandomStream): Sample
  /** What it does to masks, where it says so: {@link withMask} does for one of your own. */
  readonly mask?: MaskTransform
}

/**
 * A transform that says what it does to masks: of one that leaves cells where they are, `(mask) => mask`.
 *
 * @example
 * ```ts
 * import { augment, RandomStream } from 'striate'
 * const invert = augment.withMask(
 *   ({ data, shape }) => ({ data: data.map((value) => 1 - value), shape }),
 *   (mask) => mask,
 * )
 * const sample = { data: Float32Array.of(0, 1), shape: [1, 2] }
 * invert(sample, new RandomStream(7)).data // => Float32Array.of(1, 0)
 * invert.mask!(sample, new RandomStream(7), 0).data // => Float32Array.of(0, 1)
 * ```
 */
export const withMask = (transform: Transform, mask: MaskTransform): Transform =>
  Object.assign(((sample, random) => transform(sample, random)) as Transform, { mask })

/** A transform that changes values and moves nothing. */
export const inPlace = (change: Transform): Transform => withMask(change, (mask) => mask)

/** A transform that moves cells of masks as those of samples; of masks it is told what stands beyond the edge. */
export const moving = (
  change: (sample: Sample, random: RandomStream, fill?: number) => Sample,
): Transform => withMask((sample, random) => change(sample, random), change)

/** A sample of the same type with zeros. */
export function emptyLike({ data }: Sample, shape: readonly number[]): Sample {
  const size = sizeOf(shape)
  const zeros = data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size)
  return { data: zeros, shape }
}

export const copyOf = ({ data, shape }: Sample): Sample => ({ data: data.slice(), shape })

/** The sample with each value replaced. */
export function mapValues(sample: Sample, change: (value: number, at: number) => number): Sample {
  const out = emptyLike(sample, sample.shape)
  for (let at = 0; at < out.data.length; at++) out.data[at] = change(sample.data[at]!, at)
  return out
}

/** The number of an axis of the sample for one of space, which counts from the end if negative: −1 is the last. */
export function spaceAxis(op: string, axis: number, { shape }: Sample): number {
  const found = axis < 0 ? shape.length + axis : axis + 1
  if (Number.isInteger(axis) && found >= 1 && found < shape.length) return found
  const spaces = shape.length - 1
  const needs = `must be an axis of space, from ${-spaces} to ${spaces - 1}`
  return fail({ op, argument: 'axis', needs, got: describe(axis), hint: shapeHint(shape) })
}

/** One number for every axis of space, or one for each. */
export function perSpace(
  op: string,
  argument: string,
  value: number | readonly number[],
  { shape }: Sample,
): readonly number[] {
  const spaces = shape.length - 1
  const list = typeof value === 'number' ? new Array<number>(spaces).fill(value) : value
  if (list.length === spaces) return list
  const needs = `must be one number, or one for each of ${spaces} axes of space`
  return fail({ op, argument, needs, got: describe(value), hint: shapeHint(shape) })
}

const shapeHint = (shape: readonly number[]): string =>
  `a sample is [channels, ...space], here [${shape.join(', ')}]`

/** Steps in memory from one place to the next along each axis. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1)
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!
  return strides
}

/**
 * A new sample of which each place reads one place of the old along each axis (`reads[axis][at]`), or
 * `fill` where that is negative.
 */
export function gatherPlaces(
  sample: Sample,
  reads: readonly (Int32Array | null)[],
  fill: number,
): Sample {
  const shape = sample.shape.map((size, axis) => reads[axis]?.length ?? size)
  const out = emptyLike(sample, shape)
  const strides = stridesOf(sample.shape)
  let to = 0
  const visit = (axis: number, from: number, isInside: boolean): void => {
    const size = shape[axis]!
    const read = reads[axis]
    const stride = strides[axis]!
    const isLast = axis === shape.length - 1
    for (let at = 0; at < size; at++) {
      const place = read ? read[at]! : at
      const inside = isInside && place >= 0
      if (!isLast) visit(axis + 1, from + Math.max(place, 0) * stride, inside)
      else out.data[to++] = inside ? sample.data[from + place]! : fill
    }
  }
  visit(0, 0, true)
  return out
}
