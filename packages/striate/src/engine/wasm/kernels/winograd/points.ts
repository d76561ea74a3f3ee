/**
 * The three matrices of F(m, r), which computes m outputs of an r-tap filter with m + r − 1 products:
 * y = Aᵀ[(G g) ⊙ (Bᵀ d)], from the values of polynomials at m + r − 2 points and at infinity
 * (Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast algorithms for
 * convolutional neural networks", 2016).
 */

/** F(size, taps): outputs of one tile along an axis, and taps of its filter. 1 and 1 is an axis that is not transformed. */
export interface Tile {
  readonly size: number
  readonly taps: number
}

/** Products of a tile along its axis. */
export const productsOf = ({ size, taps }: Tile): number => size + taps - 1

export const isTransformed = ({ size }: Tile): boolean => size > 1

/** `4` for F(4, 3), `4k5` for F(4, 5). */
export const tileName = ({ size, taps }: Tile): string =>
  size === 1 || taps === 3 ? `${size}` : `${size}k${taps}`

export const mostProducts = 8

/**
 * Points for each number of products, near the ones that make `amplification` of 3 taps least, in few
 * enough binary digits that Aᵀ and Bᵀ have no rounding. They come in pairs ±p, so that half of the products
 * of a pair serve both.
 */
const points: Readonly<Record<number, readonly number[]>> = {
  3: [1],
  4: [0, 1],
  5: [13 / 32, 5 / 4],
  6: [0, 11 / 16, 23 / 16],
  7: [5 / 16, 7 / 8, 13 / 8],
  8: [0, 9 / 16, 1, 29 / 16],
}

/** Rows of a matrix, one for each output of the map. */
export type Matrix = readonly (readonly number[])[]

export interface TransformMatrices {
  /** Bᵀ: (m + r − 1) × (m + r − 1). */
  readonly input: Matrix
  /** G: (m + r − 1) × r. */
  readonly weight: Matrix
  /** Aᵀ: m × (m + r − 1). */
  readonly output: Matrix
  /** A, for the gradient of the weight: ∇g = Gᵀ[(A ∇y) ⊙ (Bᵀ d)], the same products read backwards. */
  readonly upstream: Matrix
  /** Gᵀ. */
  readonly gradient: Matrix
}

export type TransformName = keyof TransformMatrices

/** Coefficients of Π (x − r), the constant one first. */
const polynomial = (roots: readonly number[]): number[] =>
  roots.reduce<number[]>(
    (all, root) =>
      Array.from({ length: all.length + 1 }, (_, i) => (all[i - 1] ?? 0) - root * (all[i] ?? 0)),
    [1],
  )

export function transformMatrices(tile: Tile): TransformMatrices {
  const one: Matrix = [[1]]
  if (!isTransformed(tile))
    return { input: one, weight: one, output: one, upstream: one, gradient: one }
  const { size, taps } = tile
  const nodes = points[productsOf(tile)]!.flatMap((p) => (p === 0 ? [0] : [p, -p]))
  const powers = (x: number, count: number): number[] =>
    Array.from({ length: count }, (_, exponent) => x ** exponent)
  const others = nodes.map((_, i) => nodes.filter((__, j) => j !== i))
  const scales = nodes.map((x, i) => others[i]!.reduce((all, other) => all * (x - other), 1))
  const last = (count: number): number[] => powers(0, count).reverse()
  const columns = [...nodes.map((x) => powers(x, size)), last(size)]
  const weight = [
    ...nodes.map((x, i) => powers(x, taps).map((power) => power / scales[i]!)),
    last(taps),
  ]
  return {
    input: [...others.map((roots) => [...polynomial(roots), 0]), polynomial(nodes)],
    weight,
    output: transpose(columns),
    upstream: columns,
    gradient: transpose(weight),
  }
}

export const transpose = (matrix: Matrix): number[][] =>
  matrix[0]!.map((_, column) => matrix.map((row) => row[column]!))

/** What comes out of the products: the convolution, or the gradient of its weight. */
export type Side = 'output' | 'gradient'

/**
 * How much larger the rounding errors of a tile are than those of the plain sum, for random data:
 * √(max_k Σᵢ A²ₖᵢ |Bᵢ|² |Gᵢ|² / r), with A and G exchanged for the gradient. Axes multiply.
 */
export function amplification(tile: Tile, side: Side = 'output'): number {
  const name = `${side} ${tileName(tile)}`
  const known = amplifications.get(name)
  if (known !== undefined) return known
  const found = isTransformed(tile) ? computeAmplification(tile, side) : 1
  amplifications.set(name, found)
  return found
}

const amplifications = new Map<string, number>()

function computeAmplification(tile: Tile, side: Side): number {
  const { input, weight, output, upstream, gradient } = transformMatrices(tile)
  const [last, factor] = side === 'output' ? [output, weight] : [gradient, upstream]
  const square = (row: readonly number[]): number => row.reduce((sum, x) => sum + x * x, 0)
  const rows = last.map((row) =>
    row.reduce((sum, a, i) => sum + a * a * square(input[i]!) * square(factor[i]!), 0),
  )
  return Math.sqrt(Math.max(...rows) / factor[0]!.length)
}
