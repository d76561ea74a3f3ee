/** The calls that bring pieces of a tensor into blocks of channels and transform them. */
import { layoutStrides } from '../../../../geometry/layout.ts'
import { regionTable, type WinogradInputExports, winogradInputModule } from '../../kernels/index.ts'
import type { Builder, ValueId } from '../../plan.ts'
import { type Call, call, place } from '../../program.ts'
import { zero } from '../fill.ts'
import { winogradKernel } from './kernels.ts'
import { type BandLayout, type RegionBox, regionBox } from './regions.ts'
import { cellBytes, type Piece, type Region, type WinogradForm } from './tiling.ts'

const lanes = 8

export interface Source {
  readonly workBytes: number
  /** Blocks of channels of a piece, those of all views. */
  readonly blocks: number
  /** Transforms `blocks` of a piece of the band, in the order of the calls: they share what lies in `work`. */
  calls(
    piece: Piece,
    group: number,
    planes: ValueId,
    work: ValueId,
    blocks: readonly [first: number, end: number],
  ): Call[]
}

/** The input, view by view; or, for the gradient of the weight, the upstream gradient. */
export function sourceOf(
  build: Builder,
  form: WinogradForm,
  side: 'input' | 'upstream',
  x: ValueId,
  regions: readonly Region[],
  layout: BandLayout,
): Source {
  const { geometry: g } = form
  const isInput = side === 'input'
  const views = isInput ? form.views : (['output'] as const)
  const channels = isInput ? form.inputs : form.outputs
  const kernel = winogradKernel<WinogradInputExports>(build, form, side, (options) =>
    winogradInputModule(options, side),
  )
  const strides = layoutStrides(
    g.layout,
    isInput ? g.inChannels : g.outChannels,
    g.axes.map((axis) => (isInput ? axis.input : axis.output)),
  )
  const boxes = new Map(
    regions.map((region) => [region, views.map((view) => regionBox(form, region, view, layout))]),
  )
  const workBytes = Math.max(
    ...[...boxes.values()].flatMap((all) => all.map((box) => box.workBytes)),
  )
  const tensorPlace = (box: RegionBox, sample: number, channel: number) =>
    place(x, 4 * (sample * strides.batch + channel * strides.channel + box.start))
  const blocks = Math.ceil((views.length * channels) / lanes)
  let frame = ''

  const viewBlocks = Math.ceil(channels / lanes)
  /** Each view fills blocks of its own. */
  const byView: Source['calls'] = (piece, group, planes, work, [first, end]) =>
    boxes.get(piece.region)!.flatMap((box, view) => {
      const before = view * viewBlocks
      const from = Math.max(0, first - before)
      const to = Math.min(viewBlocks, end - before)
      if (from >= to) return []
      const clears = box.hasFrame && box.frame !== frame
      frame = box.hasFrame ? box.frame : ''
      return call(
        kernel,
        'run',
        build.table(regionTable(box.words(Math.min(channels, lanes * to) - lanes * from, clears))),
        tensorPlace(box, piece.sample, group * channels + lanes * from),
        place(planes, piece.tile * cellBytes + (before + from) * layout.blockStep),
        place(work),
      )
    })

  /** Views that are no whole blocks lie side by side in the lanes. */
  const packed: Source['calls'] = (piece, group, planes, work, [from, to]) => {
    const all = boxes.get(piece.region)!
    const hasFrame = all.some((box) => box.hasFrame)
    const calls: Call[] = []
    for (
      let first = from * lanes;
      first < Math.min(to * lanes, all.length * channels);
      first += lanes
    ) {
      if (hasFrame) calls.push(zero(build, place(work), all[0]!.boxBytes))
      const end = Math.min(first + lanes, all.length * channels)
      for (let channel = first; channel < end; ) {
        const view = Math.floor(channel / channels)
        const box = all[view]!
        const count = Math.min(end, (view + 1) * channels) - channel
        calls.push(
          call(
            kernel,
            'bring',
            build.table(regionTable(box.words(count))),
            tensorPlace(box, piece.sample, group * channels + (channel % channels)),
            count,
            place(work),
            channel - first,
          ),
        )
        channel += count
      }
      calls.push(
        call(
          kernel,
          'change',
          build.table(regionTable(all[0]!.words(0))),
          place(planes, piece.tile * cellBytes + (first / lanes) * layout.blockStep),
          place(work),
        ),
      )
    }
    return calls
  }
  const isPacked = views.length > 1 && channels % lanes !== 0
  return { workBytes, blocks, calls: isPacked ? packed : byView }
}
