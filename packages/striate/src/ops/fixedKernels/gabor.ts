/** Gabor kernels: a wave under a Gaussian, in one or two dimensions. */
import { describe, fail } from '../../errors.ts'
import type { SizeArgument } from '../../geometry/padding.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkFinite, checkPositive, checkRank, checkSizes, kernelOf, rankOf } from './build.ts'
import { gaussianSize } from './smoothing.ts'

export interface GaborKernelOptions {
  /** Cells from crest to crest. */
  readonly wavelength: number
  /** Standard deviation of the Gaussian along the wave, in cells. Half the wavelength by default. */
  readonly sigma?: number
  /** Direction in which the wave travels, in radians from the last axis towards the first (rank 2). 0 by default. */
  readonly angle?: number
  /** The even (cosine) or the odd (sine) wave. `'real'` by default. */
  readonly part?: 'real' | 'imaginary'
  /** Shift of the wave in radians. 0 by default. */
  readonly phase?: number
  /** Width of the Gaussian along the wave over its width across (rank 2). 1 by default. */
  readonly aspect?: number
  /** Cells per axis. Three standard deviations to each side by default. */
  readonly size?: SizeArgument
  /** 1 or 2. 2 by default, or as many as `size` has. */
  readonly rank?: number
}

const optionNames = ['wavelength', 'sigma', 'angle', 'part', 'phase', 'aspect', 'size', 'rank']

/**
 * A Gabor kernel, the model of a simple cell of the striate cortex:
 *
 *     exp(−(u² + aspect²·v²) / 2σ²) · cos(2π·u / wavelength + phase)       (sin for 'imaginary')
 *
 * where `u = x·cos(angle) + y·sin(angle)` runs along the wave, `v = y·cos(angle) − x·sin(angle)` across,
 * `x` is the last axis and `y` the first. At rank 1 there is `u` alone. It is not scaled; amplitude
 * 1 stands at the centre of the even wave.
 *
 * @throws StriateError for a rank other than 1 or 2, and for numbers that do not fit.
 * @example
 * ```ts
 * import { gaborKernel } from 'striate'
 * gaborKernel({ wavelength: 4, angle: Math.PI / 4 }).shape // => [13, 13]
 * await gaborKernel({ wavelength: 4, size: 3, rank: 1 }).array() // => [0, 1, 0]
 * await gaborKernel({ wavelength: 4, size: 3, rank: 1, part: 'imaginary' }).array() // => [-0.8824969, 0, 0.8824969]
 * ```
 * @see Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation" (1985).
 */
export function gaborKernel(options: GaborKernelOptions): Tensor {
  const op = 'gaborKernel'
  rejectUnknown(op, options, optionNames)
  const rank = checkRank(op, rankOf(options.size, options.rank))
  if (rank > 2) fail({ op, argument: 'rank', got: describe(rank), needs: 'must be 1 or 2' })
  const positive = (argument: string, value: number): number =>
    checkPositive(op, argument, value, 1)[0]!
  const wavelength = positive('wavelength', options.wavelength)
  const sigma = positive('sigma', options.sigma ?? wavelength / 2)
  const aspect = positive('aspect', options.aspect ?? 1)
  const angle = checkFinite(op, 'angle', options.angle ?? 0)
  const phase = checkFinite(op, 'phase', options.phase ?? 0)
  const part = options.part ?? 'real'
  if (part !== 'real' && part !== 'imaginary')
    fail({ op, argument: 'part', got: describe(part), needs: "must be 'real' or 'imaginary'" })
  if (rank === 1 && options.angle !== undefined) {
    fail({ op, argument: 'angle', got: describe(angle), needs: 'goes with rank 2 only' })
  }
  const width = gaussianSize(rank === 1 ? sigma : Math.max(sigma, sigma / aspect))
  const sizes = checkSizes(op, options.size, rank, Array<number>(rank).fill(width))
  const wave = part === 'real' ? Math.cos : Math.sin
  return kernelOf(sizes, (position) => {
    const x = position.at(-1)!
    const y = rank === 1 ? 0 : position[0]!
    const u = x * Math.cos(angle) + y * Math.sin(angle)
    const v = y * Math.cos(angle) - x * Math.sin(angle)
    const bell = Math.exp(-(u ** 2 + aspect ** 2 * v ** 2) / (2 * sigma ** 2))
    return bell * wave((2 * Math.PI * u) / wavelength + phase)
  })
}
