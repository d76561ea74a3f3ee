/** Which tile sizes suit a convolution, and what it then costs. */
import { type AxisPhase, adjointAxis, axisPhases } from '../../../../geometry/axis.ts'
import {
  type ConvolutionGeometry,
  isTransposed,
  product,
} from '../../../../geometry/convolution.ts'
import { derived } from '../../../../geometry/recall.ts'
import type { Features } from '../../features.ts'
import {
  amplification,
  isTransformed,
  mostProducts,
  type Side,
  type Tile,
} from '../../kernels/index.ts'
import {
  combinations,
  gradientBandTiles,
  inputCells,
  isTileable,
  outputCells,
  type TiledAxis,
  tiledAxis,
  viewTaps,
  type WinogradForm,
  winogradForm,
} from './tiling.ts'

/** Each tile size multiplies rounding errors; for a whole tile they may grow by this factor at most. */
const mostAmplification = 20

/** Input channels of a group, those of all views, below which the transforms hardly ever pay. */
const fewestChannels = 2

/** Taps of a tile: more need points whose rounding errors leave room for two outputs only. */
const mostTaps = 5

/** Views of the input, and phases of the output: each is a problem of its own. */
const [mostViews, mostPhases] = [64, 27]

/** Taps of an axis that may each be a view of their own, not transformed. */
const mostPlainTaps = 3

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
  wide ? { product: 0.017, cell: 0.28 } : { product: 0.034, cell: 0.9 }
/** A float brought from a tensor into a block, or back: neighbours together, or each by itself. */
const moved = { together: 0.13, apart: 0.35 }
/** Fewer tiles than this take as long: the weight has to be read. */
const fewestRows = 4
/** Calls and loops around the work. */
const fixed = 1200

/** A byte of transformed weight that is written and read, in the nearer caches and beyond them. */
const weightByte = { cached: 0.015, far: 0.06 }
const [nearBytes, farBytes] = [2 ** 20, 2 ** 23]

/** The share of runs in which the weight is transformed anew: what is made of it is kept while it stays. */
const weightRuns = ({ trains }: Features): number => (trains ? 1 : 0.25)

export function appliesTo(g: ConvolutionGeometry): boolean {
  const phases = g.axes.map(axisPhases)
  return (
    phases.every((list) => list.every(isTileable)) &&
    product(phases.map((list) => list.length)) <= mostPhases &&
    phases.some((list) => list.some((phase) => viewTaps(phase) > 1)) &&
    (g.inChannels / g.groups) * product(phases.map((list) => list[0]!.indexStep)) >=
      fewestChannels &&
    tilingsOf(g).every((each) => each.length > 0)
  )
}

/**
 * The gradient of a transposed kernel is that of the plain one that reads its output: one problem for all
 * phases, with the weight as it lies. Input and upstream change places.
 */
export const plainGeometry: (g: ConvolutionGeometry) => ConvolutionGeometry = derived((g) =>
  isTransposed(g)
    ? { ...g, inChannels: g.outChannels, outChannels: g.inChannels, axes: g.axes.map(adjointAxis) }
    : g,
)

interface Choice {
  readonly forms: readonly WinogradForm[]
  readonly cost: number
}

/** What was chosen for a geometry: it is asked for by those who compare and by those who follow. */
const chosen = derived((_: ConvolutionGeometry) => new Map<string, Choice>())

/** A problem for each phase of the output, each with the cheapest tiles whose rounding errors stay small. */
export function chooseTiles(
  g: ConvolutionGeometry,
  features: Features,
  side: Side = 'output',
): Choice {
  const key = `${side} ${features.wide} ${features.trains}`
  const known = chosen(g).get(key)
  if (known) return known
  const lists = side === 'output' ? tilingsOf(g) : phasesOf(g).map((each) => tilings(g, each, side))
  const choices = lists.map((list) => cheapestForm(g, list, features, side))
  const choice = {
    forms: choices.map(({ form }) => form),
    cost: choices.reduce((sum, { cost }) => sum + cost, 0),
  }
  chosen(g).set(key, choice)
  return choice
}

function cheapestForm(
  g: ConvolutionGeometry,
  tilings: readonly TiledAxis[][],
  features: Features,
  side: Side,
): { readonly form: WinogradForm; readonly cost: number } {
  const choices = tilings.map((axes) => {
    const form = winogradForm(g, axes)
    return { form, cost: costOf(form, features, side) }
  })
  return choices.reduce((best, each) => (each.cost < best.cost ? each : best))
}

/** For each phase of the output, what the axes are there. */
const phasesOf = ({ axes }: ConvolutionGeometry): AxisPhase[][] =>
  combinations(axes.map(axisPhases))

/** Tiles whose rounding errors stay small, of few enough views. */
const tilings = (g: ConvolutionGeometry, phases: readonly AxisPhase[], side: Side): TiledAxis[][] =>
  phases
    .reduce<TiledAxis[][]>(
      (lists, phase, a) => {
        const axes = tilesFor(phase, phases.length).map((tile) =>
          tiledAxis(g.axes[a]!, phase, tile),
        )
        return lists
          .flatMap((list) => axes.map((axis) => [...list, axis]))
          .filter((axes) => isAccurate(axes, side))
      },
      [[]],
    )
    .filter((axes) => product(axes.map(({ views }) => views.length)) <= mostViews)

const tilingsOf = derived((g: ConvolutionGeometry) =>
  phasesOf(g).map((each) => tilings(g, each, 'output')),
)

const isAccurate = (axes: readonly TiledAxis[], side: Side): boolean =>
  product(axes.map(({ tile }) => amplification(tile, side))) <= mostAmplification

/** Tiles that suit the taps of a phase: long windows are cut into pieces of nearly one length. */
function tilesFor(phase: AxisPhase, rank: number): Tile[] {
  const taps = viewTaps(phase)
  const plain: Tile = { size: 1, taps: 1 }
  if (taps === 1) return [plain]
  const lengths = new Set<number>()
  for (let pieces = 1; pieces < taps; pieces++) {
    const length = Math.ceil(taps / pieces)
    if (length <= mostTaps && length > 1) lengths.add(length)
  }
  const tiles = [...lengths].flatMap((length) =>
    Array.from({ length: mostProducts - length }, (_, i) => ({ size: i + 2, taps: length })),
  )
  return rank > 1 && taps <= mostPlainTaps ? [plain, ...tiles] : tiles
}

function costOf(form: WinogradForm, features: Features, side: Side): number {
  const rates = ratesOf(features)
  const { geometry: g, axes, planes, channels, outputs, channelBlocks, outputBlocks } = form
  const tiles = g.batch * form.sampleTiles
  // Passes over the axes: `before` an axis lie products of a tile, after it cells or taps.
  let inputWork = 0
  let outputWork = 0
  let weightWork = 0
  let before = 1
  for (const [a, { tile, products }] of axes.entries()) {
    const rest = axes.slice(a + 1)
    const after = product(rest.map((each) => each.tile.size))
    if (isTransformed(tile) || a === axes.length - 1) {
      inputWork += before * after * 2 * products
      outputWork += before * after * (products + tile.size)
      weightWork += before * product(rest.map((each) => each.tile.taps)) * (products + tile.taps)
    }
    before *= products
  }
  const weightBytes = 4 * planes * channels * outputs
  if (weightBytes * g.groups > mostWeightBytes) return Number.POSITIVE_INFINITY
  const bytes =
    weightByte.cached * Math.max(0, weightBytes - nearBytes) +
    weightByte.far * Math.max(0, weightBytes - farBytes)
  const taps = product(axes.map(({ tile }) => tile.taps))
  const transforms =
    rates.cell * tiles * (channelBlocks * inputWork + outputBlocks * outputWork) +
    g.batch * (movedCost(form, 'input') * channels + movedCost(form, 'output') * outputs)
  const weight =
    rates.cell * channels * outputBlocks * weightWork +
    moved.together * taps * channels * outputs +
    bytes
  const products = rates.product * planes * Math.max(tiles, fewestRows) * 8 * outputBlocks
  const run =
    side === 'output'
      ? products * channels + bytes / 2
      : products * 4 * Math.ceil(channels / 4) +
        Math.ceil(tiles / gradientBandTiles(form)) * (bytes + weightByte.cached * weightBytes)
  return (
    fixed + g.groups * (transforms + run + (side === 'output' ? weightRuns(features) : 1) * weight)
  )
}

/** To bring one channel of a sample into blocks, or back. */
function movedCost({ geometry: g, axes }: WinogradForm, side: 'input' | 'output'): number {
  const cells = axes.map((axis) =>
    side === 'input' ? inputCells(axis, axis.spans) : outputCells(axis, axis.spans),
  )
  const { inputStep, step } = axes.at(-1)!
  const isTogether = g.layout === 'channels-last' || (side === 'input' ? inputStep : step) === 1
  return product(cells) * (isTogether ? moved.together : moved.apart)
}
