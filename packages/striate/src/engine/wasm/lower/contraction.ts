/** What the convolution and matrix product steps share: the contraction kernel and its tables. */

import type { Features } from '../features.ts'
import type { Kernel } from '../kernelCache.ts'
import {
  type ContractionExports,
  contractionModule,
  contractionPackedBytes,
  contractionScratchBytes,
  type KernelEpilogue,
} from '../kernels/index.ts'
import type { Builder } from '../plan.ts'
import { type ContractionTile, tilesOf } from '../tuning/tiles.ts'

/** Rows and columns are cut between threads at multiples of this, the least common one of all tiles. */
export const contractionUnit = 48

export interface Contraction {
  readonly kernel: Kernel<ContractionExports>
  readonly scratchBytes: number
  readonly packedBytes: number
}

/** The tile that keeps the registers full; a single row has all of them. */
const tileFor = (m: number, features: Features): ContractionTile =>
  m === 1 ? { rows: 1, columns: 16 } : tilesOf(features).contraction

/** The kernel for `m` rows, `n` columns and sums of `k` products, and the scratch that it needs. */
export function contraction(
  build: Builder,
  m: number,
  n: number,
  k: number,
  epilogue?: KernelEpilogue,
): Contraction {
  const shape = tileFor(m, build.features)
  const tile = { ...shape, ...build.target, ...(epilogue ? { epilogue } : {}) }
  const key = `contract:${tile.rows}x${tile.columns}${JSON.stringify(epilogue ?? '')}`
  const kernel = build.kernel<ContractionExports>(key, () => contractionModule(tile))
  return {
    kernel,
    scratchBytes: contractionScratchBytes(tile, m, n, k),
    packedBytes: contractionPackedBytes(tile, m, k),
  }
}

/** Offsets `Σ index[a]·strides[a]` for every index tuple of `sizes`, row-major. */
export function offsetTable(sizes: readonly number[], strides: readonly number[]): Int32Array {
  const total = sizes.reduce((product, size) => product * size, 1)
  const table = new Int32Array(total)
  let filled = 1
  for (let a = sizes.length - 1; a >= 0; a--) {
    for (let i = 1; i < sizes[a]!; i++)
      for (let j = 0; j < filled; j++) table[i * filled + j] = table[j]! + i * strides[a]!
    filled *= sizes[a]!
  }
  return table
}
