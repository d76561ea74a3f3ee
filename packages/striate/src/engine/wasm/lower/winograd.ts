/**
 * Winograd's convolution for axes of three taps and stride 1, F(m, 3) along each: tiles of the input and
 * the weight are transformed, multiplied point by point and summed over channels, and transformed back
 * (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016). Dilated kernels run on
 * the phases of their axes; the gradient of the input is the same with the kernel reversed.
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
import { layoutStrides } from '../../../geometry/layout.ts'
import {
  type WinogradInputExports,
  type WinogradOutputExports,
  winogradInputModule,
  winogradOutputModule,
} from '../kernels/index.ts'
import type { Builder, ValueId } from '../plan.ts'
import { type Call, call, cut, type Part, place } from '../program.ts'
import type { ConvolutionAlgorithm } from './algorithm.ts'
import { copyCalls } from './copy.ts'
import type { LoweringContext } from './host.ts'
import { appliesTo, chooseTiles } from './winograd/choice.ts'
import { blockProduct, winogradKernel } from './winograd/kernels.ts'
import { regionBox } from './winograd/regions.ts'
import {
  type Band,
  bandsOf,
  bandTiles,
  cellBytes,
  oddLines,
  regionsOf,
  type WinogradForm,
} from './winograd/tiling.ts'
import { weightTransform } from './winograd/weight.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

export const winogradAlgorithm: ConvolutionAlgorithm = {
  name: 'winograd',
  applies: appliesTo,
  cost: (g, features) => chooseTiles(g, features).cost,
  lower,
}

function lower(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes: g, inputs, output } = context
  const [x, weight, bias] = inputs as [ValueId, ValueId, ValueId?]
  const { form } = chooseTiles(g, build.features)
  const { planes, channels, channelBlocks, outputs, outputBlocks, sampleTiles, weightPlane } = form
  const products = planes * g.batch * sampleTiles * channels * g.outChannels
  const pieces = products >= leastProducts ? build.threads : 1
  const transformed = weightTransform(build, form, weight, pieces)
  const blockBias = bias === undefined ? undefined : biasBlocks(build, form, bias)

  const tiles = bandTiles(form, pieces)
  const regions = regionsOf(form.axes, tiles, g.batch % pieces === 0 ? 1 : pieces)
  const bands = bandsOf(g.batch, regions, tiles)
  const room = Math.max(...bands.map(tilesOfBand))
  const blockStep = room * cellBytes
  const inputLayout = { blockStep, planeStep: oddLines(channelBlocks * blockStep) }
  const outputLayout = { blockStep, planeStep: oddLines(outputBlocks * blockStep) }
  const inputKernel = winogradKernel<WinogradInputExports>(
    build,
    form,
    'input',
    winogradInputModule,
  )
  const outputKernel = winogradKernel<WinogradOutputExports>(
    build,
    form,
    'output',
    winogradOutputModule,
  )
  const productKernel = blockProduct(build)
  const inputStrides = layoutStrides(
    g.layout,
    g.inChannels,
    g.axes.map((axis) => axis.input),
  )
  const outputStrides = layoutStrides(
    g.layout,
    g.outChannels,
    g.axes.map((axis) => axis.output),
  )
  const scratches: ValueId[] = []

  /** All bands of a range, one after the other, in scratch of their own. */
  const part = (mine: readonly Band[]): Part => {
    const regions = new Map(
      mine
        .flatMap((band) => band.map(({ region }) => region))
        .map((region) => [
          region,
          {
            input: regionBox(form, region, 'input', inputLayout),
            output: regionBox(form, region, 'output', outputLayout),
          },
        ]),
    )
    const work = (side: 'input' | 'output'): number =>
      Math.max(...[...regions.values()].map((boxes) => boxes[side].workBytes))
    const [planesOfInput, planesOfOutput, inputWork, outputWork] = [
      build.scratch(planes * inputLayout.planeStep),
      build.scratch(planes * outputLayout.planeStep),
      build.scratch(work('input')),
      build.scratch(work('output')),
    ] as [ValueId, ValueId, ValueId, ValueId]
    scratches.push(planesOfInput, planesOfOutput, inputWork, outputWork)
    let frame = ''
    const transformInput = (band: Band, group: number): Call[] =>
      band.map(({ sample, region, tile }) => {
        const box = regions.get(region)!.input
        const clears = box.hasFrame && box.frame !== frame
        frame = box.hasFrame ? box.frame : ''
        const first = sample * inputStrides.batch + group * channels * inputStrides.channel
        return call(
          inputKernel,
          'run',
          build.table(box.words(clears)),
          place(x, 4 * (first + box.start)),
          place(planesOfInput, tile * cellBytes),
          place(inputWork),
        )
      })
    const transformOutput = (band: Band, group: number): Call[] =>
      band.map(({ sample, region, tile }) => {
        const box = regions.get(region)!.output
        const first = sample * outputStrides.batch + group * outputs * outputStrides.channel
        return call(
          outputKernel,
          'run',
          build.table(box.words(false)),
          place(planesOfOutput, tile * cellBytes),
          place(output, 4 * (first + box.start)),
          blockBias === undefined ? 0 : place(blockBias.value, group * blockBias.groupBytes),
          place(outputWork),
        )
      })
    const multiply = (band: Band, group: number): Call =>
      call(
        productKernel,
        'run',
        planes,
        tilesOfBand(band),
        channels,
        outputBlocks,
        place(planesOfInput),
        inputLayout.blockStep,
        inputLayout.planeStep,
        place(transformed.value, group * transformed.groupBytes),
        weightPlane,
        place(planesOfOutput),
        outputLayout.blockStep,
        outputLayout.planeStep,
      )
    return Array.from({ length: g.groups }, (_, group) => group).flatMap((group) =>
      mine.flatMap((band) => [
        ...transformInput(band, group),
        multiply(band, group),
        ...transformOutput(band, group),
      ]),
    )
  }
  const parts = cut(bands.length, pieces).map(([first, last]) => part(bands.slice(first, last)))
  build.step({
    name: `${inputKernel.name.replace('-input-', '-')} convolution`,
    reads: [x, transformed.value, ...(blockBias ? [blockBias.value] : [])],
    writes: [output, ...scratches],
    stages: [{ parts }],
  })
}

const tilesOfBand = (band: Band): number => band.reduce((sum, { region }) => sum + region.tiles, 0)

/** The bias with room for whole blocks after each group; as it lies where groups are whole blocks. */
function biasBlocks(
  build: Builder,
  { geometry: g, outputs, outputBlocks }: WinogradForm,
  bias: ValueId,
): { readonly value: ValueId; readonly groupBytes: number } {
  const groupBytes = outputBlocks * cellBytes
  if (outputs % 8 === 0) return { value: bias, groupBytes }
  const value = build.scratch(g.groups * groupBytes)
  const copies = copyCalls(
    build,
    {
      elementBytes: 4,
      shape: [g.groups, outputs],
      from: { value: bias, start: 0, strides: [outputs, 1] },
      to: { value, start: 0, strides: [8 * outputBlocks, 1] },
    },
    1,
  )
  build.step({ name: 'copy bias', reads: [bias], writes: [value], stages: [{ parts: [copies] }] })
  return { value, groupBytes }
}
