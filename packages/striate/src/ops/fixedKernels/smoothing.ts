/** Kernels that keep, average or blur: identity, box, Gaussian, motion. Each sums to 1. */
import { describe, fail } from '../../errors.ts'
import type { SizeArgument } from '../../geometry/padding.ts'
import { rejectUnknown } from '../../options.ts'
import { sizeOf } from '../../tensor/shape.ts'
import { fromData, type Tensor } from '../../tensor/tensor.ts'
import { checkPositive, checkRank, checkSizes, kernelOf, productKernel, rankOf } from './build.ts'

export interface IdentityKernelOptions {
  /** Cells per axis, odd. 3 by default. */
  readonly size?: SizeArgument
  /** Number of axes. 2 by default, or as many as `size` has. */
  readonly rank?: number
}

/**
 * 1 at the centre, 0 elsewhere: filtering with it changes nothing.
 *
 * @throws StriateError for even sizes.
 * @example
 * ```ts
 * import { identityKernel } from 'striate'
 * await identityKernel({ rank: 1 }).array() // => [0, 1, 0]
 * ```
 */
export function identityKernel(options: IdentityKernelOptions = {}): Tensor {
  const op = 'identityKernel'
  rejectUnknown(op, options, ['size', 'rank'])
  const rank = checkRank(op, rankOf(options.size, options.rank))
  const sizes = checkSizes(op, options.size, rank, Array<number>(rank).fill(3), true)
  return kernelOf(sizes, (position) => (position.every((at) => at === 0) ? 1 : 0))
}

/**
 * The mean of a box of `size` cells (one number, or one per axis): every cell is 1 / count.
 *
 * @param rank number of axes; 2 by default, or as many as `size` has
 * @throws StriateError for sizes that are not whole numbers of at least 1.
 * @example
 * ```ts
 * import { boxKernel } from 'striate'
 * await boxKernel([1, 4]).array() // => [[0.25, 0.25, 0.25, 0.25]]
 * boxKernel(3, 3).shape // => [3, 3, 3]
 * ```
 */
export function boxKernel(size: SizeArgument, rank?: number): Tensor {
  const op = 'boxKernel'
  const dimensions = checkRank(op, rankOf(size, rank))
  if (size === undefined)
    fail({ op, argument: 'size', got: 'undefined', needs: 'must be a whole number of at least 1' })
  const sizes = checkSizes(op, size, dimensions, [])
  return kernelOf(sizes, () => 1 / sizeOf(sizes))
}

export interface GaussianKernelOptions {
  /** Standard deviation in cells: one number, or one per axis. */
  readonly sigma: number | readonly number[]
  /** Cells per axis. `2·⌈3·sigma⌉ + 1` by default, which holds 99.7 % of the bell along an axis. */
  readonly size?: SizeArgument
  /** Number of axes. 2 by default, or as many as `sigma` or `size` have. */
  readonly rank?: number
}

/** Values of the bell `exp(−t² / 2σ²)` at the cells of an axis, their sum 1. */
export function gaussianVector(size: number, sigma: number): number[] {
  const bell = Array.from({ length: size }, (_, k) =>
    Math.exp(-((k - (size - 1) / 2) ** 2) / (2 * sigma ** 2)),
  )
  const total = bell.reduce((sum, value) => sum + value, 0)
  return bell.map((value) => value / total)
}

/** Cells within three standard deviations of the centre. */
export const gaussianSize = (sigma: number): number => 2 * Math.ceil(3 * sigma) + 1

/**
 * The Gaussian `Π_a exp(−t_a² / 2σ_a²)`, scaled to sum to 1.
 *
 * @throws StriateError for a sigma that is not above 0, or sizes that do not fit.
 * @example
 * ```ts
 * import { gaussianKernel } from 'striate'
 * gaussianKernel({ sigma: 1 }).shape // => [7, 7]
 * await gaussianKernel({ sigma: 0.5, size: 3, rank: 1 }).array() // => [0.10650698, 0.78698604, 0.10650698]
 * ```
 * @see Marr, Hildreth, "Theory of edge detection" (1980), on why the Gaussian.
 */
export function gaussianKernel(options: GaussianKernelOptions): Tensor {
  const op = 'gaussianKernel'
  rejectUnknown(op, options, ['sigma', 'size', 'rank'])
  const rank = checkRank(op, rankOf(options.sigma, rankOf(options.size, options.rank)))
  const sigmas = checkPositive(op, 'sigma', options.sigma, rank)
  const sizes = checkSizes(op, options.size, rank, sigmas.map(gaussianSize))
  return productKernel(sizes.map((size, a) => gaussianVector(size, sigmas[a]!)))
}

export interface MotionBlurKernelOptions {
  /** Length of the stroke in cells, above 0. */
  readonly length: number
  /** Direction of the stroke, one component per axis; its length does not matter. Along the last axis by default. */
  readonly direction?: readonly number[]
  /** Number of axes. 2 by default, or as many as `direction` has. */
  readonly rank?: number
}

/** Points per cell of the stroke: finer changes float32 results no more than their rounding. */
const samplesPerCell = 64

/**
 * A straight stroke through the centre: what a camera moving along `direction` sees of a point.
 * The stroke's points are shared out among the cells around them by linear weights.
 *
 * @throws StriateError for a length that is not above 0 or a direction of zeros.
 * @example
 * ```ts
 * import { motionBlurKernel } from 'striate'
 * await motionBlurKernel({ length: 2, rank: 1 }).array() // => [0.25, 0.5, 0.25]
 * motionBlurKernel({ length: 5, direction: [1, 1] }).shape // => [5, 5]
 * ```
 */
export function motionBlurKernel(options: MotionBlurKernelOptions): Tensor {
  const op = 'motionBlurKernel'
  rejectUnknown(op, options, ['length', 'direction', 'rank'])
  const rank = checkRank(op, rankOf(options.direction, options.rank))
  const [length] = checkPositive(op, 'length', options.length, 1)
  const along = Array<number>(rank)
    .fill(0)
    .with(rank - 1, 1)
  const direction: readonly number[] = options.direction ?? along
  const norm = Math.hypot(...direction)
  if (direction.length !== rank || !Number.isFinite(norm) || norm === 0) {
    fail({
      op,
      argument: 'direction',
      got: describe(options.direction),
      needs: `must be ${rank} finite numbers (one per axis), not all 0`,
    })
  }
  const half = direction.map((component) => (Math.abs(component) / norm) * (length! / 2))
  const shape = half.map((reach) => 2 * Math.ceil(reach) + 1)
  const cells = new Float64Array(sizeOf(shape))
  const count = Math.max(1, Math.ceil(length! * samplesPerCell))
  for (let s = 0; s < count; s++) {
    const along = ((s + 0.5) / count - 0.5) * length!
    splat(
      cells,
      shape,
      direction.map((component) => (component / norm) * along),
    )
  }
  return fromData(
    Float32Array.from(cells, (value) => value / count),
    shape,
    'float32',
  )
}

/** Adds a point of weight 1 at a centred position, shared among the 2^rank cells around it. */
function splat(cells: Float64Array, shape: readonly number[], position: readonly number[]): void {
  for (let corner = 0; corner < 2 ** shape.length; corner++) {
    let weight = 1
    let cell = 0
    for (const [a, size] of shape.entries()) {
      const at = position[a]! + (size - 1) / 2
      const base = Math.min(Math.floor(at), size - 1)
      const side = (corner >> a) & 1
      weight *= side === 1 ? at - base : 1 - (at - base)
      cell = cell * size + Math.min(base + side, size - 1)
    }
    cells[cell]! += weight
  }
}
