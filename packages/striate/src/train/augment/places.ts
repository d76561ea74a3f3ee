/** Transforms that move values without changing them: flips, quarter turns, crops, shifts, of any rank. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import type { RandomStream } from '../../random/index.ts'
import { checkRange, checkSizes } from './checks.ts'
import {
  emptyLike,
  gatherPlaces,
  moving,
  perSpace,
  type Sample,
  spaceAxis,
  stridesOf,
  type Transform,
} from './sample.ts'

/** What stands beyond the edge: a number (0 by default), the edge, the mirror image without the edge, or the other end. */
export type Beyond = number | 'edge' | 'reflect' | 'wrap'

export interface FlipOptions {
  /** Axes of space, each flipped by a draw of its own; −1, the last, by default. */
  readonly axes?: number | readonly number[]
  /** The probability of each flip. 0.5 by default. */
  readonly p?: number
}

/** Mirror images: left and right of `[C, H, W]` by default; `axes: [0, 1, 2]` mirrors a volume along any axis. */
export function flip(options: FlipOptions = {}): Transform {
  const op = 'flip'
  rejectUnknown(`augment.${op}`, options, ['axes', 'p'])
  const { axes = -1, p = 0.5 } = options
  checkRange(op, 'p', p, 0, 1)
  const list = typeof axes === 'number' ? [axes] : axes
  return moving((sample, random) => {
    const reads: (Int32Array | null)[] = sample.shape.map(() => null)
    for (const axis of list) {
      const place = spaceAxis(`augment.${op}`, axis, sample)
      const size = sample.shape[place]!
      if (random.uniform() < p)
        reads[place] = Int32Array.from({ length: size }, (_, at) => size - 1 - at)
    }
    return reads.some((read) => read) ? gatherPlaces(sample, reads, 0) : sample
  })
}

export interface QuarterTurnsOptions {
  /** The two axes of space that turn into each other, of the same size; the last two by default. */
  readonly plane?: readonly [number, number]
}

/** Zero to three quarter turns in a plane, each as likely. */
export function quarterTurns(options: QuarterTurnsOptions = {}): Transform {
  const op = 'augment.quarterTurns'
  rejectUnknown(op, options, ['plane'])
  const { plane = [-2, -1] } = options
  return moving((sample, random) => {
    const [a, b] = [spaceAxis(op, plane[0], sample), spaceAxis(op, plane[1], sample)]
    if (a === b || sample.shape[a] !== sample.shape[b]) {
      const needs = 'must be two axes of the same size'
      const got = `axes of ${sample.shape[a]} and ${sample.shape[b]}`
      fail({ op, argument: 'plane', needs, got })
    }
    return turn(sample, a, b, random.integer(4))
  })
}

/** Place (i, j) of the plane reads (j, size − 1 − i), so often. */
function turn(sample: Sample, a: number, b: number, times: number): Sample {
  if (times === 0) return sample
  const { shape } = sample
  const size = shape[a]!
  const strides = stridesOf(shape)
  const out = emptyLike(sample, shape)
  for (let at = 0; at < out.data.length; at++) {
    const i = Math.floor(at / strides[a]!) % size
    const j = Math.floor(at / strides[b]!) % size
    let [from, to] = [i, j]
    for (let done = 0; done < times; done++) [from, to] = [to, size - 1 - from]
    out.data[at] = sample.data[at + (from - i) * strides[a]! + (to - j) * strides[b]!]!
  }
  return out
}

export interface CropOptions {
  /** What is cut out, one size or one for each axis of space. */
  readonly size: number | readonly number[]
  /** Cells added on each side before. 0 by default. */
  readonly padding?: number | readonly number[]
  /** What the added cells are. 0 by default. */
  readonly beyond?: Beyond
}

/** A part of the sample at a random place, perhaps reaching over its edges. */
export function crop(options: CropOptions): Transform {
  const op = 'crop'
  rejectUnknown(`augment.${op}`, options, ['size', 'padding', 'beyond'])
  const { size, padding = 0, beyond = 0 } = options
  checkSizes(op, 'size', size)
  checkSizes(op, 'padding', padding, 0)
  checkBeyond(op, beyond)
  return moving((sample, random, fill) => {
    const sizes = perSpace(`augment.${op}`, 'size', size, sample)
    const paddings = perSpace(`augment.${op}`, 'padding', padding, sample)
    const reads = sizes.map((wanted, axis) => {
      const [own, added] = [sample.shape[axis + 1]!, paddings[axis]!]
      const places = own + 2 * added - wanted + 1
      if (places < 1) {
        const needs = `must be at most ${own + 2 * added}, the padded size of axis ${axis}`
        fail({ op: `augment.${op}`, argument: 'size', needs, got: `${wanted}` })
      }
      return readsFrom(own, wanted, random.integer(places) - added, beyond)
    })
    return gatherPlaces(sample, [null, ...reads], fill ?? fillOf(beyond))
  })
}

export interface ShiftOptions {
  /** The farthest, in cells, one number or one for each axis of space. */
  readonly most: number | readonly number[]
  /** What comes in from beyond the edge. 0 by default. */
  readonly beyond?: Beyond
}

/** The sample moved by whole cells along each axis; of a series, in time. */
export function shift(options: ShiftOptions): Transform {
  const op = 'shift'
  rejectUnknown(`augment.${op}`, options, ['most', 'beyond'])
  const { most, beyond = 0 } = options
  checkSizes(op, 'most', most, 0)
  checkBeyond(op, beyond)
  return moving((sample, random, fill) => {
    const reads = perSpace(`augment.${op}`, 'most', most, sample).map((far, axis) => {
      const size = sample.shape[axis + 1]!
      return readsFrom(size, size, whole(random, -far, far), beyond)
    })
    return gatherPlaces(sample, [null, ...reads], fill ?? fillOf(beyond))
  })
}

/** A whole number from `least` to `most`. */
const whole = (random: RandomStream, least: number, most: number): number =>
  least + random.integer(most - least + 1)

/** The places that `wanted` cells from `start` on read, of an axis of so many cells; negative is none. */
function readsFrom(size: number, wanted: number, start: number, beyond: Beyond): Int32Array {
  return Int32Array.from({ length: wanted }, (_, at) => insideOf(start + at, size, beyond))
}

function insideOf(place: number, size: number, beyond: Beyond): number {
  if (place >= 0 && place < size) return place
  if (typeof beyond === 'number') return -1
  if (beyond === 'edge') return place < 0 ? 0 : size - 1
  if (beyond === 'wrap') return ((place % size) + size) % size
  if (size === 1) return 0
  const period = 2 * (size - 1)
  const folded = ((place % period) + period) % period
  return folded < size ? folded : period - folded
}

const fillOf = (beyond: Beyond): number => (typeof beyond === 'number' ? beyond : 0)

function checkBeyond(op: string, beyond: Beyond): void {
  if (typeof beyond === 'number' && Number.isFinite(beyond)) return
  if (beyond === 'edge' || beyond === 'reflect' || beyond === 'wrap') return
  const needs = "must be a number, 'edge', 'reflect' or 'wrap'"
  fail({ op: `augment.${op}`, argument: 'beyond', needs, got: describe(beyond) })
}
