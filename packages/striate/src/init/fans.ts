/** How many products meet in an output, and how many outputs an input reaches. */
export interface Fans {
  readonly fanIn: number
  readonly fanOut: number
}

export interface FanOptions {
  readonly groups?: number
  readonly transposed?: boolean
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1)

/**
 * Fans of a weight `[out, in / groups, ...kernel]`, or transposed `[in, out / groups, ...kernel]`:
 *
 *     fanIn = in / groups · kernel cells        fanOut = out / groups · kernel cells
 *
 * A vector is taken as its own fans; a scalar has fans of 1.
 *
 * @example
 * ```ts
 * import { init } from 'striate'
 * init.fans([16, 6, 5, 5]) // => { fanIn: 150, fanOut: 400 }
 * init.fans([32, 1, 3, 3], { groups: 32 }) // => { fanIn: 9, fanOut: 9 }
 * ```
 */
export function fans(shape: readonly number[], options: FanOptions = {}): Fans {
  const { groups = 1, transposed = false } = options
  const { fanIn, fanOut } = shapeFans(shape)
  return transposed ? { fanIn: fanOut / groups, fanOut: fanIn } : { fanIn, fanOut: fanOut / groups }
}

/** Fans by the shape alone, as PyTorch's and Keras's own layer defaults take them. */
export function shapeFans(shape: readonly number[]): Fans {
  const [first = 1, second = first, ...kernel] = shape
  const cells = product(kernel)
  return { fanIn: second * cells, fanOut: first * cells }
}
