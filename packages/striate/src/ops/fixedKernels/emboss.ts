/** The emboss kernel: the picture plus its slope in one direction. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkRank, kernelOf, rankOf } from './build.ts'

export interface EmbossKernelOptions {
  /** Where the light falls to, one component per axis. All ones by default: from the top left. */
  readonly direction?: readonly number[]
  /** Number of axes. 2 by default, or as many as `direction` has. */
  readonly rank?: number
}

/**
 * `direction · position` at each of 3 cells per axis, plus 1 at the centre: the picture itself with
 * its slope along `direction` added, so that flat parts stay and edges look lit from one side.
 *
 * @throws StriateError for a direction of another rank or not finite.
 * @example
 * ```ts
 * import { embossKernel } from 'striate'
 * await embossKernel().array() // => [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
 * await embossKernel({ direction: [0, 1] }).array() // => [[-1, 0, 1], [-1, 1, 1], [-1, 0, 1]]
 * ```
 */
export function embossKernel(options: EmbossKernelOptions = {}): Tensor {
  const op = 'embossKernel'
  rejectUnknown(op, options, ['direction', 'rank'])
  const rank = checkRank(op, rankOf(options.direction, options.rank))
  const direction = options.direction ?? Array<number>(rank).fill(1)
  if (!Array.isArray(direction) || direction.length !== rank || !direction.every(Number.isFinite)) {
    fail({
      op,
      argument: 'direction',
      got: describe(options.direction),
      needs: `must be ${rank} finite numbers, one per axis`,
    })
  }
  return kernelOf(Array<number>(rank).fill(3), (position) => {
    const slope = position.reduce((sum, at, a) => sum + at * direction[a]!, 0)
    return position.every((at) => at === 0) ? slope + 1 : slope
  })
}
