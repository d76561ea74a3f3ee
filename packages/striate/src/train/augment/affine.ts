/** Turns, stretches, shears and fractional moves within a plane, read between cells linearly. */
import { rejectUnknown } from '../../options.ts'
import { cosineOfTurn, sineOfTurn } from '../../random/elementary.ts'
import { checkRange } from './checks.ts'
import { emptyLike, moving, type Sample, spaceAxis, stridesOf, type Transform } from './sample.ts'

export interface AffineOptions {
  /** The largest turn to either side, in degrees. 0 by default. */
  readonly degrees?: number
  /** The farthest move along each axis of the plane, in shares of its size. 0 by default. */
  readonly translate?: number
  /** Between which factors it is stretched. 1 and 1 by default. */
  readonly scale?: readonly [least: number, most: number]
  /** The largest shear to either side, in cells per cell. 0 by default. */
  readonly shear?: number
  /** What stands beyond the edge. 0 by default. */
  readonly fill?: number
  /** The two axes of space that move; the last two by default. Every plane of a volume moves alike. */
  readonly plane?: readonly [number, number]
}

/**
 * A random turn, stretch, shear and move about the middle of a plane: all channels alike, and all planes
 * of a volume. Of masks the nearest cell is read.
 *
 * @throws StriateError for options that do not fit, and in use for samples without such a plane.
 * @example
 * ```ts
 * import { augment, RandomStream } from 'striate'
 * const turn = augment.affine({ degrees: 15, translate: 0.1, scale: [0.9, 1.1] })
 * const image = { data: new Float32Array(28 * 28), shape: [1, 28, 28] }
 * turn(image, new RandomStream(7)).shape // => [1, 28, 28]
 * ```
 */
export function affine(options: AffineOptions = {}): Transform {
  const op = 'affine'
  rejectUnknown(`augment.${op}`, options, [
    'degrees',
    'translate',
    'scale',
    'shear',
    'fill',
    'plane',
  ])
  const { degrees = 0, translate = 0, scale = [1, 1], shear = 0, fill = 0 } = options
  const { plane = [-2, -1] } = options
  checkRange(op, 'degrees', degrees, 0, 360)
  checkRange(op, 'translate', translate, 0, 1)
  checkRange(op, 'scale[0]', scale[0], Number.MIN_VALUE)
  checkRange(op, 'scale[1]', scale[1], scale[0])
  checkRange(op, 'shear', shear)
  checkRange(op, 'fill', fill, -Number.MAX_VALUE)
  return moving((sample, random, beyond) => {
    const rows = spaceAxis(`augment.${op}`, plane[0], sample)
    const columns = spaceAxis(`augment.${op}`, plane[1], sample)
    const [height, width] = [sample.shape[rows]!, sample.shape[columns]!]
    const angle = random.uniform(-degrees, degrees) / 360
    const turn = angle - Math.floor(angle)
    const factor = random.uniform(scale[0], scale[1])
    const lean = random.uniform(-shear, shear)
    const down = random.uniform(-translate, translate) * height
    const right = random.uniform(-translate, translate) * width
    const [cosine, sine] = [cosineOfTurn(turn) / factor, sineOfTurn(turn) / factor]
    // A place of the result, from the middle, read at the inverse: move back, turn back, shrink, unlean.
    const isMask = beyond !== undefined
    return resample(sample, { rows, columns, fill: beyond ?? fill, isMask }, (y, x) => {
      const [v, u] = [y - down - (height - 1) / 2, x - right - (width - 1) / 2]
      const [row, column] = [cosine * v - sine * u, sine * v + cosine * u]
      return [row + (height - 1) / 2, column - lean * row + (width - 1) / 2]
    })
  })
}

interface Plane {
  readonly rows: number
  readonly columns: number
  readonly fill: number
  /** Whether cells are read as they are, not mixed with their neighbours. */
  readonly isMask: boolean
}

/** Every plane with each cell read, linearly between its neighbours or at the nearest, where `source` says. */
function resample(
  sample: Sample,
  { rows, columns, fill, isMask }: Plane,
  source: (row: number, column: number) => readonly [row: number, column: number],
): Sample {
  const { shape, data } = sample
  const [height, width] = [shape[rows]!, shape[columns]!]
  const strides = stridesOf(shape)
  const [down, right] = [strides[rows]!, strides[columns]!]
  const out = emptyLike(sample, shape)
  const sources = Array.from({ length: height * width }, (_, at) =>
    source(Math.floor(at / width), at % width),
  )
  const isInside = (row: number, column: number): boolean =>
    row >= 0 && row < height && column >= 0 && column < width
  for (let at = 0; at < data.length; at++) {
    const row = Math.floor(at / down) % height
    const column = Math.floor(at / right) % width
    const corner = at - row * down - column * right
    const [y, x] = sources[row * width + column]!
    const [top, left] = [Math.floor(y), Math.floor(x)]
    const read = (r: number, c: number): number =>
      isInside(r, c) ? data[corner + r * down + c * right]! : fill
    if (isMask) {
      out.data[at] = read(Math.round(y), Math.round(x))
      continue
    }
    const [below, beside] = [y - top, x - left]
    const upper = read(top, left) * (1 - beside) + read(top, left + 1) * beside
    const lower = read(top + 1, left) * (1 - beside) + read(top + 1, left + 1) * beside
    out.data[at] = upper * (1 - below) + lower * below
  }
  return out
}
