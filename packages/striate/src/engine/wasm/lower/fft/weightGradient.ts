/**
 * The gradient of a long kernel by Fourier transforms: the lags 0 … of the correlation of the input with the
 * upstream gradient. Block by block, the spectrum of the input is multiplied with the conjugate of that of the
 * upstream gradient of its outputs, which zeros fill up; the products are summed, and each sum is transformed
 * back once. The real part of (a − ib)(c + id) is ac + bd: two blocks share a transform here as well.
 */
import { type ConvolutionGeometry, isTransposed } from '../../../../geometry/convolution.ts'
import { blockBytes, imaginary } from '../../kernels/index.ts'
import type { ValueId } from '../../plan.ts'
import { type Call, call, cut, type Part, place, type Stage } from '../../program.ts'
import type { LoweringContext } from '../host.ts'
import { type Block, halves, loaded } from './blocks.ts'
import { chooseForm, type FftForm } from './form.ts'
import { type FftKernels, kernelsOf, leastValues } from './kernels.ts'

/** Spectra of so many bytes stand ready for the products at a time. */
const roomBytes = 2 ** 22

/** Input channels that meet an output channel at a time. */
const mostTogether = 4

interface Values {
  readonly x: ValueId
  readonly upstream: ValueId
  /** Spectra of the input, [channel, pair], and of the upstream gradient, [channel, pair]. */
  readonly inputs: ValueId
  readonly outputs: ValueId
  /** Sums of their products: [output, input]. */
  readonly sums: ValueId
  readonly gradient: ValueId
}

export function lowerFftWeightGradient(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes: g, inputs, output } = context
  const [x, upstream] = inputs as [ValueId, ValueId]
  const { form } = chooseForm(g, 'gradient')!
  const { size, pairs, spectrumBytes } = form
  const kernels = kernelsOf(build, size)
  const threads = size * pairs * g.groups >= leastValues ? build.threads : 1
  const all = spectrumBytes * (form.inputs + form.outputs)
  const chunks = cut(pairs, Math.ceil((pairs * all) / roomBytes))
  const room = Math.max(...chunks.map(([from, to]) => to - from))
  const values: Values = {
    x,
    upstream,
    inputs: build.scratch(room * form.inputs * spectrumBytes),
    outputs: build.scratch(room * form.outputs * spectrumBytes),
    sums: build.scratch(form.outputs * form.inputs * spectrumBytes),
    gradient: output,
  }
  const scale = build.table(Float32Array.of(1 / size))
  const groups = Array.from({ length: g.groups }, (_, group) => group)
  build.step({
    name: `${kernels.transform.name} convolutionWeightGradient`,
    reads: inputs,
    writes: [output, values.inputs, values.outputs, values.sums],
    stages: groups.flatMap((group) => [
      ...chunks.flatMap((chunk, i): Stage[] => [
        { parts: spectra(form, kernels, group, chunk, values, scale, threads) },
        { parts: products(form, kernels, chunk, i > 0, values, threads) },
      ]),
      { parts: lags(form, kernels, group, values, threads) },
    ]),
  })
}

/** Pairs of blocks. */
type Chunk = readonly [from: number, to: number]

const dealt = (work: readonly Call[][], threads: number): Part[] =>
  cut(work.length, threads).map(([first, last]) => work.slice(first, last).flat())

function spectra(
  form: FftForm,
  kernels: FftKernels,
  group: number,
  [from, to]: Chunk,
  values: Values,
  scale: number,
  threads: number,
): Part[] {
  const { size, inputs, outputs, spectrumBytes } = form
  const { transform, twiddles } = kernels
  const one = kernels.spectrum(1)
  const work: Call[][] = []
  for (let pair = from; pair < to; pair++) {
    const at = (channel: number): number => (channel * (to - from) + pair - from) * spectrumBytes
    for (let c = 0; c < inputs; c++) {
      const room = place(values.inputs, at(c))
      work.push([
        ...halves(form, pair).map((block, i) =>
          loaded(form, kernels, block, group * inputs + c, values.x, {
            ...room,
            offset: room.offset + imaginary * i,
          }),
        ),
        call(transform, 'forward', room, twiddles),
      ])
    }
    for (let o = 0; o < outputs; o++) {
      const room = place(values.outputs, at(o))
      work.push([
        ...halves(form, pair).map((block, i) =>
          upstreamOf(form, kernels, block, group * outputs + o, values, at(o) + imaginary * i),
        ),
        call(transform, 'forward', room, twiddles),
        call(one, 'conjugate', room, size / 8, scale),
      ])
    }
  }
  return dealt(work, threads)
}

/** The upstream gradient of the outputs of a block, each where its window begins. */
function upstreamOf(
  { axis, size, blockOutputs, outputSteps, line }: FftForm,
  { transfer }: FftKernels,
  block: Block | null,
  channel: number,
  { upstream, outputs }: Values,
  at: number,
): Call {
  const to = place(outputs, at)
  if (!block) return call(transfer, 'load', to, size, 0, 1, place(upstream), 4, 0)
  const count = Math.min(blockOutputs, axis.output - block.first)
  const { channel: channelStep, cell } = outputSteps
  const first = line(block.line).output + channel * channelStep + block.first * cell
  const from = place(upstream, 4 * first)
  return call(transfer, 'load', to, size, 0, axis.stride, from, 4 * cell, count)
}

/** Each thread has frequencies of its own. */
function products(
  { size, inputs, outputs, spectrumBytes }: FftForm,
  { spectrum }: FftKernels,
  [from, to]: Chunk,
  add: boolean,
  values: Values,
  threads: number,
): Part[] {
  const pairs = to - from
  return cut(size / 8, threads).map(([first, last]) => {
    const at = (value: ValueId, index: number) =>
      place(value, index * spectrumBytes + blockBytes * first)
    return Array.from({ length: outputs }, (_, o) => o).flatMap((o) =>
      cut(inputs, Math.ceil(inputs / mostTogether)).map(([c, end]) =>
        call(
          spectrum(end - c),
          'multiply',
          at(values.sums, o * inputs + c),
          spectrumBytes,
          at(values.inputs, c * pairs),
          pairs * spectrumBytes,
          spectrumBytes,
          at(values.outputs, o * pairs),
          spectrumBytes,
          pairs,
          last - first,
          add ? 1 : 0,
        ),
      ),
    )
  })
}

/** The sums, transformed back: the taps are every `dilation`-th lag. */
function lags(
  { geometry: g, axis, inputs, outputs, spectrumBytes }: FftForm,
  { transfer, transform, twiddles }: FftKernels,
  group: number,
  { sums, gradient }: Values,
  threads: number,
): Part[] {
  const turns = isTransposed(g)
  const work = Array.from({ length: outputs * inputs }, (_, row): Call[] => {
    const input = row % inputs
    const out = Math.floor(row / inputs)
    const stored = turns
      ? (group * inputs + input) * outputs + out
      : (group * outputs + out) * inputs + input
    const first = stored * axis.kernel + (axis.flip ? axis.kernel - 1 : 0)
    const sum = place(sums, row * spectrumBytes)
    const to = place(gradient, 4 * first)
    return [
      call(transform, 'back', sum, twiddles),
      call(transfer, 'store', sum, axis.dilation, to, axis.flip ? -4 : 4, axis.kernel, 0),
    ]
  })
  return dealt(work, threads)
}
