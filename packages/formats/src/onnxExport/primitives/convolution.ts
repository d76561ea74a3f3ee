/** Convolutions: `Conv`, `ConvTranspose`, and the gradient of the weight as a `Conv` with its axes exchanged. */
import { type AttributesOf, fail } from 'striate'
import type { Attributes } from '../onnxGraph.ts'
import { type Applied, range } from '../vertex.ts'
import type { Translation, Writer } from '../writer.ts'
import { type Axis, exactPads, padsOf } from './windows.ts'

type Geometry = AttributesOf<'convolution'>

const extent = ({ kernel, dilation }: Axis): number => dilation * (kernel - 1) + 1

/** The order of axes that brings channels from last to second, and back. */
const toFirst = (rank: number): number[] => [0, rank - 1, ...range(rank - 2, 1)]
const toLast = (rank: number): number[] => [0, ...range(rank - 2, 2), 1]

export const convolution = (call: Applied<'convolution'>): Translation => ({
  reads: call.inputs,
  write(w) {
    const geometry = call.attributes
    const [x, weight, bias] = call.inputs.map((input) => w.value(input))
    const rank = call.shape.length
    const isLast = geometry.layout === 'channels-last'
    const laid = isLast ? w.transpose(x!, toFirst(rank)) : x!
    const write = geometry.axes.some((axis) => axis.flip) ? transposed : plain
    const y = write(w, geometry, laid, bias === undefined ? [weight!] : [weight!, bias])
    return isLast ? w.transpose(y, toLast(rank)) : y
  },
})

function plain(w: Writer, geometry: Geometry, x: string, rest: readonly string[]): string {
  const { axes, groups } = geometry
  refuseBoth(
    axes,
    axes.every(({ upsample }) => upsample === 1),
  )
  const all = axes.map(padsOf)
  const cropped = crop(w, x, all, axes)
  return w.node('Conv', [cropped, ...rest], {
    ...windows(axes, 'stride', groups),
    pads: [...all.map(([low]) => Math.max(low, 0)), ...all.map(([, high]) => Math.max(high, 0))],
  })
}

const windows = (
  axes: readonly Axis[],
  stride: 'stride' | 'upsample',
  groups: number,
): Attributes => ({
  kernel_shape: axes.map(({ kernel }) => kernel),
  strides: axes.map((axis) => axis[stride]),
  dilations: axes.map(({ dilation }) => dilation),
  group: groups,
})

/** Negative padding takes cells away. */
function crop(
  w: Writer,
  x: string,
  all: readonly (readonly [number, number])[],
  axes: readonly Axis[],
): string {
  const cut = range(all.length).filter((a) => Math.min(...all[a]!) < 0)
  if (cut.length === 0) return x
  const start = cut.map((a) => Math.max(-all[a]![0], 0))
  const end = cut.map((a) => axes[a]!.input + Math.min(all[a]![1], 0))
  const bounds = [start, end, cut.map((a) => a + 2)].map((values, i) =>
    w.wholes(values, ['starts', 'ends', 'axes'][i]!),
  )
  return w.node('Slice', [x, ...bounds])
}

function transposed(w: Writer, geometry: Geometry, x: string, rest: readonly string[]): string {
  const { axes, groups } = geometry
  refuseBoth(
    axes,
    axes.every(({ stride, flip }) => stride === 1 && flip),
  )
  const ends = axes.map((axis) => extent(axis) - 1 - axis.high)
  return w.node('ConvTranspose', [x, ...rest], {
    ...windows(axes, 'upsample', groups),
    pads: [
      ...axes.map((axis) => extent(axis) - 1 - axis.low),
      ...ends.map((cells) => Math.max(cells, 0)),
    ],
    ...(ends.some((cells) => cells < 0)
      ? { output_padding: ends.map((cells) => Math.max(-cells, 0)) }
      : {}),
  })
}

/** No operator of the library makes windows that both step and stretch; ONNX could not say them. */
function refuseBoth(axes: readonly Axis[], isOne: boolean): void {
  if (isOne) return
  const got = axes.map(({ stride, upsample }) => `${stride} and ${upsample}`).join('; ')
  const needs = 'must have a stride or an upsampling, not both on one axis'
  fail({ op: 'encodeOnnx', argument: 'convolution', needs, got })
}

/**
 * `Σ x · dy` over batch and space is a convolution of `x` by `dy` with batch and channels exchanged,
 * in which stride and dilation change places. A transposed one is the same with `x` and `dy` exchanged.
 */
export const convolutionWeightGradient = (
  call: Applied<'convolutionWeightGradient'>,
): Translation => ({
  reads: call.inputs,
  write(w) {
    const { axes, groups, layout } = call.attributes
    const rank = call.shape.length
    const isFlipped = axes.some((axis) => axis.flip)
    const [x, dy] = call.inputs.map((input) => {
      const name = w.value(input)
      return layout === 'channels-last' ? w.transpose(name, toFirst(rank)) : name
    })
    const [wide, small] = isFlipped ? [dy!, x!] : [x!, dy!]
    const steps = axes.map((axis) => {
      if (!isFlipped) return axis
      const low = extent(axis) - 1 - axis.low
      const { input, output } = axis
      return { ...axis, input: output, output: input, stride: axis.upsample, upsample: 1, low }
    })
    refuseBoth(
      axes,
      steps.every(({ upsample }) => upsample === 1),
    )
    const exchange = [1, 0, ...range(rank - 2, 2)]
    const channels = isFlipped ? call.attributes.outChannels : call.attributes.inChannels
    const others = isFlipped ? call.attributes.inChannels : call.attributes.outChannels
    const all = steps.map(exactPads)
    const parts = range(groups).map((group) => {
      const [input, kernel] = [wide, small].map((name, i) => {
        const size = (i === 0 ? channels : others) / groups
        const part = groups === 1 ? name : channelsFrom(w, name, group * size, size)
        return w.transpose(part, exchange)
      })
      const laid = crop(w, input!, all, steps)
      const product = w.node('Conv', [laid, kernel!], {
        strides: axes.map(({ dilation }) => dilation),
        dilations: steps.map(({ stride }) => stride),
        pads: [...all.map(([low]) => Math.max(low, 0)), ...all.map(([, end]) => Math.max(end, 0))],
      })
      return w.transpose(product, exchange)
    })
    return groups === 1 ? parts[0]! : w.node('Concat', parts, { axis: 0 })
  },
})

/** Channels `start` to `start + size`. */
const channelsFrom = (w: Writer, name: string, start: number, size: number): string =>
  w.node('Slice', [
    name,
    w.wholes([start], 'starts'),
    w.wholes([start + size], 'ends'),
    w.wholes([1], 'axes'),
  ])
