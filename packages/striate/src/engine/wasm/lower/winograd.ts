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
import { layoutStrides } from '../../../geometry/layout.ts'
import {
  epilogueLabel,
  type WinogradOutputExports,
  winogradOutputModule,
} from '../kernels/index.ts'
import type { Builder, ValueId } from '../plan.ts'
import { type Call, call, cut, type Part, place } from '../program.ts'
import type { ConvolutionAlgorithm } from './algorithm.ts'
import { copyCalls } from './copy.ts'
import { type RegisterEpilogue, takeInRegisters } from './epilogue.ts'
import type { LoweringContext } from './host.ts'
import { appliesTo, chooseTiles } from './winograd/choice.ts'
import { blockProduct, winogradKernel } from './winograd/kernels.ts'
import { regionBox } from './winograd/regions.ts'
import { sourceOf } from './winograd/source.ts'
import {
  type Band,
  bandsOf,
  bandTiles,
  cellBytes,
  oddLines,
  regionsOf,
  tilesOfBand,
  type WinogradForm,
} from './winograd/tiling.ts'
import { weightTransform } from './winograd/weight.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

export const winogradAlgorithm: ConvolutionAlgorithm = {
  name: 'winograd',
  isTransform: true,
  applies: appliesTo,
  cost: (g, features) => chooseTiles(g, features).cost,
  lower,
}

function lower(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes, inputs } = context
  const { forms } = chooseTiles(attributes, build.features)
  const bias = inputs[2] === undefined ? null : biasBlocks(build, forms[0]!, inputs[2])
  const epilogue = takeInRegisters(context.epilogue, context.outputType, noMatrix)
  for (const form of forms) lowerForm(context, form, bias, epilogue)
}

function lowerForm(
  { build, attributes: g, inputs, output }: LoweringContext<ConvolutionGeometry>,
  form: WinogradForm,
  bias: BlockBias | null,
  epilogue: RegisterEpilogue | null,
): void {
  const [x, weight] = inputs as [ValueId, ValueId]
  const { planes, channels, channelBlocks, outputs, outputBlocks, sampleTiles, weightPlane } = form
  const products = planes * g.batch * sampleTiles * channels * g.outChannels
  const pieces = products >= leastProducts ? build.threads : 1
  const transformed = weightTransform(build, form, weight, pieces)

  const tiles = bandTiles(form, pieces)
  const regions = regionsOf(form.axes, tiles, g.batch % pieces === 0 ? 1 : pieces)
  const bands = bandsOf(g.batch, regions, tiles)
  const room = Math.max(...bands.map(tilesOfBand))
  const blockStep = room * cellBytes
  const inputLayout = { blockStep, planeStep: oddLines(channelBlocks * blockStep) }
  const outputLayout = { blockStep, planeStep: oddLines(outputBlocks * blockStep) }
  const outputKernel = winogradKernel<WinogradOutputExports>(
    build,
    form,
    'output',
    (options) =>
      winogradOutputModule({ ...options, ...(epilogue ? { epilogue: epilogue.kernel } : {}) }),
    epilogueLabel(epilogue?.kernel),
  )
  const productKernel = blockProduct(build)
  const outputStrides = layoutStrides(
    g.layout,
    g.outChannels,
    g.axes.map((axis) => axis.output),
  )
  const scratches: ValueId[] = []

  /** All bands of a range, one after the other, in scratch of their own. */
  const part = (mine: readonly Band[]): Part => {
    const regions = [...new Set(mine.flatMap((band) => band.map(({ region }) => region)))]
    const source = sourceOf(build, form, 'input', x, regions, inputLayout)
    const boxes = new Map(
      regions.map((region) => [region, regionBox(form, region, 'output', outputLayout)]),
    )
    const outputWork = Math.max(...[...boxes.values()].map(({ workBytes }) => workBytes))
    const [planesOfInput, planesOfOutput, workOfInput, workOfOutput] = [
      build.scratch(planes * inputLayout.planeStep),
      build.scratch(planes * outputLayout.planeStep),
      build.scratch(source.workBytes),
      build.scratch(outputWork),
    ] as [ValueId, ValueId, ValueId, ValueId]
    scratches.push(planesOfInput, planesOfOutput, workOfInput, workOfOutput)
    const transformOutput = (band: Band, group: number): Call[] =>
      band.map(({ sample, region, tile }) => {
        const box = boxes.get(region)!
        const first = sample * outputStrides.batch + group * outputs * outputStrides.channel
        return call(
          outputKernel,
          'run',
          build.table(box.words(false)),
          place(planesOfOutput, tile * cellBytes),
          place(output, 4 * (first + box.start)),
          bias === null ? 0 : place(bias.value, group * bias.groupBytes),
          place(workOfOutput),
          ...(epilogue?.places({ cell: 4 * (first + box.start) }) ?? []),
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
        ...band.flatMap((piece) => source.calls(piece, group, planesOfInput, workOfInput)),
        multiply(band, group),
        ...transformOutput(band, group),
      ]),
    )
  }
  const parts = cut(bands.length, pieces).map(([first, last]) => part(bands.slice(first, last)))
  build.step({
    name: `${outputKernel.name.replace('-output-', '-')} convolution`,
    reads: [
      x,
      transformed.value,
      ...(bias === null ? [] : [bias.value]),
      ...(epilogue?.reads ?? []),
    ],
    writes: [output, ...scratches],
    stages: [{ parts }],
  })
}

/** Results leave by channels: an operand has a number for each result, or one for all. */
const noMatrix = { row: -1 }

interface BlockBias {
  readonly value: ValueId
  readonly groupBytes: number
}

/** The bias with room for whole blocks after each group; as it lies where groups are whole blocks. */
function biasBlocks(
  build: Builder,
  { geometry: g, outputs, outputBlocks }: WinogradForm,
  bias: ValueId,
): BlockBias {
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
