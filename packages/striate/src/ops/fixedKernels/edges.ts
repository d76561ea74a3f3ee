/** Edge kernels: the slope along one axis, smoothed along the others. */
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkKernelAxis, checkRank, productKernel } from './build.ts'

export interface EdgeKernelOptions {
  /** The axis along which the slope is taken; negative ones count from the end. The last by default. */
  readonly axis?: number
  /** Number of axes. 2 by default. */
  readonly rank?: number
}

function edgeKernel(op: string, options: EdgeKernelOptions, smoothing: readonly number[]): Tensor {
  rejectUnknown(op, options, ['axis', 'rank'])
  const rank = checkRank(op, options.rank)
  const axis = checkKernelAxis(op, options.axis, rank)
  return productKernel(
    Array.from({ length: rank }, (_, a) => (a === axis ? [-1, 0, 1] : smoothing)),
  )
}

/**
 * Sobel's operator: `[−1, 0, 1]` along `axis`, `[1, 2, 1]` along every other axis. Applied as
 * `filter` applies it (cross-correlation), it is positive where values rise along the axis.
 *
 * @throws StriateError for an axis that the rank does not have.
 * @example
 * ```ts
 * import { sobelKernel } from 'striate'
 * await sobelKernel({ axis: 1 }).array() // => [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
 * ```
 * @see Sobel, Feldman (1968), published in Duda, Hart, "Pattern classification" (1973).
 */
export const sobelKernel = (options: EdgeKernelOptions = {}): Tensor =>
  edgeKernel('sobelKernel', options, [1, 2, 1])

/**
 * Prewitt's operator: `[−1, 0, 1]` along `axis`, `[1, 1, 1]` along every other axis.
 *
 * @throws StriateError for an axis that the rank does not have.
 * @example
 * ```ts
 * import { prewittKernel } from 'striate'
 * await prewittKernel({ axis: 0 }).array() // => [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
 * ```
 * @see Prewitt, "Object enhancement and extraction" (1970).
 */
export const prewittKernel = (options: EdgeKernelOptions = {}): Tensor =>
  edgeKernel('prewittKernel', options, [1, 1, 1])

/**
 * Scharr's operator: `[−1, 0, 1]` along `axis`, `[3, 10, 3]` along every other axis; its response
 * depends less on the direction of the edge than Sobel's.
 *
 * @throws StriateError for an axis that the rank does not have.
 * @example
 * ```ts
 * import { scharrKernel } from 'striate'
 * await scharrKernel({ axis: 1 }).array() // => [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]
 * ```
 * @see Scharr, "Optimale Operatoren in der digitalen Bildverarbeitung" (2000).
 */
export const scharrKernel = (options: EdgeKernelOptions = {}): Tensor =>
  edgeKernel('scharrKernel', options, [3, 10, 3])
