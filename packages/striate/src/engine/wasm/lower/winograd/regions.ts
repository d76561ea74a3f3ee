/** The words of regions for the input and the output transform. */
import { product } from '../../../../geometry/convolution.ts'
import { layoutStrides } from '../../../../geometry/layout.ts'
import type { RegionWords } from '../../kernels/index.ts'
import {
  cellBytes,
  inputCells,
  outputCells,
  type Region,
  type TiledAxis,
  tilesOf,
  type View,
  type WinogradForm,
} from './tiling.ts'

/** How the transformed tensor of a band lies. */
export interface BandLayout {
  readonly blockStep: number
  readonly planeStep: number
}

export interface RegionBox {
  /** Floats from the start of the tensor to the first cell of the box. */
  readonly start: number
  /** Boxes of one name leave the same cells of the buffer untouched. */
  readonly frame: string
  /** Whether cells of the buffer lie outside the box: they must be 0. */
  readonly hasFrame: boolean
  /** Bytes of the buffer that hold the box. */
  readonly boxBytes: number
  readonly workBytes: number
  /** For so many channels; with `clears`, the buffer is cleared first. */
  words(channels: number, clears?: boolean): RegionWords
}

/** Where cell 0 of a span axis lies in the tensor, and how far the next one is. */
interface Walk {
  readonly base: number
  readonly step: number
  readonly size: number
}

/** The first cell of a span. */
export const originOf = ({ tile, dilation }: TiledAxis, span: number): number =>
  span * tile.size * dilation

/** The box of a region in the output, or in a view of the input. */
export function regionBox(
  form: WinogradForm,
  region: Region,
  view: readonly View[] | 'output',
  { blockStep, planeStep }: BandLayout,
): RegionBox {
  const { geometry: g, axes } = form
  const isInput = view !== 'output'
  const side = isInput ? 'input' : 'output'
  const strides = layoutStrides(
    g.layout,
    isInput ? g.inChannels : g.outChannels,
    axes.map(({ axis }) => axis[side]),
  )
  const cells = axes.map((axis, a) => (isInput ? inputCells : outputCells)(axis, region.spans[a]!))
  const inner = cells.map((_, a) => product(cells.slice(a + 1)))
  const tiles = axes.map((axis, a) => tilesOf(axis, region.spans[a]!))
  const walks = axes.map(
    ({ axis, first, step, inputStep }, a): Walk =>
      isInput
        ? { base: view[a]!.start, step: inputStep, size: axis.input }
        : { base: first, step, size: axis.output },
  )
  // The buffer's first cell on each axis, and the cells of it that lie in the tensor.
  const origin = axes.map((axis, a) => originOf(axis, region.first[a]!))
  const from = walks.map(({ base, step }, a) => Math.max(0, Math.ceil(-base / step) - origin[a]!))
  const to = walks.map(({ base, step, size }, a) =>
    Math.min(cells[a]!, Math.floor((size - 1 - base) / step) + 1 - origin[a]!),
  )
  const inside = from.map((cell, a) => Math.max(0, to[a]! - cell))
  const start = from.reduce((sum, cell, a) => sum + cell * inner[a]!, 0)
  const first = walks.reduce(
    (sum, { base, step }, a) => sum + (base + step * (origin[a]! + from[a]!)) * strides.space[a]!,
    0,
  )
  // Lines for each product of the axes before, and all cells of the axes from here on.
  const places: number[] = []
  let workBytes = 0
  for (const a of axes.keys()) {
    places.push(workBytes)
    const lead = product(axes.slice(0, a).map(({ products }) => products))
    workBytes += lead * cells[a]! * inner[a]! * cellBytes
  }
  const isEmpty = inside.includes(0)
  const words = (channels: number, clears = false): RegionWords => ({
    channels,
    channelStep: 4 * strides.channel,
    blockStep,
    planeStep,
    clear: clears ? product(cells) * cellBytes : 0,
    start: isEmpty ? 0 : start * cellBytes,
    axes: axes.map(({ tile, dilation }, a) => {
      const innerStep = inner[a]! * cellBytes
      const spans = region.spans[a]!
      const spanStep = tile.size * dilation * innerStep
      // The inner loop is the longer one where tiles do not interleave.
      const loops =
        dilation === 1
          ? { rounds: 1, roundStep: 0, count: spans, countStep: spanStep }
          : { rounds: spans, roundStep: spanStep, count: dilation, countStep: innerStep }
      return {
        cells: isEmpty ? 0 : inside[a]!,
        tensorStep: 4 * strides.space[a]! * walks[a]!.step,
        ...loops,
        tapStep: dilation * innerStep,
        inner: inner[a]!,
        innerStep,
        tileStep: product(tiles.slice(a + 1)) * cellBytes,
        place: places[a]!,
      }
    }),
  })
  return {
    start: isEmpty ? 0 : first,
    frame: [cells, isEmpty ? [] : inside, start].join(';'),
    hasFrame: inside.some((count, a) => count < cells[a]!),
    boxBytes: product(cells) * cellBytes,
    workBytes,
    words,
  }
}
