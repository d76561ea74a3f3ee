/** Direct convolution for few channels a group, or depthwise: one call for a range of groups and bands. */
import { cellAxis } from '../../../geometry/axis.ts'
import { type ConvolutionGeometry, product } from '../../../geometry/convolution.ts'
import { derived } from '../../../geometry/recall.ts'
import {
  type DirectExports,
  type DirectGeometry,
  directCycles,
  directForm,
  directLabel,
  directModule,
  directScratchBytes,
} from '../kernels/index.ts'
import type { Builder, ValueId } from '../plan.ts'
import { call, cut, place } from '../program.ts'
import type { ConvolutionAlgorithm } from './algorithm.ts'
import { copyCalls } from './copy.ts'
import type { LoweringContext } from './host.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

/**
 * Channels of a group from which on the products dwarf the packing that is saved here, unless there are few
 * outputs to make from what was packed.
 */
const mostChannels = 32
const fewOutputs = 8

/** Bands are cut from lines, planes or boxes. */
export const mostAxes = 3

/** Code grows with the phases of a transposed convolution, memory with an input that has no bands. */
const mostPhases = 27
const mostScratch = 2 ** 24

/**
 * Measured on one core, in nanoseconds: a cycle of the inner kernel, a float and a line brought into scratch, a
 * call of a band.
 */
const cycle = 0.2
const floatFilled = 0.07
const lineFilled = 1.2
const bandCall = 10
const fixed = 500

export const directAlgorithm: ConvolutionAlgorithm = {
  name: 'direct',
  applies(g) {
    if (g.axes.length > mostAxes) return false
    if (g.layout === 'channels-last' && !isDepthwiseLast(g)) return false
    const [channels, outputs] = [g.inChannels / g.groups, g.outChannels / g.groups]
    if (channels > mostChannels && outputs > fewOutputs) return false
    const phases = g.axes.reduce((count, { upsample }) => count * upsample, 1)
    return phases <= mostPhases && directScratchBytes(formOf(g)) <= mostScratch
  },
  cost(g, { wide }) {
    const form = formOf(g)
    const dealt = form.deal > 2 ? 4 : 1
    const lines = form.channels * form.extent[0]! * form.extent[1]!
    const filled = lines * (lineFilled + floatFilled * dealt * form.extent[2]!)
    const band = cycle * directCycles(form, { wide }) + filled
    return fixed + g.batch * groupsOf(g) * form.bands * (bandCall + band)
  },
  lower,
}

/** Channels-last, each channel by itself: vectors run along the channels, which are an axis of one tap. */
const isDepthwiseLast = (g: ConvolutionGeometry): boolean =>
  g.layout === 'channels-last' &&
  g.groups === g.inChannels &&
  g.groups === g.outChannels &&
  g.groups >= 4 &&
  g.axes.length <= 2

function groupOf(g: ConvolutionGeometry): DirectGeometry {
  if (g.layout === 'channels-last') {
    const axes = [...g.axes, cellAxis(g.groups, g.groups, {})]
    return { axes, channels: 1, outputs: 1, weightsPerTap: g.groups }
  }
  return { axes: g.axes, channels: g.inChannels / g.groups, outputs: g.outChannels / g.groups }
}

/** As cost sees it, apart from the number of threads. */
const formOf = derived((g: ConvolutionGeometry) => directForm(groupOf(g)))

/** Parts of a sample with scratch of their own. */
const groupsOf = (g: ConvolutionGeometry): number => (g.layout === 'channels-last' ? 1 : g.groups)

/** The weight as all channels of a tap, then those of the next. */
function spreadWeight(build: Builder, g: ConvolutionGeometry, weight: ValueId): ValueId {
  const taps = product(g.axes.map((axis) => axis.kernel))
  const spread = build.scratch(4 * taps * g.groups)
  const calls = copyCalls(
    build,
    {
      elementBytes: 4,
      shape: [taps, g.groups],
      from: { value: weight, start: 0, strides: [1, taps] },
      to: { value: spread, start: 0, strides: [g.groups, 1] },
    },
    1,
  )
  build.step({
    name: 'copy depthwise weight',
    reads: [weight],
    writes: [spread],
    stages: [{ parts: [calls] }],
  })
  return spread
}

function lower(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes: g, inputs, output, outputType } = context
  const [x, weight, bias] = inputs as [ValueId, ValueId, ValueId?]
  const products = product([
    ...[g.batch, g.outChannels, g.inChannels / g.groups],
    ...g.axes.map((axis) => axis.kernel * axis.output),
  ])
  const pieces = products >= leastProducts ? build.threads : 1
  const samples = g.batch * groupsOf(g)
  const group = { ...groupOf(g), share: samples % pieces === 0 ? 1 : pieces }
  const form = directForm(group)
  const channelAxis = g.layout === 'channels-first' ? 1 : outputType.shape.length - 1
  const epilogue = context.epilogue?.inRegisters({ row: channelAxis })
  const options = {
    ...group,
    hasBias: bias !== undefined,
    wide: build.features.wide,
    ...(epilogue ? { epilogue: epilogue.kernel } : {}),
  }
  const ends = `${options.hasBias ? '+bias' : ''}${JSON.stringify(epilogue?.kernel ?? '')}`
  const key = `direct:${directLabel(group)}${ends}`
  const kernel = build.kernel<DirectExports>(key, (target) =>
    directModule({ ...options, ...target }),
  )
  const spread = group.weightsPerTap ? spreadWeight(build, g, weight) : null
  const scratches: ValueId[] = []
  const parts = cut(samples * form.bands, pieces).map(([first, end]) => {
    const scratch = build.scratch(directScratchBytes(form))
    scratches.push(scratch)
    return [
      call(
        kernel,
        'run',
        first,
        end,
        groupsOf(g),
        place(x),
        place(spread ?? weight),
        bias === undefined ? 0 : place(bias),
        place(output),
        place(scratch),
        ...(epilogue?.places({ cell: 0 }) ?? []),
      ),
    ]
  })
  build.step({
    name: `${kernel.name} convolution`,
    reads: [...inputs, ...(spread === null ? [] : [spread]), ...(epilogue?.reads ?? [])],
    writes: [output, ...scratches],
    stages: [{ parts }],
  })
}
