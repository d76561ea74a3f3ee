/** The step that transforms the weight, G g along every axis, as the products read it. */
import { isTransposed } from '../../../../geometry/convolution.ts'
import {
  blockProductDepth,
  tapWords,
  tapWork,
  type WinogradWeightExports,
  winogradWeightModule,
} from '../../kernels/index.ts'
import type { Builder, ValueId } from '../../plan.ts'
import { call, cut, place } from '../../program.ts'
import { productTile, winogradKernel } from './kernels.ts'
import { kernelTaps, storedTaps } from './taps.ts'
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
  const { geometry: g, axes, views, planes, weightPlane, ...sizes } = form
  const { inputs, channels, outputs, outputBlocks } = sizes
  const tiles = axes.map(({ tile }) => tile)
  const taps = kernelTaps(form)
  const transposed = isTransposed(g)
  const rowStep = 4 * taps * (transposed ? 1 : inputs)
  const channelStep = 4 * taps * (transposed ? outputs : 1)
  const groupBytes = planes * weightPlane
  const value = build.scratch(groupBytes * g.groups)
  const kernel = winogradKernel<WinogradWeightExports>(build, form, 'weight', winogradWeightModule)
  const together = productTile(build.features).blocks
  const panels = cut(outputBlocks, Math.ceil(outputBlocks / together), together)
  const stretches = cut(channels, Math.ceil(channels / blockProductDepth), blockProductDepth)
  // Runs of channels of the input that are in one stretch with each view.
  const ends = stretches
    .flatMap(([first]) => views.map((_, view) => first - view * inputs))
    .filter((end) => end > 0 && end < inputs)
  const bounds = [...new Set([0, ...ends, inputs])].sort((a, b) => a - b)
  const viewTaps = views.map((view) => storedTaps(form, view))

  /** One panel of blocks that the product reads side by side; the last one may be narrower. */
  const calls = panels.flatMap(([block, last]) =>
    bounds.slice(1).map((end, i) => {
      const from = bounds[i]!
      const record = (last - block) * cellBytes
      const places = viewTaps.map((taps, view) => {
        const channel = view * inputs + from
        const [first, after] = stretches.find(([, to]) => channel < to)!
        const before = first * outputBlocks + block * (after - first)
        return { place: before * cellBytes + (channel - first) * record, taps }
      })
      const words = build.table(tapWords(taps, together, weightPlane, places))
      const start = 8 * block * rowStep + from * channelStep
      return (group: number, work: ValueId) =>
        call(
          kernel,
          'run',
          words,
          end - from,
          Math.min(8 * last, outputs) - 8 * block,
          place(weight, 4 * group * inputs * outputs * taps + start),
          rowStep,
          channelStep,
          place(value, group * groupBytes),
          record,
          place(work),
        )
    }),
  )
  const works: ValueId[] = []
  const parts = cut(g.groups * calls.length, pieces).map(([first, last]) => {
    const work = build.scratch(tapWork(tiles, taps, together))
    works.push(work)
    return Array.from({ length: last - first }, (_, i) => first + i).map((index) =>
      calls[index % calls.length]!(Math.floor(index / calls.length), work),
    )
  })
  build.step({
    name: `${kernel.name} weight`,
    reads: [weight],
    writes: [value, ...works],
    stages: [{ parts }],
    keeps: [value],
  })
  return { value, groupBytes }
}
