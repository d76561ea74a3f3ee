/** The step that transforms the weight, G g along every axis, as the products read it. */
import { isTransposed, product } from '../../../../geometry/convolution.ts'
import {
  blockProductDepth,
  type WinogradWeightExports,
  winogradWeightModule,
  winogradWeightWork,
} from '../../kernels/index.ts'
import type { Builder, ValueId } from '../../plan.ts'
import { type Call, call, cut, place } from '../../program.ts'
import { isWhole } from './choice.ts'
import { productTile, winogradKernel } from './kernels.ts'
import { spreadCopies } from './spread.ts'
import { cellBytes, type WinogradForm } from './tiling.ts'

export interface TransformedWeight {
  readonly value: ValueId
  readonly groupBytes: number
}

/** Planes for every group; `pieces` threads share the work. */
export function weightTransform(
  build: Builder,
  form: WinogradForm,
  weight: ValueId,
  pieces: number,
): TransformedWeight {
  const { geometry: g, axes, planes, channels, outputs, outputBlocks, weightPlane } = form
  const tiles = axes.map(({ tile }) => tile)
  const taps = product(tiles.map((tile) => tile.taps))
  const spread = isWhole(form) ? null : spreadCopies(build, form, weight, 'forth')
  const transposed = spread === null && isTransposed(g)
  const source = spread === null ? weight : spread.value
  const rowStep = 4 * taps * (transposed ? 1 : channels)
  const channelStep = 4 * taps * (transposed ? outputs : 1)
  const groupBytes = planes * weightPlane
  const value = build.scratch(groupBytes * g.groups)
  const kernel = winogradKernel<WinogradWeightExports>(build, form, 'weight', winogradWeightModule)
  const together = productTile(build.features).blocks
  const works: ValueId[] = []

  const panels = Math.ceil(outputBlocks / together)

  /** One panel of blocks that the product reads side by side, over all channels; the last one may be narrower. */
  const panelCalls = (index: number, work: ValueId): Call[] => {
    const group = Math.floor(index / panels)
    const block = (index % panels) * together
    const width = Math.min(together, outputBlocks - block)
    const stretches = cut(channels, Math.ceil(channels / blockProductDepth), blockProductDepth)
    return stretches.map(([first, last]) => {
      const from = 4 * group * channels * outputs * taps + 8 * block * rowStep + first * channelStep
      const before = first * outputBlocks + block * (last - first)
      return call(
        kernel,
        'run',
        last - first,
        Math.min(8 * width, outputs - 8 * block),
        place(source, from),
        rowStep,
        channelStep,
        transposed ? 1 : 0,
        place(value, group * groupBytes + before * cellBytes),
        width * cellBytes,
        weightPlane,
        place(work),
      )
    })
  }
  const parts = cut(g.groups * panels, pieces).map(([first, last]) => {
    const work = build.scratch(winogradWeightWork(tiles))
    works.push(work)
    return Array.from({ length: last - first }, (_, i) => first + i).flatMap((index) =>
      panelCalls(index, work),
    )
  })
  build.step({
    name: `${kernel.name} weight`,
    reads: [weight],
    writes: [value, ...(spread === null ? [] : [spread.value]), ...works],
    stages: [...(spread === null ? [] : [{ parts: [spread.copies] }]), { parts }],
    keeps: [value],
  })
  return { value, groupBytes }
}
