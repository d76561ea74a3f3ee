/** How a pooling takes part in Winograd's convolution: each region holds whole windows. Poolings bring it. */
import { product } from '../../../../geometry/convolution.ts'
import { layoutStrides } from '../../../../geometry/layout.ts'
import type { RegionWords } from '../../kernels/index.ts'
import type { Pooling } from '../pooling.ts'
import { originOf, type RegionBox } from './regions.ts'
import { bandTiles, type Region, tilesOf, type WinogradForm } from './tiling.ts'

export interface PooledRegions {
  /** Whether regions of whole windows are small enough. */
  areSmall(form: WinogradForm, pooling: Pooling): boolean
  /** For each axis the fewest spans whose multiples cut no window. */
  grains(form: WinogradForm, pooling: Pooling): number[]
  /** The box of a region whose windows leave instead of its cells. */
  box(form: WinogradForm, region: Region, box: RegionBox, pooling: Pooling): RegionBox
}

export const pooledRegions: PooledRegions = { areSmall, grains, box: pooledBox }

function grains({ axes }: WinogradForm, pooling: Pooling): number[] {
  return axes.map((axis, a) => {
    const span = axis.tile.size * axis.dilation
    const isCut = (spans: number): boolean => {
      for (let cell = spans * span; cell < axis.outputs; cell += spans * span)
        if (pooling.isCut(a, cell)) return true
      return false
    }
    let spans = 1
    while (spans < axis.spans && isCut(spans)) spans++
    return spans
  })
}

/** So much larger than a band a region may get to hold whole windows (measured: 3×3 of stride 2 at 55×55). */
const mostRoom = 3

function areSmall(form: WinogradForm, pooling: Pooling): boolean {
  const most = grains(form, pooling)
  const tiles = product(form.axes.map((axis, a) => tilesOf(axis, most[a]!)))
  return tiles <= mostRoom * bandTiles(form, 1)
}

function pooledBox(
  form: WinogradForm,
  region: Region,
  box: RegionBox,
  pooling: Pooling,
): RegionBox {
  const { geometry: g, axes } = form
  const strides = layoutStrides(g.layout, g.outChannels, pooling.outputs)
  const ranges = axes.map((axis, a) => {
    const from = originOf(axis, region.first[a]!)
    const { first, count, cells } = pooling.within(
      a,
      from,
      Math.min(axis.outputs, originOf(axis, region.first[a]! + region.spans[a]!)),
    )
    return { first, count, cells: cells.map((cell) => cell - from) }
  })
  return {
    ...box,
    start: ranges.reduce((sum, { first }, a) => sum + first * strides.space[a]!, 0),
    words(channels): RegionWords {
      const words = box.words(channels)
      return {
        ...words,
        channelStep: 4 * strides.channel,
        start: 0,
        axes: words.axes.map((axis, a) => ({
          ...axis,
          cells: ranges[a]!.count,
          tensorStep: 4 * strides.space[a]!,
        })),
        lists: ranges.map(({ cells }, a) => cells.map((cell) => cell * words.axes[a]!.innerStep)),
      }
    },
  }
}
