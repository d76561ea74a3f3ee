/** Kernels of the second derivative: Laplacian, Laplacian of Gaussian, and sharpening by it. */
import type { SizeArgument } from '../../geometry/padding.ts'
import { rejectUnknown } from '../../options.ts'
import { sizeOf } from '../../tensor/shape.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkFlag } from '../spatialArguments.ts'
import { checkFinite, checkPositive, checkRank, checkSizes, kernelOf, rankOf } from './build.ts'
import { gaussianSize } from './smoothing.ts'

export interface LaplacianKernelOptions {
  /** Number of axes. 2 by default. */
  readonly rank?: number
  /** Whether diagonal neighbours count too. False by default. */
  readonly diagonal?: boolean
}

/** 1 at each neighbour that counts, minus their number at the centre. */
function laplacianAt(position: readonly number[], diagonal: boolean): number {
  const steps = position.reduce((sum, at) => sum + Math.abs(at), 0)
  const rank = position.length
  if (steps === 0) return -(diagonal ? 3 ** rank - 1 : 2 * rank)
  return diagonal || steps === 1 ? 1 : 0
}

/**
 * The Laplacian by differences: the sum of the neighbours (`2·rank`, or with `diagonal` all
 * `3^rank − 1`) less as many times the cell itself.
 *
 * @throws StriateError for a rank that is not a whole number of at least 1.
 * @example
 * ```ts
 * import { laplacianKernel } from 'striate'
 * await laplacianKernel().array() // => [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
 * await laplacianKernel({ rank: 1 }).array() // => [1, -2, 1]
 * await laplacianKernel({ diagonal: true }).array() // => [[1, 1, 1], [1, -8, 1], [1, 1, 1]]
 * ```
 */
export function laplacianKernel(options: LaplacianKernelOptions = {}): Tensor {
  const op = 'laplacianKernel'
  rejectUnknown(op, options, ['rank', 'diagonal'])
  checkFlag(op, 'diagonal', options.diagonal)
  const rank = checkRank(op, options.rank)
  return kernelOf(Array<number>(rank).fill(3), (position) =>
    laplacianAt(position, options.diagonal ?? false),
  )
}

export interface SharpenKernelOptions extends LaplacianKernelOptions {
  /** How much of the Laplacian is taken away. 1 by default. */
  readonly amount?: number
}

/**
 * The identity less `amount` times the Laplacian: edges grow, flat parts stay. Sums to 1.
 *
 * @throws StriateError for a rank or an amount that is not a number.
 * @example
 * ```ts
 * import { sharpenKernel } from 'striate'
 * await sharpenKernel().array() // => [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
 * ```
 */
export function sharpenKernel(options: SharpenKernelOptions = {}): Tensor {
  const op = 'sharpenKernel'
  rejectUnknown(op, options, ['rank', 'diagonal', 'amount'])
  checkFlag(op, 'diagonal', options.diagonal)
  const rank = checkRank(op, options.rank)
  const amount = checkFinite(op, 'amount', options.amount ?? 1)
  return kernelOf(Array<number>(rank).fill(3), (position) => {
    const identity = position.every((at) => at === 0) ? 1 : 0
    const laplacian = laplacianAt(position, options.diagonal ?? false)
    return laplacian === 0 ? identity : identity - amount * laplacian
  })
}

export interface LaplacianOfGaussianKernelOptions {
  /** Standard deviation of the Gaussian in cells. */
  readonly sigma: number
  /** Cells per axis. `2·⌈4·sigma⌉ + 1` by default: the ring around the centre is wider than the bell. */
  readonly size?: SizeArgument
  /** Number of axes. 2 by default, or as many as `size` has. */
  readonly rank?: number
}

/**
 * The Laplacian of a Gaussian, `(|t|² / σ⁴ − rank / σ²) · G(t)`, where `G` sums to 1 over the kernel;
 * the mean is taken away so that the kernel sums to 0 and flat parts give nothing. Negative at the
 * centre; crossings of zero are edges.
 *
 * @throws StriateError for a sigma that is not above 0, or sizes that do not fit.
 * @example
 * ```ts
 * import { laplacianOfGaussianKernel } from 'striate'
 * laplacianOfGaussianKernel({ sigma: 1 }).shape // => [9, 9]
 * ```
 * @see Marr, Hildreth, "Theory of edge detection" (1980).
 */
export function laplacianOfGaussianKernel(options: LaplacianOfGaussianKernelOptions): Tensor {
  const op = 'laplacianOfGaussianKernel'
  rejectUnknown(op, options, ['sigma', 'size', 'rank'])
  const rank = checkRank(op, rankOf(options.size, options.rank))
  const [sigma] = checkPositive(op, 'sigma', options.sigma, 1)
  const width = gaussianSize((sigma! * 4) / 3)
  const sizes = checkSizes(op, options.size, rank, Array<number>(rank).fill(width))
  const squared = (position: readonly number[]): number =>
    position.reduce((sum, at) => sum + at ** 2, 0)
  const bell = (position: readonly number[]): number =>
    Math.exp(-squared(position) / (2 * sigma! ** 2))
  const value = (position: readonly number[]): number =>
    (squared(position) / sigma! ** 4 - rank / sigma! ** 2) * bell(position)
  let bells = 0
  let values = 0
  kernelOf(sizes, (position) => {
    bells += bell(position)
    values += value(position)
    return 0
  })
  const mean = values / sizeOf(sizes)
  return kernelOf(sizes, (position) => (value(position) - mean) / bells)
}
