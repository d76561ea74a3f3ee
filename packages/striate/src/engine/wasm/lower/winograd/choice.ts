/** Which tile sizes suit a convolution, and what it then costs. */
import { type ConvolutionGeometry, product } from '../../../../geometry/convolution.ts'
import type { Features } from '../../features.ts'
import { amplification, type TileSize } from '../../kernels/index.ts'
import { isTileable, type WinogradForm, winogradForm } from './tiling.ts'

/** Each tile size multiplies rounding errors; for a whole tile they may grow by this factor at most. */
const mostAmplification = 20

/** Input channels of a group below which the transforms never pay. */
const fewestChannels = 4

/** Transformed weights larger than this are not worth their memory. */
const mostWeightBytes = 2 ** 26

/** Measured on one core, in nanoseconds. */
interface Rates {
  /** A multiply-add of the products. */
  readonly product: number
  /** A cell of eight floats that a transform reads or writes. */
  readonly cell: number
}
const ratesOf = ({ wide }: Features): Rates =>
  wide ? { product: 0.017, cell: 0.28 } : { product: 0.034, cell: 0.42 }
/** A float brought from a tensor into a block, or back. */
const moved = 0.13
/** Calls and loops around the work. */
const fixed = 1200

/** A byte of transformed weight that is written and read, in the nearer caches and beyond them. */
const weightByte = { cached: 0.015, far: 0.06 }
const [nearBytes, farBytes] = [2 ** 20, 2 ** 23]

/** The weight is transformed in every run. */
const weightRuns = 1

export function appliesTo(g: ConvolutionGeometry): boolean {
  const taps = g.axes.filter(({ kernel }) => kernel === 3)
  return (
    taps.length > 0 &&
    g.axes.every(isTileable) &&
    taps.every(({ flip }) => flip === taps[0]!.flip) &&
    g.inChannels / g.groups >= fewestChannels
  )
}

/** The cheapest tile sizes whose rounding errors stay small. */
export function chooseTiles(
  g: ConvolutionGeometry,
  features: Features,
): { readonly form: WinogradForm; readonly cost: number } {
  const sizes: readonly TileSize[] = [2, 3, 4, 5, 6]
  const candidates = g.axes.reduce<TileSize[][]>(
    (lists, { kernel }) =>
      lists.flatMap((list) => (kernel === 3 ? sizes : [1 as const]).map((tile) => [...list, tile])),
    [[]],
  )
  const choices = candidates
    .filter((tiles) => product(tiles.map(amplification)) <= mostAmplification)
    .map((tiles) => {
      const form = winogradForm(g, tiles)
      return { form, cost: costOf(form, ratesOf(features)) }
    })
  return choices.reduce((best, each) => (each.cost < best.cost ? each : best))
}

function costOf(form: WinogradForm, rates: Rates): number {
  const { geometry: g, axes, planes, channels, outputs, channelBlocks, outputBlocks } = form
  const tiles = g.batch * form.sampleTiles
  // Passes over the axes: `before` an axis lie products of a tile, after it cells or taps.
  let inputCells = 0
  let outputCells = 0
  let weightCells = 0
  let before = 1
  for (const [a, { tile, products, axis }] of axes.entries()) {
    const after = product(axes.slice(a + 1).map((each) => each.tile))
    const taps = product(axes.slice(a + 1).map((each) => each.axis.kernel))
    if (tile > 1 || a === axes.length - 1) {
      inputCells += before * after * 2 * products
      outputCells += before * after * (products + tile)
      weightCells += before * taps * (products + axis.kernel)
    }
    before *= products
  }
  const weightBytes = 4 * planes * channels * outputs
  if (weightBytes * g.groups > mostWeightBytes) return Number.POSITIVE_INFINITY
  const bytes =
    weightByte.cached * Math.max(0, weightBytes - nearBytes) +
    weightByte.far * Math.max(0, weightBytes - farBytes)
  const taps = product(axes.map(({ axis }) => axis.kernel))
  const space = (side: 'input' | 'output'): number =>
    g.batch * product(axes.map(({ axis }) => axis[side]))
  const run =
    rates.product * planes * tiles * 8 * channels * outputBlocks +
    rates.cell * tiles * (channelBlocks * inputCells + outputBlocks * outputCells) +
    moved * (space('input') * channels + space('output') * outputs) +
    bytes / 2
  const weight =
    rates.cell * channels * outputBlocks * weightCells + moved * taps * channels * outputs + bytes
  return fixed + g.groups * (run + weightRuns * weight)
}
