/** The step that transforms the weight, G g along every axis, as the products read it. */
import { isTransposed, product } from '../../../../geometry/convolution.ts'
import { stridesOf } from '../../../../tensor/shape.ts'
import {
  blockProductDepth,
  type WinogradWeightExports,
  winogradWeightModule,
  winogradWeightWork,
} from '../../kernels/index.ts'
import type { Builder, ValueId } from '../../plan.ts'
import { type Call, call, cut, place, type Stage } from '../../program.ts'
import { copyCalls } from '../copy.ts'
import { zero } from '../fill.ts'
import { isWhole } from './choice.ts'
import { productTile, winogradKernel } from './kernels.ts'
import { cellBytes, type WinogradForm } from './tiling.ts'

/** Planes for every group; `pieces` threads share the work. */
export function weightTransform(
  build: Builder,
  form: WinogradForm,
  weight: ValueId,
  pieces: number,
): { readonly value: ValueId; readonly groupBytes: number } {
  const { geometry: g, axes, planes, channels, outputs, outputBlocks, weightPlane } = form
  const tiles = axes.map(({ tile }) => tile)
  const taps = product(tiles.map((tile) => tile.taps))
  const spread = isWhole(form) ? null : spreadTaps(build, form, weight)
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
    stages: [...(spread?.stages ?? []), { parts }],
    keeps: [value],
  })
  return { value, groupBytes }
}

/** The weight as if each view were channels: [group, output, view, input, ...taps], 0 for taps that a view lacks. */
function spreadTaps(
  build: Builder,
  { geometry: g, axes, views, inputs, channels, outputs }: WinogradForm,
  weight: ValueId,
): { readonly value: ValueId; readonly stages: readonly Stage[] } {
  const kernel = axes.map(({ axis }) => axis.kernel)
  const kernelStrides = stridesOf(kernel)
  const kernelSize = product(kernel)
  const sizes = axes.map(({ tile }) => tile.taps)
  const strides = stridesOf(sizes)
  const size = product(sizes)
  const transposed = isTransposed(g)
  const from = [
    inputs * outputs * kernelSize,
    transposed ? kernelSize : inputs * kernelSize,
    transposed ? outputs * kernelSize : kernelSize,
  ]
  const to = [outputs * channels * size, channels * size, size]
  const bytes = 4 * g.groups * outputs * channels * size
  const value = build.scratch(bytes)
  const copies = views.flatMap((view, number) => {
    const start = view.reduce((sum, { tap }, a) => {
      const stored = axes[a]!.axis.flip ? kernel[a]! - 1 - tap : tap
      return sum + stored * kernelStrides[a]!
    }, 0)
    const steps = view.map(
      ({ tapStep }, a) => (axes[a]!.axis.flip ? -1 : 1) * tapStep * kernelStrides[a]!,
    )
    return copyCalls(
      build,
      {
        elementBytes: 4,
        shape: [g.groups, outputs, inputs, ...view.map((each) => each.taps)],
        from: { value: weight, start, strides: [...from, ...steps] },
        to: { value, start: number * inputs * size, strides: [...to, ...strides] },
      },
      1,
    )
  })
  const isFull = views.every((view) => view.every((each, a) => each.taps === sizes[a]))
  const clearing = isFull ? [] : [zero(build, place(value), bytes)]
  return { value, stages: [{ parts: [[...clearing, ...copies]] }] }
}
