/** The weight gradient of direct convolution: groups cut between threads, or samples where groups are few. */
import { type ConvolutionGeometry, product } from '../../../geometry/convolution.ts'
import {
  type DirectGeometry,
  type DirectGradientExports,
  directGradientModule,
  directGradientScratchBytes,
  directLabel,
  leastWidth,
} from '../kernels/index.ts'
import type { ValueId } from '../plan.ts'
import { call, cut, type Part, place } from '../program.ts'
import { addInto } from './addInto.ts'
import { mostAxes } from './direct.ts'
import type { LoweringContext } from './host.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

/** What several channels may have at most, and must have at least, or the contraction is as fast (measured). */
const mostTaps = 64
const mostChannels = 8
const mostDeal = 2
const leastCells = 64
/** A kernel for one channel may be long: its lines are alike, and share their code. */
const mostLine = 128

const mostScratch = 2 ** 24

export function directWeightGradientApplies(g: ConvolutionGeometry): boolean {
  if (g.axes.length > mostAxes) return false
  const channels = g.inChannels / g.groups
  const taps = channels * product(g.axes.map((axis) => axis.kernel))
  const cells = product(g.axes.map((axis) => axis.output))
  const line = g.axes.at(-1)!
  return (
    g.layout === 'channels-first' &&
    g.axes.every(({ upsample }) => upsample === 1) &&
    line.output >= leastWidth &&
    (channels === 1
      ? line.kernel <= mostLine
      : channels <= mostChannels &&
        taps <= mostTaps &&
        cells >= leastCells &&
        line.stride <= mostDeal) &&
    directGradientScratchBytes(groupOf(g)) <= mostScratch
  )
}

const groupOf = (g: ConvolutionGeometry): DirectGeometry => ({
  axes: g.axes,
  channels: g.inChannels / g.groups,
  outputs: g.outChannels / g.groups,
})

export function lowerDirectWeightGradient(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes: g, inputs, output, outputType } = context
  const [x, upstream] = inputs as [ValueId, ValueId]
  const group = groupOf(g)
  const { wide } = build.features
  const kernel = build.kernel<DirectGradientExports>(
    `directgradient:${directLabel(group)}`,
    (target) => directGradientModule({ ...group, ...target, wide }),
  )
  const weights = product(outputType.shape)
  const products = weights * g.batch * product(g.axes.map((axis) => axis.output))
  const pieces = products >= leastProducts ? build.threads : 1
  const scratchBytes = directGradientScratchBytes(group)
  const scratches: ValueId[] = []
  const part = (
    groups: readonly [number, number],
    samples: readonly [number, number],
    to: ValueId,
  ): Part => {
    const scratch = build.scratch(scratchBytes)
    scratches.push(scratch)
    const places = [place(x), place(upstream), place(to), place(scratch)] as const
    return [call(kernel, 'run', ...groups, g.groups, ...samples, ...places)]
  }
  const all = [0, g.batch] as const
  // Each thread sums groups of its own, or samples; partial sums are then added in order.
  const cutsGroups = g.groups >= pieces
  const ranges = cut(cutsGroups ? g.groups : g.batch, pieces)
  const partial = ranges.map((_, i) =>
    cutsGroups || i === 0 ? output : build.scratch(4 * weights),
  )
  const parts = ranges.map((range, i) =>
    cutsGroups ? part(range, all, output) : part([0, g.groups], range, partial[i]!),
  )
  const others = cutsGroups ? [] : partial.slice(1)
  const sums = others.map((each) => addInto(build, place(output), place(each), weights))
  build.step({
    name: `${kernel.name} convolutionWeightGradient`,
    reads: inputs,
    writes: [output, ...others, ...scratches],
    stages: [{ parts }, ...(sums.length > 0 ? [{ parts: [sums] }] : [])],
  })
}
