/** What one thread does to a band: input to planes, products, planes to output. */
import { layoutStrides } from '../../../../geometry/layout.ts'
import type { Kernel } from '../../kernelCache.ts'
import {
  epilogueLabel,
  regionTable,
  type WinogradOutputExports,
  windowsLabel,
  winogradOutputModule,
} from '../../kernels/index.ts'
import type { Builder, ValueId } from '../../plan.ts'
import { type Call, call, place } from '../../program.ts'
import type { RegisterEpilogue } from '../epilogue.ts'
import type { Pooling } from '../pooling.ts'
import type { BlockBias } from './bias.ts'
import { blockProduct, winogradKernel } from './kernels.ts'
import { type BandLayout, regionBox } from './regions.ts'
import { sourceOf } from './source.ts'
import {
  type Band,
  cellBytes,
  type Piece,
  type Region,
  tilesOfBand,
  type WinogradForm,
} from './tiling.ts'
import type { TransformedWeight } from './weight.ts'

/** A range of whole numbers. */
type Range = readonly [first: number, end: number]

/** The transformed input of a band, and its products. */
export interface Planes {
  readonly input: ValueId
  readonly output: ValueId
}

export interface Lane {
  readonly scratches: readonly ValueId[]
  /** Blocks of channels of a piece. */
  readonly blocks: { readonly input: number; readonly output: number }
  enter(piece: Piece, group: number, blocks: Range): Call[]
  multiply(band: Band, group: number, points: Range): Call
  leave(piece: Piece, group: number, blocks: Range): Call
}

/** What the lanes of a step have in common. */
export interface Shared {
  readonly x: ValueId
  readonly weight: TransformedWeight
  readonly bias: BlockBias | null
  readonly epilogue: RegisterEpilogue | null
  readonly pooling: Pooling | undefined
  readonly output: ValueId
  readonly layouts: { readonly input: BandLayout; readonly output: BandLayout }
}

export const outputKernel = (
  build: Builder,
  form: WinogradForm,
  { epilogue, pooling }: Pick<Shared, 'epilogue' | 'pooling'>,
): Kernel<WinogradOutputExports> =>
  winogradKernel<WinogradOutputExports>(
    build,
    form,
    'output',
    (options) =>
      winogradOutputModule({
        ...options,
        ...(epilogue ? { epilogue: epilogue.kernel } : {}),
        ...(pooling ? { windows: pooling } : {}),
      }),
    epilogueLabel(epilogue?.kernel) + windowsLabel(pooling),
  )

/** A lane with work space of its own, for bands of these regions. */
export function laneOf(
  build: Builder,
  form: WinogradForm,
  shared: Shared,
  regions: readonly Region[],
  planes: Planes,
): Lane {
  const { geometry: g, channels, outputs, outputBlocks } = form
  const { x, weight, bias, epilogue, pooling, output, layouts } = shared
  const source = sourceOf(build, form, 'input', x, regions, layouts.input)
  const boxes = new Map(
    regions.map((region) => {
      const box = regionBox(form, region, 'output', layouts.output)
      return [region, pooling?.regions.box(form, region, box, pooling) ?? box]
    }),
  )
  const inputWork = build.scratch(source.workBytes)
  const outputWork = build.scratch(
    Math.max(...[...boxes.values()].map(({ workBytes }) => workBytes)),
  )
  const [productKernel, lastKernel] = [blockProduct(build), outputKernel(build, form, shared)]
  const strides = layoutStrides(
    g.layout,
    g.outChannels,
    pooling?.outputs ?? g.axes.map((axis) => axis.output),
  )
  return {
    scratches: [inputWork, outputWork, planes.input, planes.output],
    blocks: { input: source.blocks, output: outputBlocks },
    enter: (piece, group, blocks) => source.calls(piece, group, planes.input, inputWork, blocks),
    multiply: (band, group, [first, end]) =>
      call(
        productKernel,
        'run',
        end - first,
        tilesOfBand(band),
        channels,
        outputBlocks,
        place(planes.input, first * layouts.input.planeStep),
        layouts.input.blockStep,
        layouts.input.planeStep,
        place(weight.value, group * weight.groupBytes + first * form.weightPlane),
        form.weightPlane,
        place(planes.output, first * layouts.output.planeStep),
        layouts.output.blockStep,
        layouts.output.planeStep,
      ),
    leave: ({ sample, region, tile }, group, [first, end]) => {
      const box = boxes.get(region)!
      const channel = group * outputs + 8 * first
      const cell = 4 * (sample * strides.batch + channel * strides.channel + box.start)
      return call(
        lastKernel,
        'run',
        build.table(regionTable(box.words(Math.min(outputs, 8 * end) - 8 * first))),
        place(planes.output, tile * cellBytes + first * layouts.output.blockStep),
        place(output, cell),
        bias === null ? 0 : place(bias.value, group * bias.groupBytes + first * cellBytes),
        place(outputWork),
        ...(epilogue?.places({ cell }) ?? []),
      )
    },
  }
}
