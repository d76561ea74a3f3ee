/**
 * How a convolution is cut for Winograd's transforms. A strided or long kernel is a sum of short ones of
 * stride 1 over views of the input: every `stride`-th cell, from another cell on. Each view counts as
 * further channels. A transposed convolution is one such sum for each phase of its outputs. Along an axis, a
 * span is `tile · dilation` outputs: one tile for each phase of a dilated kernel, interleaved. A region is
 * a box of spans of one sample whose input is brought into blocks at once, a band the regions whose
 * products are made together.
 */
import { type Axis, type AxisPhase, gcd } from '../../../../geometry/axis.ts'
import { type ConvolutionGeometry, product } from '../../../../geometry/convolution.ts'
import { productsOf, type Tile } from '../../kernels/index.ts'
import { cut } from '../../program.ts'

/** Taps `tap + i · tapStep` of the window, `i < taps`: tap i of output j reads cell `start + inputStep · (j + i · dilation)`. */
export interface View {
  readonly start: number
  readonly tap: number
  readonly tapStep: number
  readonly taps: number
}

export interface TiledAxis {
  readonly axis: Axis
  readonly tile: Tile
  /** Products of a tile along this axis. */
  readonly products: number
  /** Outputs `first + j · step`, `j < outputs`. */
  readonly outputs: number
  readonly first: number
  readonly step: number
  /** Cells of the input from output to output. */
  readonly inputStep: number
  /** Distance of the taps of a view, and tiles of a span. */
  readonly dilation: number
  /** Spans that cover the output. */
  readonly spans: number
  readonly views: readonly View[]
}

/** Taps that share one view before long ones are cut: neighbours are `period` taps apart. */
const periodOf = ({ indexStep, offsetStep }: AxisPhase): number =>
  indexStep / gcd(indexStep, offsetStep)

const dilationOf = ({ taps, indexStep, offsetStep }: AxisPhase): number =>
  taps <= periodOf({ indexStep, offsetStep } as AxisPhase)
    ? 1
    : offsetStep / gcd(indexStep, offsetStep)

/** The most taps that a view has before long ones are cut. */
export const viewTaps = (phase: AxisPhase): number => Math.ceil(phase.taps / periodOf(phase))

/** Each phase has a tap, and each phase of a dilated kernel has outputs. */
export const isTileable = (phase: AxisPhase): boolean =>
  phase.taps > 0 && dilationOf(phase) <= phase.count

export function tiledAxis(axis: Axis, phase: AxisPhase, tile: Tile): TiledAxis {
  const { count, first, step, tap, tapStep, taps, offset, offsetStep, indexStep } = phase
  const period = periodOf(phase)
  const dilation = dilationOf(phase)
  const views: View[] = []
  for (let i = 0; i < Math.min(period, taps); i++) {
    const inView = Math.ceil((taps - i) / period)
    for (let skipped = 0; skipped < inView; skipped += tile.taps) {
      const firstTap = i + skipped * period
      views.push({
        start: offset + firstTap * offsetStep,
        tap: tap + tapStep * firstTap,
        tapStep: tapStep * period,
        taps: Math.min(tile.taps, inView - skipped),
      })
    }
  }
  return {
    axis,
    tile,
    products: productsOf(tile),
    outputs: count,
    first,
    step,
    inputStep: indexStep,
    dilation,
    spans: Math.ceil(count / (tile.size * dilation)),
    views,
  }
}

export const tilesOf = ({ dilation }: TiledAxis, spans: number): number => dilation * spans

/** Input cells that so many spans read. */
export const inputCells = ({ tile, products, dilation }: TiledAxis, spans: number): number =>
  ((spans - 1) * tile.size + products) * dilation

/** Output cells that so many spans write, beyond the end of the axis too. */
export const outputCells = ({ tile, dilation }: TiledAxis, spans: number): number =>
  spans * tile.size * dilation

/** A box of spans. */
export interface Region {
  /** For each axis: the first span, and how many. */
  readonly first: readonly number[]
  readonly spans: readonly number[]
  readonly tiles: number
}

export interface Piece {
  readonly sample: number
  readonly region: Region
  /** Number of its first tile in the band. */
  readonly tile: number
}

/** The pieces of a band: their products are made together. */
export type Band = readonly Piece[]

/**
 * Regions of a sample with at most `tiles` tiles each, as far as dilation and grains allow: whole inner axes,
 * even stretches of one axis, single spans of the outer ones. Their number is a multiple of `share` where
 * there are spans enough. Grains are the spans of each axis that stay together.
 */
export function regionsOf(
  axes: readonly TiledAxis[],
  tiles: number,
  share: number,
  grains: readonly number[] = axes.map(() => 1),
): Region[] {
  const stretches = axes.map(({ spans }, a) => Math.ceil(spans / grains[a]!))
  let left = tiles
  const counts: number[] = []
  for (const [a, axis] of [...axes.entries()].toReversed()) {
    const most = Math.max(1, Math.floor(left / (axis.dilation * grains[a]!)))
    const count = Math.ceil(stretches[a]! / most)
    counts.unshift(count)
    left = count > 1 ? 0 : left / tilesOf(axis, axis.spans)
  }
  const cutAxis = stretches.findIndex((count) => count > 1)
  if (cutAxis >= 0)
    while (product(counts) % share > 0 && counts[cutAxis]! < stretches[cutAxis]!) counts[cutAxis]!++
  return axes.reduce<Region[]>(
    (regions, axis, a) =>
      regions.flatMap((region) =>
        cut(stretches[a]!, counts[a]!).map(([from, to]) => {
          const [first, end] = [from * grains[a]!, Math.min(to * grains[a]!, axis.spans)]
          return {
            first: [...region.first, first],
            spans: [...region.spans, end - first],
            tiles: region.tiles * tilesOf(axis, end - first),
          }
        }),
      ),
    [{ first: [], spans: [], tiles: 1 }],
  )
}

export const tilesOfBand = (band: Band): number =>
  band.reduce((sum, { region }) => sum + region.tiles, 0)

/** All regions of all samples in order, gathered into bands of at most `tiles` tiles where regions are small. */
export function bandsOf(batch: number, regions: readonly Region[], tiles: number): Band[] {
  const bands: Piece[][] = []
  let filled = Number.POSITIVE_INFINITY
  for (let sample = 0; sample < batch; sample++) {
    for (const region of regions) {
      if (filled + region.tiles > tiles) {
        bands.push([])
        filled = 0
      }
      bands.at(-1)!.push({ sample, region, tile: filled })
      filled += region.tiles
    }
  }
  return bands
}

/** All that the steps of one phase of a convolution have in common. */
export interface WinogradForm {
  readonly geometry: ConvolutionGeometry
  readonly axes: readonly TiledAxis[]
  /** The view along each axis, for every view of the input. */
  readonly views: readonly (readonly View[])[]
  /** Products of a tile: planes of the transformed tensors. */
  readonly planes: number
  /** Channels of a group of the input. */
  readonly inputs: number
  /** Those of all views, and blocks of eight of them. */
  readonly channels: number
  readonly channelBlocks: number
  readonly outputs: number
  readonly outputBlocks: number
  /** Tiles of a sample. */
  readonly sampleTiles: number
  /** Bytes from plane to plane of the transformed weight of a group. */
  readonly weightPlane: number
}

/** Bytes of the eight floats of a cell. */
export const cellBytes = 32

/** An odd number of cache lines, so that the planes of a cell do not meet in the same set of a cache. */
export const oddLines = (bytes: number): number => 64 * (2 * Math.ceil((bytes / 64 - 1) / 2) + 1)

export const combinations = <Item>(lists: readonly (readonly Item[])[]): Item[][] =>
  lists.reduce<Item[][]>(
    (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  )

export function winogradForm(
  geometry: ConvolutionGeometry,
  axes: readonly TiledAxis[],
): WinogradForm {
  const views = combinations(axes.map((axis) => axis.views))
  const inputs = geometry.inChannels / geometry.groups
  const channels = inputs * views.length
  const outputs = geometry.outChannels / geometry.groups
  const outputBlocks = Math.ceil(outputs / 8)
  return {
    geometry,
    axes,
    views,
    planes: product(axes.map(({ products }) => products)),
    inputs,
    channels,
    channelBlocks: Math.ceil(channels / 8),
    outputs,
    outputBlocks,
    sampleTiles: product(axes.map((axis) => tilesOf(axis, axis.spans))),
    weightPlane: oddLines(outputBlocks * channels * cellBytes),
  }
}

/** Transformed input and products of a band should stay in the second-level cache, */
const bandBytes = 768 * 1024
/** and yet fewer tiles than this read the weight too often, the more so where it is larger than the band. */
const [fewestTiles, fewestOfLarge] = [48, 96]

/** Tiles that a band has room for, where as many `pieces` take bands of their own. */
export function bandTiles(form: WinogradForm, pieces: number): number {
  const { planes, channelBlocks, outputBlocks, geometry, sampleTiles, weightPlane } = form
  const tileBytes = planes * (channelBlocks + outputBlocks) * cellBytes
  const likeWeight = Math.min(fewestOfLarge, Math.ceil((planes * weightPlane) / tileBytes))
  const wanted = Math.max(fewestTiles, likeWeight, Math.floor(bandBytes / tileBytes))
  return Math.min(wanted, Math.ceil((geometry.batch * sampleTiles) / pieces))
}

/** Tiles of a band of the weight gradient: it adds to all sums once, and they are many. */
export function gradientBandTiles({
  planes,
  channelBlocks,
  outputBlocks,
  geometry,
  sampleTiles,
}: WinogradForm): number {
  const tileBytes = planes * (channelBlocks + outputBlocks) * cellBytes
  const wanted = Math.max(fewestGradientTiles, Math.floor(bandBytes / tileBytes))
  return Math.min(wanted, geometry.batch * sampleTiles)
}
const fewestGradientTiles = 128
