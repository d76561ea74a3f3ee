/** The words of regions for the input and the output transform. */
import { product } from '../../../../geometry/convolution.ts'
import { layoutStrides } from '../../../../geometry/layout.ts'
import { regionTable } from '../../kernels/index.ts'
import {
  cellBytes,
  inputCells,
  outputCells,
  type Region,
  tilesOf,
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
  readonly workBytes: number
  words(clears: boolean): Int32Array
}

export function regionBox(
  form: WinogradForm,
  region: Region,
  side: 'input' | 'output',
  { blockStep, planeStep }: BandLayout,
): RegionBox {
  const { geometry: g, axes } = form
  const isInput = side === 'input'
  const strides = layoutStrides(
    g.layout,
    isInput ? g.inChannels : g.outChannels,
    axes.map(({ axis }) => axis[side]),
  )
  const cells = axes.map((axis, a) => (isInput ? inputCells : outputCells)(axis, region.spans[a]!))
  const inner = cells.map((_, a) => product(cells.slice(a + 1)))
  const tiles = axes.map((axis, a) => tilesOf(axis, region.spans[a]!))
  // Place of the buffer's first cell on each axis of the tensor, and the part of it that lies there.
  const origin = axes.map(
    ({ axis, tile, dilation }, a) => region.first[a]! * tile * dilation - (isInput ? axis.low : 0),
  )
  const from = origin.map((place) => Math.max(0, place))
  const to = origin.map((place, a) => Math.min(axes[a]!.axis[side], place + cells[a]!))
  const inside = from.map((place, a) => Math.max(0, to[a]! - place))
  const start = from.reduce((sum, place, a) => sum + (place - origin[a]!) * inner[a]!, 0)
  // Lines for each product of the axes before, and all cells of the axes from here on.
  const places: number[] = []
  let workBytes = 0
  for (const a of axes.keys()) {
    places.push(workBytes)
    const lead = product(axes.slice(0, a).map(({ products }) => products))
    workBytes += lead * cells[a]! * inner[a]! * cellBytes
  }
  const isEmpty = inside.includes(0)
  const words = (clears: boolean): Int32Array =>
    regionTable({
      channels: isInput ? form.channels : form.outputs,
      channelStep: 4 * strides.channel,
      blockStep,
      planeStep,
      clear: clears ? product(cells) * cellBytes : 0,
      start: isEmpty ? 0 : start * cellBytes,
      axes: axes.map(({ tile, dilation }, a) => {
        const innerStep = inner[a]! * cellBytes
        const spans = region.spans[a]!
        const spanStep = tile * dilation * innerStep
        // The inner loop is the longer one where tiles do not interleave.
        const loops =
          dilation === 1
            ? { rounds: 1, roundStep: 0, count: spans, countStep: spanStep }
            : { rounds: spans, roundStep: spanStep, count: dilation, countStep: innerStep }
        return {
          cells: isEmpty ? 0 : inside[a]!,
          tensorStep: 4 * strides.space[a]!,
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
    start: isEmpty ? 0 : from.reduce((sum, place, a) => sum + place * strides.space[a]!, 0),
    frame: [cells, isEmpty ? [] : inside, start].join(';'),
    hasFrame: inside.some((count, a) => count < cells[a]!),
    workBytes,
    words,
  }
}
