/**
 * The tiles of the inner kernels: how many sums stand in registers. No tile is best in every version of
 * V8; all give the same bits, because none changes the order of a sum.
 */
import type { Features } from '../features.ts'
import { rememberedTiles } from './store.ts'

export interface ContractionTile {
  readonly rows: number
  readonly columns: number
}

export interface ProductTile {
  readonly rows: number
  readonly blocks: 1 | 2
  readonly unroll: 1 | 2
}

export interface Tiles {
  readonly contraction: ContractionTile
  readonly product: ProductTile
}

/** For each kernel the tiles that are worth a trial; the first one serves until then. */
export interface Candidates {
  readonly contraction: readonly [ContractionTile, ...ContractionTile[]]
  readonly product: readonly [ProductTile, ...ProductTile[]]
}

/** Joined vectors fill twelve of the sixteen registers with sums; alone, V8 spills from eight on. */
const wide: Candidates = {
  contraction: [
    { rows: 6, columns: 16 },
    { rows: 4, columns: 24 },
    { rows: 4, columns: 16 },
  ],
  product: [
    { rows: 6, blocks: 2, unroll: 2 },
    { rows: 6, blocks: 2, unroll: 1 },
    { rows: 4, blocks: 2, unroll: 2 },
  ],
}
const relaxed: Candidates = {
  contraction: [
    { rows: 6, columns: 8 },
    { rows: 4, columns: 8 },
    { rows: 3, columns: 12 },
  ],
  product: [
    { rows: 4, blocks: 1, unroll: 1 },
    { rows: 6, blocks: 1, unroll: 1 },
    { rows: 3, blocks: 1, unroll: 1 },
  ],
}
const plain: Candidates = {
  contraction: [
    { rows: 3, columns: 12 },
    { rows: 4, columns: 8 },
    { rows: 6, columns: 8 },
  ],
  product: relaxed.product,
}

export function candidatesFor(features: Features): Candidates {
  if (features.wide) return wide
  return features.relaxed ? relaxed : plain
}

/** The tiles of a machine with these features: found by `tune`, or those that serve most. */
export function tilesOf(features: Features): Tiles {
  const { contraction, product } = candidatesFor(features)
  const known = rememberedTiles(features)
  return {
    contraction: contraction[known?.contraction ?? 0] ?? contraction[0],
    product: product[known?.product ?? 0] ?? product[0],
  }
}
