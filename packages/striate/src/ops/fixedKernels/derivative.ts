/** Derivatives of any order by central differences. */
import { describe, fail } from '../../errors.ts'
import { rejectUnknown } from '../../options.ts'
import { fromData, type Tensor } from '../../tensor/tensor.ts'
import { checkKernelAxis, checkRank } from './build.ts'

export interface DerivativeKernelOptions {
  /** How many times to differentiate. 1 by default. */
  readonly order?: number
  /** Even order of the error in the spacing: 2 by default. Either this or `size`. */
  readonly accuracy?: number
  /** Cells along the axis, odd; as accurate as so many allow. */
  readonly size?: number
  /** The axis of the derivative; negative ones count from the end. The last by default. */
  readonly axis?: number
  /** Number of axes; the kernel has 1 cell along the others. 1 by default. */
  readonly rank?: number
}

/**
 * Weights with which the values at `nodes` give the derivative of `order` at 0, exact for
 * polynomials of degree below the number of nodes (Fornberg 1988, algorithm of section 3).
 */
export function differenceWeights(nodes: readonly number[], order: number): number[] {
  const weights = nodes.map(() => Array<number>(order + 1).fill(0))
  weights[0]![0] = 1
  let previous = 1
  let last = nodes[0]!
  for (let i = 1; i < nodes.length; i++) {
    const highest = Math.min(i, order)
    let product = 1
    const before = last
    last = nodes[i]!
    for (let j = 0; j < i; j++) {
      const distance = nodes[i]! - nodes[j]!
      product *= distance
      if (j === i - 1) {
        for (let k = highest; k >= 0; k--) {
          const lower = k > 0 ? k * weights[i - 1]![k - 1]! : 0
          weights[i]![k] = (previous * (lower - before * weights[i - 1]![k]!)) / product
        }
      }
      for (let k = highest; k >= 0; k--) {
        const lower = k > 0 ? k * weights[j]![k - 1]! : 0
        weights[j]![k] = (last * weights[j]![k]! - lower) / distance
      }
    }
    previous = product
  }
  return weights.map((row) => row[order]!)
}

function checkSize(op: string, { size, accuracy }: DerivativeKernelOptions, order: number): number {
  const least = 2 * Math.floor((order + 1) / 2) + 1
  if (size !== undefined) {
    if (accuracy !== undefined)
      fail({
        op,
        argument: 'size',
        got: 'both size and accuracy',
        needs: 'or accuracy, one of the two',
      })
    if (!Number.isSafeInteger(size) || size < least || size % 2 === 0) {
      fail({
        op,
        argument: 'size',
        got: describe(size),
        needs: `must be an odd whole number of at least ${least} for order ${order}`,
      })
    }
    return size
  }
  const error = accuracy ?? 2
  if (!Number.isSafeInteger(error) || error < 2 || error % 2 !== 0) {
    fail({
      op,
      argument: 'accuracy',
      got: describe(accuracy),
      needs: 'must be an even whole number of at least 2',
    })
  }
  return least - 2 + error
}

/**
 * The derivative of `order` along one axis from equally spaced samples one cell apart, by central
 * differences of Fornberg's weights: exact for polynomials of degree below the size. As with every
 * kernel here the orientation is that of `filter` (cross-correlation): a rising ramp has slope +1.
 *
 * @throws StriateError for orders, sizes or accuracies that no central difference has.
 * @example
 * ```ts
 * import { derivativeKernel } from 'striate'
 * await derivativeKernel().array() // => [-0.5, 0, 0.5]
 * await derivativeKernel({ order: 2, axis: 0, rank: 2 }).array() // => [[1], [-2], [1]]
 * await derivativeKernel({ accuracy: 4 }).array() // => [1 / 12, -2 / 3, 0, 2 / 3, -1 / 12]
 * ```
 * @see Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids" (1988).
 */
export function derivativeKernel(options: DerivativeKernelOptions = {}): Tensor {
  const op = 'derivativeKernel'
  rejectUnknown(op, options, ['order', 'accuracy', 'size', 'axis', 'rank'])
  const order = options.order ?? 1
  if (!Number.isSafeInteger(order) || order < 0) {
    fail({
      op,
      argument: 'order',
      got: describe(options.order),
      needs: 'must be a whole number of at least 0',
    })
  }
  const rank = checkRank(op, options.rank, 1)
  const axis = checkKernelAxis(op, options.axis, rank)
  const size = checkSize(op, options, order)
  const nodes = Array.from({ length: size }, (_, k) => k - (size - 1) / 2)
  const weights = Float32Array.from(differenceWeights(nodes, order), (weight) => weight + 0)
  return fromData(weights, Array<number>(rank).fill(1).with(axis, size), 'float32')
}
