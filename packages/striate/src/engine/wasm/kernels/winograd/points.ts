/**
 * The three matrices of F(m, 3), which computes m outputs of a 3-tap filter with m + 2 products:
 * y = Aᵀ[(G g) ⊙ (Bᵀ d)], from the values of polynomials at m + 1 points and at infinity
 * (Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast algorithms for
 * convolutional neural networks", 2016).
 */

/** Outputs of one tile along an axis; 1 is an axis that is not transformed, with a single tap. */
export type TileSize = 1 | 2 | 3 | 4 | 5 | 6

/**
 * Points near the ones that make `amplification` least, in few enough binary digits that Aᵀ and Bᵀ
 * have no rounding. They come in pairs ±p, so that half of the products of a pair serve both.
 */
const points: Readonly<Record<Exclude<TileSize, 1>, readonly number[]>> = {
  2: [0, 1],
  3: [13 / 32, 5 / 4],
  4: [0, 11 / 16, 23 / 16],
  5: [5 / 16, 7 / 8, 13 / 8],
  6: [0, 9 / 16, 1, 29 / 16],
}

/** Rows of a matrix, one for each output of the map. */
export type Matrix = readonly (readonly number[])[]

export interface TransformMatrices {
  /** Bᵀ: (m + 2) × (m + 2). */
  readonly input: Matrix
  /** G: (m + 2) × 3. */
  readonly weight: Matrix
  /** Aᵀ: m × (m + 2). */
  readonly output: Matrix
}

export type TransformName = keyof TransformMatrices

/** Products of a tile along its axis. */
export const productsOf = (tile: TileSize): number => (tile === 1 ? 1 : tile + 2)

/** Coefficients of Π (x − r), the constant one first. */
const polynomial = (roots: readonly number[]): number[] =>
  roots.reduce<number[]>(
    (all, root) =>
      Array.from({ length: all.length + 1 }, (_, i) => (all[i - 1] ?? 0) - root * (all[i] ?? 0)),
    [1],
  )

export function transformMatrices(tile: TileSize): TransformMatrices {
  if (tile === 1) return { input: [[1]], weight: [[1]], output: [[1]] }
  const nodes = points[tile].flatMap((p) => (p === 0 ? [0] : [p, -p]))
  const size = tile + 2
  const powers = (x: number, count: number): number[] =>
    Array.from({ length: count }, (_, exponent) => x ** exponent)
  const others = nodes.map((_, i) => nodes.filter((__, j) => j !== i))
  const scales = nodes.map((x, i) => others[i]!.reduce((all, other) => all * (x - other), 1))
  const last = (count: number): number[] => powers(0, count).reverse()
  const columns = [...nodes.map((x) => powers(x, tile)), last(tile)]
  return {
    input: [...others.map((roots) => [...polynomial(roots), 0]), polynomial(nodes)],
    weight: [...nodes.map((x, i) => powers(x, 3).map((power) => power / scales[i]!)), last(3)],
    output: Array.from({ length: tile }, (_, row) =>
      Array.from({ length: size }, (__, column) => columns[column]![row]!),
    ),
  }
}

/**
 * How much larger the rounding errors of a tile are than those of the plain sum, for random data:
 * √(max_k Σᵢ A²ₖᵢ |Bᵢ|² |Gᵢ|² / 3). Axes multiply.
 */
export function amplification(tile: TileSize): number {
  const known = amplifications.get(tile)
  if (known !== undefined) return known
  const found = tile === 1 ? 1 : computeAmplification(tile)
  amplifications.set(tile, found)
  return found
}

const amplifications = new Map<TileSize, number>()

function computeAmplification(tile: TileSize): number {
  const { input, weight, output } = transformMatrices(tile)
  const square = (row: readonly number[]): number => row.reduce((sum, x) => sum + x * x, 0)
  const rows = output.map((row) =>
    row.reduce((sum, a, i) => sum + (a * a * square(input[i]!) * square(weight[i]!)) / 3, 0),
  )
  return Math.sqrt(Math.max(...rows))
}
