/** A matrix product whose left side is packed once, such as a weight: by the kernel that suits its sizes. */
import type { Features } from '../features.ts'
import {
  type KernelEpilogue,
  type TurnedExports,
  turnedModule,
  turnedPackedBytes,
  turnedScratchBytes,
} from '../kernels/index.ts'
import type { Builder, ValueId } from '../plan.ts'
import { type Call, call, cut, type Place, place } from '../program.ts'
import { tilesOf } from '../tuning/tiles.ts'
import { contraction, contractionUnit } from './contraction.ts'

export type Range = readonly [first: number, last: number]

/** The part of a product that a thread computes. */
export interface Share {
  readonly rows: Range
  readonly columns: Range
}

/** Tables in memory are given by address. */
export interface ProductArguments {
  readonly packed: { readonly value: ValueId; readonly offset: number }
  readonly b: Place
  readonly bK: number
  readonly bN: number
  /** What evenStep gives for these tables. */
  readonly step: number
  readonly c: Place
  readonly cM: number
  readonly cN: number
  /** Of row 0. */
  readonly bias: { readonly value: ValueId; readonly offset: number } | null
  readonly scratch: ValueId
  /** The operands of the epilogue, `row` bytes after those of row 0. */
  operands(row: number): readonly Place[]
}

export interface PackedProduct {
  /** The name of the kernel. */
  readonly name: string
  readonly packedBytes: number
  readonly scratchBytes: number
  /** The product in parts for so many threads at most. */
  shares(pieces: number): Share[]
  pack(a: Place, aM: number, aK: number, to: Place): Call
  run(share: Share, args: ProductArguments): Call
}

/** The product of `m` rows and `n` columns, sums of `k` products each. */
export function packedProduct(
  build: Builder,
  m: number,
  n: number,
  k: number,
  epilogue?: KernelEpilogue,
): PackedProduct {
  return turns(m, n, k, build.features)
    ? turned(build, m, n, k, epilogue)
    : straight(build, m, n, k, epilogue)
}

/** More columns than this fill their vectors well enough. */
const mostColumns = 512

/** Share of the lanes in use when so many cells are cut into vectors or panels of a size. */
const filled = (cells: number, size: number): number => cells / (Math.ceil(cells / size) * size)

/** Writing columns of a tile that lie along no vector takes as long as so many products. */
const turning = 8

/** Whether rows along the vectors leave fewer lanes empty than columns would. */
function turns(m: number, n: number, k: number, features: Features): boolean {
  const { columns } = tilesOf(features).contraction
  const share = (k / (k + turning)) * filled(m, columns)
  return features.relaxed && n <= mostColumns && share > filled(n, columns)
}

/**
 * Bytes from one product of a column to the next where these are evenly apart and columns are neighbours, as
 * in a 1×1 convolution: B may then be read in place. Else 0.
 */
export function evenStep(products: Int32Array, columns: Int32Array): number {
  const step = products.length > 1 ? products[1]! - products[0]! : columns.length
  const isEven =
    step > 0 &&
    products.length > 0 &&
    products.every((at, i) => at === products[0]! + i * step) &&
    columns.every((at, i) => at === columns[0]! + i)
  return isEven ? stepInPlace(step) : 0
}

/** Of so many floats; 0 where products share the sets of a cache, which packing reads but once. */
export const stepInPlace = (floats: number): number => (floats % 1024 === 0 ? 0 : 4 * floats)

/**
 * Packed columns are nearer to each other: worth it when more rows than these read them, and, where rows lie
 * across the vectors, sums have more products than these and what is read is larger than a cache.
 */
const fewTurnedRows = 256
const [fewRows, fewProducts] = [96, 96]
const cachedBytes = 2 ** 21

/** Fewer sums than this at once wait for each other: as if there were so many rows. */
const leastRows = 4

/** Rows in panels of nearly one size, as the time for them counts. */
function panelled(count: number, most: number): number {
  const panels = Math.ceil(count / most)
  return Math.max(count, panels * leastRows)
}

/** Cells of tiles that the product takes time for: empty lanes, and rows that are too few, count too. */
export function productLanes(m: number, n: number, k: number, features: Features): number {
  const { rows, columns } = tilesOf(features).contraction
  const whole = (count: number): number => Math.ceil(count / columns) * columns
  return turns(m, n, k, features) ? whole(m) * panelled(n, rows) : whole(n) * panelled(m, rows)
}

function straight(
  build: Builder,
  m: number,
  n: number,
  k: number,
  epilogue?: KernelEpilogue,
): PackedProduct {
  const { kernel, packedBytes, scratchBytes } = contraction(build, m, n, k, epilogue)
  const isNear = m <= fewRows || k <= fewProducts || 4 * k * n <= cachedBytes
  return {
    name: kernel.name,
    packedBytes,
    scratchBytes,
    shares: (pieces) =>
      cut(n, pieces, contractionUnit).map((columns) => ({ rows: [0, m], columns })),
    pack: (a, aM, aK, to) => call(kernel, 'packA', m, k, a, aM, aK, to),
    run: ({ columns: [first, last] }, args) =>
      call(
        kernel,
        'runPacked',
        m,
        last - first,
        k,
        place(args.packed.value, args.packed.offset),
        args.b,
        args.bK,
        args.bN + 4 * first,
        isNear ? args.step : 0,
        args.c,
        args.cM,
        args.cN + 4 * first,
        args.bias ? place(args.bias.value, args.bias.offset) : 0,
        0,
        place(args.scratch),
        ...args.operands(0),
      ),
  }
}

function turned(
  build: Builder,
  m: number,
  n: number,
  k: number,
  epilogue?: KernelEpilogue,
): PackedProduct {
  const { rows: columns, columns: rows } = tilesOf(build.features).contraction
  const key = `turned:${rows}x${columns}${JSON.stringify(epilogue ?? '')}`
  const kernel = build.kernel<TurnedExports>(key, (target) =>
    turnedModule({ ...target, rows, columns, ...(epilogue ? { epilogue } : {}) }),
  )
  return {
    name: kernel.name,
    packedBytes: turnedPackedBytes({ rows }, m, k),
    scratchBytes: turnedScratchBytes({ rows, columns }, n, k),
    shares: (pieces) => cut(m, pieces, rows).map((each) => ({ rows: each, columns: [0, n] })),
    pack: (a, aM, aK, to) => call(kernel, 'pack', m, k, a, aM, aK, to),
    run: ({ rows: [first, last] }, args) =>
      call(
        kernel,
        'run',
        last - first,
        n,
        k,
        place(args.packed.value, args.packed.offset + 4 * first * k),
        args.b,
        args.bK,
        args.bN,
        m > fewTurnedRows ? 0 : args.step,
        args.c,
        args.cM + 4 * first,
        args.cN,
        args.bias ? place(args.bias.value, args.bias.offset + 4 * first) : 0,
        place(args.scratch),
        ...args.operands(4 * first),
      ),
  }
}
