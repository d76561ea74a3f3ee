/**
 * Winograd's convolution, F(m, r) along each axis: tiles of the input and the weight are transformed,
 * multiplied point by point and summed over channels, and transformed back (Lavin and Gray, "Fast
 * algorithms for convolutional neural networks", 2016). Dilated kernels run on the phases of their axes,
 * strided and long ones as sums over views of the input, transposed ones phase by phase of the output
 * (tiling.ts); the gradient of the input is the same with the kernel reversed.
 *
 * Errors. Largest error over largest result, measured with uniform, normal, rectified normal and image-like
 * data, 16 outputs, float32 against float64:
 *
 *   channels                       16       64       256      512      (plain sum: 3e-7 to 7e-7)
 *   F(4, 3) × F(4, 3)              1.1e-6   1.6e-6   1.7e-6   1.8e-6
 *   F(5, 3)², F(6, 3) × F(4, 3)    2.6e-6   4.1e-6   4.7e-6   4.8e-6
 *   F(4, 3)³                       2.3e-6   3.6e-6   4.2e-6
 *   F(6, 3), one axis              1.4e-6   2.0e-6            1.8e-6
 *
 * A cell that is infinite or NaN makes NaN of all outputs of its tile, not of its own windows alone.
 */
import type { ConvolutionGeometry } from '../../../geometry/convolution.ts'
import type { ValueId } from '../plan.ts'
import { cut, type Part, type Stage } from '../program.ts'
import type { ConvolutionAlgorithm } from './algorithm.ts'
import type { RegisterEpilogue } from './epilogue.ts'
import type { LoweringContext } from './host.ts'
import type { Pooling } from './pooling.ts'
import { type BlockBias, biasBlocks } from './winograd/bias.ts'
import { appliesTo, chooseTiles } from './winograd/choice.ts'
import { type Lane, laneOf, outputKernel, type Planes, type Shared } from './winograd/lane.ts'
import {
  type Band,
  bandsOf,
  bandTiles,
  cellBytes,
  oddLines,
  type Piece,
  regionsOf,
  tilesOfBand,
  type WinogradForm,
} from './winograd/tiling.ts'
import { weightTransform } from './winograd/weight.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

/** Threads with jobs of their own wait for the one that has most to do: for so much of an even share. */
const mostWaiting = 0.06

export const winogradAlgorithm: ConvolutionAlgorithm = {
  name: 'winograd',
  isTransform: true,
  applies: appliesTo,
  cost: (g, features) => chooseTiles(g, features).cost,
  pools(g, pooling, features) {
    const { forms } = chooseTiles(g, features)
    return forms.length === 1 && pooling.regions.areSmall(forms[0]!, pooling)
  },
  lower,
}

function lower(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes, inputs } = context
  const { forms } = chooseTiles(attributes, build.features)
  const bias = inputs[2] === undefined ? null : biasBlocks(build, forms[0]!, inputs[2])
  const epilogue = context.epilogue?.inRegisters(noMatrix) ?? null
  for (const form of forms) lowerForm(context, form, bias, epilogue)
}

/** Results leave by channels: an operand has a number for each result, or one for all. */
const noMatrix = { row: -1 }

function lowerForm(
  { build, attributes: g, inputs, output, pooling }: LoweringContext<ConvolutionGeometry>,
  form: WinogradForm,
  bias: BlockBias | null,
  epilogue: RegisterEpilogue | null,
): void {
  const [x, weight] = inputs as [ValueId, ValueId]
  const { planes, channels, channelBlocks, outputBlocks, sampleTiles } = form
  const products = planes * g.batch * sampleTiles * channels * g.outChannels
  const threads = products >= leastProducts ? build.threads : 1
  const transformed = weightTransform(build, form, weight, threads)
  const { shares, room } = shareOut(form, threads, pooling)
  const blockStep = room * cellBytes
  const layouts = {
    input: { blockStep, planeStep: oddLines(channelBlocks * blockStep) },
    output: { blockStep, planeStep: oddLines(outputBlocks * blockStep) },
  }
  const shared: Shared = { x, weight: transformed, bias, epilogue, pooling, output, layouts }
  const planesOfBand = (): Planes => ({
    input: build.scratch(planes * layouts.input.planeStep),
    output: build.scratch(planes * layouts.output.planeStep),
  })
  const isTogether = shares.length < threads
  const common = planesOfBand()
  const lanes = Array.from({ length: isTogether ? threads : shares.length }, (_, i) => {
    const regions = new Set(
      (shares[i] ?? shares[0]!).flatMap(({ band }) => band.map(({ region }) => region)),
    )
    const own = isTogether || i === 0 ? common : planesOfBand()
    return laneOf(build, form, shared, [...regions], own)
  })
  build.step({
    name: `${outputKernel(build, form, shared).name.replace('-output-', '-')} convolution`,
    reads: [
      x,
      transformed.value,
      ...(bias === null ? [] : [bias.value]),
      ...(epilogue?.reads ?? []),
    ],
    writes: [output, ...new Set(lanes.flatMap(({ scratches }) => scratches))],
    stages: isTogether
      ? shares[0]!.flatMap((job) => together(lanes, job, planes))
      : [{ parts: shares.map((jobs, i) => jobs.flatMap((job) => alone(lanes[i]!, job, planes))) }],
  })
}

/** A group of channels of the pieces of a band. */
interface Job {
  readonly group: number
  readonly band: Band
}

/**
 * The jobs of each thread; or of all of them together, in one share, where they cannot be dealt evenly.
 * `room` is for the tiles of the largest band.
 */
function shareOut(
  form: WinogradForm,
  threads: number,
  pooling: Pooling | undefined,
): { readonly shares: readonly (readonly Job[])[]; readonly room: number } {
  const { geometry: g } = form
  const grains = pooling?.regions.grains(form, pooling)
  const jobsFor = (pieces: number): Job[] => {
    const tiles = bandTiles(form, pieces)
    const regions = regionsOf(form.axes, tiles, g.batch % pieces === 0 ? 1 : pieces, grains)
    const bands = bandsOf(g.batch, regions, tiles)
    return Array.from({ length: g.groups }, (_, group) => group).flatMap((group) =>
      bands.map((band) => ({ group, band })),
    )
  }
  const roomOf = (jobs: readonly Job[]): number =>
    Math.max(...jobs.map(({ band }) => tilesOfBand(band)))
  const tilesOf = (jobs: readonly Job[]): number =>
    jobs.reduce((sum, { band }) => sum + tilesOfBand(band), 0)
  const jobs = jobsFor(threads)
  const shares = cut(jobs.length, threads).map(([first, end]) => jobs.slice(first, end))
  const most = Math.max(...shares.map(tilesOf))
  if (threads * most <= (1 + mostWaiting) * tilesOf(jobs)) return { shares, room: roomOf(jobs) }
  const whole = jobsFor(1)
  return { shares: [whole], room: roomOf(whole) }
}

const alone = (lane: Lane, { band, group }: Job, points: number): Part => [
  ...band.flatMap((piece) => lane.enter(piece, group, [0, lane.blocks.input])),
  lane.multiply(band, group, [0, points]),
  ...band.map((piece) => lane.leave(piece, group, [0, lane.blocks.output])),
]

/** Threads share the blocks of channels in the transforms, and the points of a tile in the products. */
function together(lanes: readonly Lane[], { band, group }: Job, points: number): Stage[] {
  const transform = (side: 'enter' | 'leave', blocks: number): Stage => {
    const each = dealt(band, blocks, lanes.length)
    return {
      parts: each.map((pieces, i) =>
        pieces.flatMap(([piece, range]) => lanes[i]![side](piece, group, range)),
      ),
    }
  }
  const { input, output } = lanes[0]!.blocks
  return [
    transform('enter', input),
    {
      parts: cut(points, lanes.length).map((range, i) => [lanes[i]!.multiply(band, group, range)]),
    },
    transform('leave', output),
  ]
}

/** All blocks of all pieces in even shares; for each share the ranges of blocks. */
const dealt = (
  band: Band,
  blocks: number,
  shares: number,
): (readonly [Piece, [first: number, end: number]])[][] =>
  cut(band.length * blocks, shares).map(([from, to]) =>
    band.flatMap((piece, i) => {
      const [first, end] = [Math.max(0, from - i * blocks), Math.min(blocks, to - i * blocks)]
      return first < end ? [[piece, [first, end]] as const] : []
    }),
  )
