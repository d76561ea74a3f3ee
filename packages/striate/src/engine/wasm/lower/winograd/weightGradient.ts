/**
 * The gradient of the weight by Winograd's products read backwards, ∇g = Gᵀ[Σ (A ∇y) ⊙ (Bᵀ d)]: as many
 * products as the convolution itself. Band by band, input and upstream are transformed, then multiplied and
 * summed over tiles; the sums are transformed at the end. The order of all sums follows from the geometry
 * alone: threads share regions, and points, never a sum.
 */
import {
  type ConvolutionGeometry,
  isTransposed,
  product,
} from '../../../../geometry/convolution.ts'
import {
  type WinogradGradientExports,
  winogradGradientModule,
  winogradGradientWork,
} from '../../kernels/index.ts'
import type { Builder, ValueId } from '../../plan.ts'
import { type Call, call, cut, type Part, place, type Stage } from '../../program.ts'
import { zero } from '../fill.ts'
import type { LoweringContext } from '../host.ts'
import { chooseTiles, isWhole } from './choice.ts'
import { outerProduct, winogradKernel } from './kernels.ts'
import { sourceOf } from './source.ts'
import { spreadCopies } from './spread.ts'
import {
  type Band,
  bandsOf,
  cellBytes,
  gradientBandTiles,
  oddLines,
  regionsOf,
  tilesOfBand,
  type WinogradForm,
} from './tiling.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

/** Regions of a band: threads share them. */
const regionsPerBand = 4

export function lowerWinogradWeightGradient(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes: g, output, outputType } = context
  const { forms } = chooseTiles(g, build.features, 'gradient')
  const taps = forms.flatMap(({ views }) => views.map((view) => product(view.map((v) => v.taps))))
  const reached = taps.reduce((sum, each) => sum + each, 0)
  // Where the output is smaller than the stride of a transposed kernel, no output meets some taps.
  if (reached < product(g.axes.map(({ kernel }) => kernel))) {
    const clearing = zero(build, place(output), 4 * product(outputType.shape))
    build.step({
      name: 'fill weight gradient',
      reads: [],
      writes: [output],
      stages: [{ parts: [[clearing]] }],
    })
  }
  for (const form of forms) lowerForm(context, form)
}

function lowerForm(
  { build, attributes: g, inputs, output }: LoweringContext<ConvolutionGeometry>,
  form: WinogradForm,
): void {
  const [x, upstream] = inputs as [ValueId, ValueId]
  const { planes, channels, channelBlocks, outputBlocks, sampleTiles } = form
  const products = planes * g.batch * sampleTiles * channels * g.outChannels
  const pieces = products >= leastProducts ? build.threads : 1
  const capacity = gradientBandTiles(form)
  const regions = regionsOf(form.axes, Math.ceil(capacity / regionsPerBand), 1)
  const bands = bandsOf(g.batch, regions, capacity)
  const room = Math.max(...bands.map(tilesOfBand))
  const layoutOf = (blocks: number) => ({
    blockStep: room * cellBytes,
    planeStep: oddLines(blocks * room * cellBytes),
  })
  const [inputLayout, upstreamLayout] = [layoutOf(channelBlocks), layoutOf(outputBlocks)]
  const sumBlock = channelBlocks * 8 * cellBytes
  const sumPlane = oddLines(outputBlocks * sumBlock)
  const [planesOfInput, planesOfUpstream, sums] = [
    build.scratch(planes * inputLayout.planeStep),
    build.scratch(planes * upstreamLayout.planeStep),
    build.scratch(planes * sumPlane),
  ] as [ValueId, ValueId, ValueId]
  const scratches = [planesOfInput, planesOfUpstream, sums]
  /** Each thread transforms in work space of its own. */
  const lanes = Array.from({ length: pieces }, () => {
    const sides = [
      { source: sourceOf(build, form, 'input', x, regions, inputLayout), planes: planesOfInput },
      {
        source: sourceOf(build, form, 'upstream', upstream, regions, upstreamLayout),
        planes: planesOfUpstream,
      },
    ].map((side) => ({ ...side, work: build.scratch(side.source.workBytes) }))
    scratches.push(...sides.map(({ work }) => work))
    return sides
  })
  const transform = (band: Band, group: number): Part[] =>
    cut(band.length, pieces).map(([first, end], lane) =>
      lanes[lane]!.flatMap(({ source, planes: to, work }) =>
        band
          .slice(first, end)
          .flatMap((piece) => source.calls(piece, group, to, work, [0, source.blocks])),
      ),
    )
  const kernel = outerProduct(build)
  const multiply = (band: Band, isFirst: boolean): Part[] =>
    cut(planes, pieces).map(([first, end]) => [
      call(
        kernel,
        'run',
        end - first,
        tilesOfBand(band),
        channels,
        outputBlocks,
        place(planesOfInput, first * inputLayout.planeStep),
        inputLayout.blockStep,
        inputLayout.planeStep,
        place(planesOfUpstream, first * upstreamLayout.planeStep),
        upstreamLayout.blockStep,
        upstreamLayout.planeStep,
        place(sums, first * sumPlane),
        sumBlock,
        sumPlane,
        isFirst ? 0 : 1,
      ),
    ])
  const last = lastTransform(build, form, output, { sums, sumBlock, sumPlane }, pieces)
  const groups = Array.from({ length: g.groups }, (_, group) => group)
  build.step({
    name: `${last.name.replace('-gradient-', '-')} convolutionWeightGradient`,
    reads: inputs,
    writes: [output, ...scratches, ...last.scratches],
    stages: [
      ...groups.flatMap((group): Stage[] => [
        ...bands.flatMap((band, i) => [
          { parts: transform(band, group) },
          { parts: multiply(band, i === 0) },
        ]),
        { parts: last.parts(group) },
      ]),
      ...last.stages,
    ],
  })
}

/** Gᵀ of the sums, into the gradient as it lies or, by way of the taps of each view, where they belong. */
function lastTransform(
  build: Builder,
  form: WinogradForm,
  output: ValueId,
  from: { readonly sums: ValueId; readonly sumBlock: number; readonly sumPlane: number },
  pieces: number,
): {
  readonly name: string
  parts(group: number): Part[]
  readonly stages: readonly Stage[]
  readonly scratches: readonly ValueId[]
} {
  const { geometry: g, axes, channels, outputs, outputBlocks } = form
  const tiles = axes.map(({ tile }) => tile)
  const taps = product(tiles.map((tile) => tile.taps))
  const kernel = winogradKernel<WinogradGradientExports>(
    build,
    form,
    'gradient',
    winogradGradientModule,
  )
  const spread = isWhole(form) ? null : spreadCopies(build, form, output, 'back')
  const transposed = spread === null && isTransposed(g)
  const to = spread === null ? output : spread.value
  const rowStep = 4 * taps * (transposed ? 1 : channels)
  const channelStep = 4 * taps * (transposed ? outputs : 1)
  const ranges = cut(outputBlocks, pieces)
  const works = ranges.map(() => build.scratch(winogradGradientWork(tiles)))
  const block = (group: number, index: number, work: ValueId): Call =>
    call(
      kernel,
      'run',
      channels,
      Math.min(8, outputs - 8 * index),
      place(from.sums, index * from.sumBlock),
      from.sumPlane,
      place(to, 4 * group * channels * outputs * taps + 8 * index * rowStep),
      rowStep,
      channelStep,
      transposed ? 1 : 0,
      place(work),
    )
  return {
    name: kernel.name,
    parts: (group) =>
      ranges.map(([first, end], i) =>
        Array.from({ length: end - first }, (_, j) => block(group, first + j, works[i]!)),
      ),
    stages: spread === null ? [] : [{ parts: [spread.copies] }],
    scratches: [...works, ...(spread === null ? [] : [spread.value])],
  }
}
