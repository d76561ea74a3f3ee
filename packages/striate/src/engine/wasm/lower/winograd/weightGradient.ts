/**
 * The gradient of the weight by Winograd's products read backwards, ∇g = Gᵀ[Σ (A ∇y) ⊙ (Bᵀ d)]: as many
 * products as the convolution itself. Band by band, input and upstream are transformed, then multiplied and
 * summed over tiles; the sums are transformed at the end. The order of all sums follows from the geometry
 * alone: threads share regions, and points, never a sum.
 */
import type { ConvolutionGeometry } from '../../../../geometry/convolution.ts'
import {
  tapWords,
  tapWork,
  type WinogradGradientExports,
  winogradGradientModule,
} from '../../kernels/index.ts'
import type { Builder, ValueId } from '../../plan.ts'
import { type Call, call, cut, type Part, place, type Stage } from '../../program.ts'
import type { LoweringContext } from '../host.ts'
import { chooseTiles, plainGeometry } from './choice.ts'
import { outerProduct, winogradKernel } from './kernels.ts'
import { sourceOf } from './source.ts'
import { kernelTaps, storedTaps } from './taps.ts'
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

export function lowerWinogradWeightGradient({
  build,
  attributes,
  inputs,
  output,
}: LoweringContext<ConvolutionGeometry>): void {
  const g = plainGeometry(attributes)
  const [x, upstream] = (g === attributes ? inputs : inputs.toReversed()) as [ValueId, ValueId]
  const form = chooseTiles(g, build.features, 'gradient').forms[0]!
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
    stages: groups.flatMap((group): Stage[] => [
      ...bands.flatMap((band, i) => [
        { parts: transform(band, group) },
        { parts: multiply(band, i === 0) },
      ]),
      { parts: last.parts(group) },
    ]),
  })
}

/** Gᵀ of the sums, view by view, to where their taps belong. */
function lastTransform(
  build: Builder,
  form: WinogradForm,
  output: ValueId,
  from: { readonly sums: ValueId; readonly sumBlock: number; readonly sumPlane: number },
  pieces: number,
): {
  readonly name: string
  parts(group: number): Part[]
  readonly scratches: readonly ValueId[]
} {
  const { axes, views, inputs, outputs, outputBlocks } = form
  const taps = kernelTaps(form)
  const kernel = winogradKernel<WinogradGradientExports>(
    build,
    form,
    'gradient',
    winogradGradientModule,
  )
  const places = views.map((view, v) => ({
    place: v * inputs * cellBytes,
    taps: storedTaps(form, view),
  }))
  const words = build.table(tapWords(taps, 1, from.sumPlane, places))
  const channelStep = 4 * taps
  const rowStep = inputs * channelStep
  const ranges = cut(outputBlocks, pieces)
  const workBytes = tapWork(
    axes.map(({ tile }) => tile),
    taps,
    1,
  )
  const works = ranges.map(() => build.scratch(workBytes))
  const block = (group: number, index: number, work: ValueId): Call =>
    call(
      kernel,
      'run',
      words,
      inputs,
      Math.min(8, outputs - 8 * index),
      place(from.sums, index * from.sumBlock),
      place(output, (group * outputs + 8 * index) * rowStep),
      rowStep,
      channelStep,
      place(work),
    )
  return {
    name: kernel.name,
    parts: (group) =>
      ranges.map(([first, end], i) =>
        Array.from({ length: end - first }, (_, j) => block(group, first + j, works[i]!)),
      ),
    scratches: works,
  }
}
