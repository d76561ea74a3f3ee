/** Overlap-save: lines cut into blocks whose circular convolutions hold the outputs; how large, at what cost. */
import { type Axis, kernelExtent } from '../../../../geometry/axis.ts'
import { type ConvolutionGeometry, product } from '../../../../geometry/convolution.ts'
import { layoutStrides } from '../../../../geometry/layout.ts'
import { stridesOf } from '../../../../tensor/shape.ts'
import { blockBytes } from '../../kernels/index.ts'

/** Transforms beyond this size would not fit the nearer caches for long. */
const largestSize = 2 ** 20
const smallestSize = 32

/** Spectra of kernels larger than this are not worth their memory. */
const mostSpectrumBytes = 2 ** 26

/** How many sizes above the least possible are tried. */
const triedSizes = 5

/** Measured on one core, in nanoseconds. */
const rates = {
  /** size · log₂ size of a transform. */
  transform: 0.1,
  /** A complex product that is added to a sum; where the spectra of the kernel do not stay in cache. */
  product: 0.13,
  farProduct: 0.19,
  /** A float brought from a line into a spectrum's place or back; neighbouring, or with a step. */
  dense: 0.15,
  stepped: 0.7,
  /** A value of a kernel's spectrum that is made ready and written; where spectra do not stay in cache. */
  ready: 0.3,
  farReady: 1,
  /** The calls around one transform. */
  call: 150,
  fixed: 1500,
}
const nearBytes = 2 ** 19
/** The share of runs in which the spectra of the kernel are made anew: they are kept while the weight stays. */
const kernelRuns = 0.25

/** One line of the input or the output along the long axis: the offset of its first cell in channel 0. */
export interface Line {
  readonly input: number
  readonly output: number
}

export interface FftForm {
  readonly geometry: ConvolutionGeometry
  /** The axis that the kernel lies along. */
  readonly axis: Axis
  /** Of channels and of cells along the axis, in elements. */
  readonly inputSteps: { readonly channel: number; readonly cell: number }
  readonly outputSteps: { readonly channel: number; readonly cell: number }
  readonly lines: number
  line(index: number): Line
  /** Complex values of a transform. */
  readonly size: number
  /** Outputs of a block, and blocks of a line. */
  readonly blockOutputs: number
  readonly blocks: number
  /** Two blocks of any lines share a transform: one is its real, one its imaginary part. */
  readonly pairs: number
  /** Input and output channels of a group. */
  readonly inputs: number
  readonly outputs: number
  /** From spectrum to spectrum in memory: not a power of two, which would share lines of the cache. */
  readonly spectrumBytes: number
}

/** The axis of the kernel, if all other axes have one tap and change nothing; −1 otherwise. */
export function longAxis(g: ConvolutionGeometry): number {
  const long = g.axes.flatMap(({ kernel }, a) => (kernel > 1 ? [a] : []))
  const [only = -1] = long
  const isPlain = ({ stride, upsample, low, input, output }: Axis): boolean =>
    stride === 1 && upsample === 1 && low === 0 && input === output
  return long.length === 1 && g.axes.every((axis, a) => a === only || isPlain(axis)) ? only : -1
}

/** The form of the cheapest size for the output or for the gradient of the weight, and its cost; null where there is none. */
export function chooseForm(
  g: ConvolutionGeometry,
  side: 'output' | 'gradient' = 'output',
): { readonly form: FftForm; readonly cost: number } | null {
  const at = longAxis(g)
  if (at < 0) return null
  const { kernel, dilation } = g.axes[at]!
  const least = Math.max(smallestSize, 2 ** Math.ceil(Math.log2(kernelExtent(kernel, dilation))))
  const choices = Array.from({ length: triedSizes }, (_, i) => least * 2 ** i)
    .filter((size) => size <= largestSize)
    .map((size) => fftForm(g, at, size))
    .filter(({ spectrumBytes }) => spectrumBytes * kernels(g) <= mostSpectrumBytes)
    .map((form) => ({ form, cost: costOf(form, side) }))
  const [first] = choices
  if (!first) return null
  return choices.reduce((best, each) => (each.cost < best.cost ? each : best), first)
}

const kernels = (g: ConvolutionGeometry): number => g.outChannels * (g.inChannels / g.groups)

function fftForm(g: ConvolutionGeometry, at: number, size: number): FftForm {
  const axis = g.axes[at]!
  const { layout, axes, batch } = g
  const along = (side: 'input' | 'output', channels: number): ReturnType<typeof layoutStrides> =>
    layoutStrides(
      layout,
      channels,
      axes.map((each) => each[side]),
    )
  const [from, to] = [along('input', g.inChannels), along('output', g.outChannels)]
  const others = axes.map((each, a) => (a === at ? 1 : each.output))
  const places = stridesOf(others)
  const blockOutputs =
    Math.floor((size - kernelExtent(axis.kernel, axis.dilation)) / axis.stride) + 1
  const blocks = Math.ceil(axis.output / blockOutputs)
  const lines = batch * product(others)
  const line = (index: number): Line => {
    const cells = product(others)
    const sample = Math.floor(index / cells)
    const offset = (strides: typeof from): number =>
      others.reduce((sum, count, a) => {
        const place = Math.floor((index % cells) / places[a]!) % count
        return sum + place * strides.space[a]!
      }, sample * strides.batch)
    return { input: offset(from), output: offset(to) }
  }
  return {
    geometry: g,
    axis,
    inputSteps: { channel: from.channel, cell: from.space[at]! },
    outputSteps: { channel: to.channel, cell: to.space[at]! },
    lines,
    line,
    size,
    blockOutputs,
    blocks,
    pairs: Math.ceil((lines * blocks) / 2),
    inputs: g.inChannels / g.groups,
    outputs: g.outChannels / g.groups,
    spectrumBytes: 8 * size + blockBytes,
  }
}

function costOf({ geometry: g, axis, ...form }: FftForm, side: 'output' | 'gradient'): number {
  const { size, pairs, inputs, outputs, spectrumBytes } = form
  const transform = rates.transform * size * Math.log2(size) + rates.call
  const perFloat = (cell: number, step: number): number =>
    cell === 1 && step === 1 ? rates.dense : rates.stepped
  const load = 2 * size * perFloat(form.inputSteps.cell, axis.upsample)
  const store = 2 * form.blockOutputs * perFloat(form.outputSteps.cell, axis.stride)
  const isNear = spectrumBytes * inputs * outputs <= nearBytes
  const products = size * inputs * outputs * (isNear ? rates.product : rates.farProduct)
  const run = pairs * (inputs * (transform + load) + products + outputs * (transform + store))
  if (side === 'gradient') {
    const back = transform + axis.kernel * rates.stepped
    return rates.fixed + g.groups * (run + inputs * outputs * back)
  }
  const kernel = transform + size * (isNear ? rates.ready : rates.farReady) + axis.kernel
  return rates.fixed + g.groups * (run + kernelRuns * inputs * outputs * kernel)
}
