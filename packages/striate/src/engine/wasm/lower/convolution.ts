/** Convolution and its weight gradient: contractions over the gather form, for any geometry and layout. */
import { type Axis, axisPhases } from '../../../geometry/axis.ts'
import { type ConvolutionGeometry, product } from '../../../geometry/convolution.ts'
import type { Features } from '../features.ts'
import type { Builder, ValueId } from '../plan.ts'
import { type Call, call, cut, type Part, type Place, place, type Stage } from '../program.ts'
import { addInto } from './addInto.ts'
import type { ConvolutionAlgorithm } from './algorithm.ts'
import { contraction, contractionUnit, offsetTable } from './contraction.ts'
import { copyCalls } from './copy.ts'
import { takeInRegisters } from './epilogue.ts'
import { zero } from './fill.ts'
import { combinations, type GatherForm, type GatherPhase, gatherForm } from './gatherForm.ts'
import type { LoweringContext } from './host.ts'
import { packedProduct, productLanes, type Share } from './packedProduct.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

/** Samples of the input as the tables expect them, each continued by zeros where windows reach out. */
interface Continuation {
  readonly scratch: readonly ValueId[]
  /** Zeros the frame; samples then overwrite only what lies inside it. */
  readonly clear: readonly Call[]
  /** Brings a sample into place, in `pieces` that may run side by side. */
  load(sample: number, pieces: number): Call[]
  /** Channel 0 of the first cell of a sample that was brought into place. */
  at(sample: number, offset: number): Place
}

function continuation(
  build: Builder,
  g: ConvolutionGeometry,
  form: GatherForm,
  x: ValueId,
): Continuation {
  if (!form.isContinued) {
    const at = (sample: number, offset: number): Place =>
      place(x, 4 * sample * form.input.batch + offset)
    return { scratch: [], clear: [], load: () => [], at }
  }
  const bytes = 4 * g.inChannels * product(form.space)
  const scratch = build.scratch(bytes)
  const inside = form.before.reduce((sum, cells, a) => sum + cells * form.continued.space[a]!, 0)
  return {
    scratch: [scratch],
    clear: [zero(build, place(scratch), bytes)],
    load: (sample, pieces) =>
      copyCalls(
        build,
        {
          elementBytes: 4,
          shape: [g.inChannels, ...g.axes.map((axis) => axis.input)],
          from: {
            value: x,
            start: sample * form.input.batch,
            strides: [form.input.channel, ...form.input.space],
          },
          to: {
            value: scratch,
            start: inside,
            strides: [form.continued.channel, ...form.continued.space],
          },
        },
        pieces,
      ),
    at: (_, offset) => place(scratch, offset),
  }
}

/** The tables of a phase in memory. */
const phaseTables = (
  build: Builder,
  phase: GatherPhase,
): { taps: number; inputs: number; outputs: number; weights: number } => ({
  taps: build.table(phase.tapOffsets),
  inputs: build.table(phase.cellOffsets),
  outputs: build.table(phase.outputOffsets),
  weights: build.table(phase.weightOffsets),
})

const groupsOf = (g: ConvolutionGeometry): number[] =>
  Array.from({ length: g.groups }, (_, group) => group)

/**
 * Measured on one core, in nanoseconds: a multiply-add; a float of the input brought into a frame, packed, and
 * of the output written; a weight packed, in some runs; a call; and all that comes once.
 */
const productCost = ({ wide }: Features): number => (wide ? 0.0165 : 0.0325)
const cellBrought = 0.08
const cellPacked = 0.22
const cellWritten = 0.1
const weightPacked = 0.1
const callCost = 60
const fixed = 600

/** The contraction over the gather form, which any geometry has. */
export const contractionAlgorithm: ConvolutionAlgorithm = {
  name: 'contraction',
  applies: () => true,
  cost(g, features) {
    const channels = g.inChannels / g.groups
    const rows = g.outChannels / g.groups
    const times = g.groups * g.batch
    const phases = combinations(g.axes.map(axisPhases)).map((combination) => ({
      cells: product(combination.map(({ count }) => count)),
      taps: product(combination.map(({ taps }) => taps)),
    }))
    const sums = phases.reduce((total, { cells, taps }) => {
      const k = channels * taps
      const kept = productLanes(rows, cells, features) * k * productCost(features)
      return total + kept + cells * k * cellPacked + cells * rows * cellWritten + callCost
    }, 0)
    const weights = product(g.axes.map(({ kernel }) => kernel)) * channels * g.outChannels
    const inputs = g.batch * g.inChannels * product(g.axes.map(({ input }) => input))
    return times * sums + inputs * cellBrought + weights * weightPacked + fixed
  },
  lower,
}

/** The same of the gradient of the weight: measured products, and what is packed of input and upstream. */
export function weightGradientCost(g: ConvolutionGeometry, { wide }: Features): number {
  const outputs = product(g.axes.map(windowTaps)) * g.batch
  const products = outputs * (g.inChannels / g.groups) * g.outChannels
  const upstream = g.batch * g.outChannels * product(g.axes.map(({ output }) => output))
  return products * (wide ? 0.02 : 0.036) + (outputs * g.inChannels + upstream) * 0.1 + 600
}

/** Taps of all outputs along an axis, those on padding too. */
const windowTaps = (axis: Axis): number =>
  axisPhases(axis).reduce((sum, { taps, count }) => sum + taps * count, 0)

function lower(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes: g, inputs, output, outputType } = context
  const [x, weight, bias] = inputs as [ValueId, ValueId, ValueId?]
  const form = gatherForm(g)
  const rows = g.outChannels / g.groups
  const channels = g.inChannels / g.groups
  const weightRows = build.table(offsetTable([rows], [form.weightRow]))
  const outputRows = build.table(offsetTable([rows], [form.output.channel]))
  const channelAxis = g.layout === 'channels-first' ? 1 : outputType.shape.length - 1
  const epilogue = takeInRegisters(context.epilogue, outputType, { row: channelAxis })
  const phases = form.phases.map((phase) => {
    const k = channels * phase.taps
    const work = packedProduct(build, rows, phase.cells, k, epilogue?.kernel)
    const packed = build.scratch(work.packedBytes * g.groups)
    return { work, phase, k, packed, tables: phaseTables(build, phase) }
  })
  const works = phases.map(({ work }) => work)
  const packing = phases.flatMap(({ work, packed, tables }) =>
    groupsOf(g).map((group) => {
      const from = place(weight, 4 * group * form.weightGroup)
      return work.pack(from, weightRows, tables.weights, place(packed, group * work.packedBytes))
    }),
  )
  const products = phases.reduce((sum, { k, phase }) => sum + k * phase.cells, 0) * rows
  const pieces = products * g.groups * g.batch >= leastProducts ? build.threads : 1
  const scratches: ValueId[] = []
  /** Every product of a sample, a share of each phase. */
  const compute = (
    source: Continuation,
    sample: number,
    scratch: readonly ValueId[],
    shares: readonly (Share | undefined)[],
  ): Call[] =>
    phases.flatMap(({ work, packed, tables, phase }, p) => {
      const share = shares[p]
      if (!share || phase.cells === 0) return []
      return groupsOf(g).map((group) => {
        const cell = 4 * (sample * form.output.batch + group * rows * form.output.channel)
        const row = 4 * group * rows
        return work.run(share, {
          packed: { value: packed, offset: group * work.packedBytes },
          b: source.at(sample, 4 * (phase.start + group * channels * form.continued.channel)),
          bK: tables.taps,
          bN: tables.inputs,
          c: place(output, cell),
          cM: outputRows,
          cN: tables.outputs,
          bias: bias === undefined ? null : { value: bias, offset: row },
          scratch: scratch[p]!,
          operands: (from) => epilogue?.places({ cell, row: row + from }) ?? [],
        })
      })
    })
  const lane = (): { source: Continuation; scratch: ValueId[] } => {
    const source = continuation(build, g, form, x)
    const scratch = scratchesOf(build, works, scratches)
    scratches.push(...source.scratch)
    return { source, scratch }
  }
  const whole = phases.map(({ work }) => work.shares(1)[0])
  const packs = phases.map(({ packed }) => packed)
  build.step({
    name: `${phases[0]!.work.name} weight`,
    reads: [weight],
    writes: packs,
    stages: [{ parts: [packing] }],
    keeps: packs,
  })
  const stages: { parts: Part[] }[] = []
  if (g.batch >= pieces) {
    // Each thread takes samples of its own.
    const parts = cut(g.batch, pieces).map(([from, to]) => {
      const { source, scratch } = lane()
      const samples = Array.from({ length: to - from }, (_, i) => from + i)
      const work = samples.flatMap((n) => [
        ...source.load(n, 1),
        ...compute(source, n, scratch, whole),
      ])
      return [...source.clear, ...work]
    })
    stages.push({ parts })
  } else {
    // One sample at a time, cut between the threads.
    const { source, scratch } = lane()
    const lanes = [
      scratch,
      ...Array.from({ length: pieces - 1 }, () => scratchesOf(build, works, scratches)),
    ]
    const cuts = phases.map(({ work }) => work.shares(pieces))
    const shares = lanes.map((_, i) => cuts.map((each) => each[i]))
    if (source.clear.length > 0) stages.push({ parts: [[...source.clear]] })
    for (let n = 0; n < g.batch; n++) {
      const loading = source.load(n, pieces)
      if (loading.length > 0) stages.push({ parts: loading.map((each) => [each]) })
      stages.push({ parts: lanes.map((each, i) => compute(source, n, each, shares[i]!)) })
    }
  }
  build.step({
    name: `${phases[0]!.work.name} convolution`,
    reads: [x, ...(bias === undefined ? [] : [bias]), ...packs, ...(epilogue?.reads ?? [])],
    writes: [output, ...scratches],
    stages,
  })
}

function scratchesOf(
  build: Builder,
  works: readonly { readonly scratchBytes: number }[],
  all: ValueId[],
): ValueId[] {
  const scratch = works.map(({ scratchBytes }) => build.scratch(scratchBytes))
  all.push(...scratch)
  return scratch
}

/** `dw[o, (i, k)] = Σ_n Σ_cell dy[o, cell] · x[(i, k), cell]`, samples added in order. */
export function lowerConvolutionWeightGradient(
  context: LoweringContext<ConvolutionGeometry>,
): boolean {
  const { build, attributes: g, inputs, output, outputType } = context
  const [x, upstream] = inputs as [ValueId, ValueId]
  const form = gatherForm(g)
  const rows = g.outChannels / g.groups
  const channels = g.inChannels / g.groups
  const bytes = 4 * product(outputType.shape)
  const upstreamRows = build.table(offsetTable([rows], [form.output.channel]))
  const weightRows = build.table(offsetTable([rows], [form.weightRow]))
  const phases = form.phases
    .filter((phase) => phase.taps > 0)
    .map((phase) => {
      const n = channels * phase.taps
      return {
        ...contraction(build, rows, n, phase.cells),
        phase,
        n,
        tables: phaseTables(build, phase),
      }
    })
  const scratches: ValueId[] = []
  /** Adds the products of a sample to `to`: of the columns of a share of all. */
  const add = (
    source: Continuation,
    sample: number,
    scratch: readonly ValueId[],
    to: ValueId,
    columns: readonly Columns[],
  ): Call[] =>
    phases.flatMap(({ kernel, phase, tables }, p) => {
      const [first, end] = columns[p]!
      return first === end
        ? []
        : groupsOf(g).map((group) =>
            call(
              kernel,
              'run',
              rows,
              end - first,
              phase.cells,
              place(
                upstream,
                4 * (sample * form.output.batch + group * rows * form.output.channel),
              ),
              upstreamRows,
              tables.outputs,
              source.at(sample, 4 * (phase.start + group * channels * form.continued.channel)),
              tables.inputs,
              tables.taps + 4 * first,
              place(to, 4 * group * form.weightGroup),
              weightRows,
              tables.weights + 4 * first,
              0,
              1,
              place(scratch[p]!),
            ),
          )
    })
  const products = phases.reduce((sum, { n, phase }) => sum + n * phase.cells, 0) * rows
  const pieces = products * g.groups * g.batch >= leastProducts ? build.threads : 1
  const scratchOf = (): ValueId[] => scratchesOf(build, phases, scratches)
  const sourceOf = (): Continuation => {
    const source = continuation(build, g, form, x)
    scratches.push(...source.scratch)
    return source
  }
  const clearing = zero(build, place(output), bytes)
  const stages: Stage[] = []
  const partial: ValueId[] = []
  if (g.batch >= pieces) {
    // Each thread sums samples of its own; the partial sums are then added in order.
    const whole = phases.map(({ n }): Columns => [0, n])
    const parts = cut(g.batch, pieces).map(([from, to], i) => {
      const [source, scratch] = [sourceOf(), scratchOf()]
      const mine = i === 0 ? output : build.scratch(bytes)
      if (i > 0) partial.push(mine)
      const samples = Array.from({ length: to - from }, (_, j) => from + j)
      const work = samples.flatMap((n) => [
        ...source.load(n, 1),
        ...add(source, n, scratch, mine, whole),
      ])
      return [zero(build, place(mine), bytes), ...source.clear, ...work]
    })
    const sums = partial.map((each) => addInto(build, place(output), place(each), bytes / 4))
    stages.push({ parts }, ...(sums.length > 0 ? [{ parts: [sums] }] : []))
  } else {
    // One sample at a time, its columns cut between the threads.
    const source = sourceOf()
    const lanes = Array.from({ length: pieces }, scratchOf)
    const shares = lanes.map((_, i) =>
      phases.map(({ n }): Columns => cut(n, pieces, contractionUnit)[i] ?? [0, 0]),
    )
    stages.push({ parts: [[clearing, ...source.clear]] })
    for (let n = 0; n < g.batch; n++) {
      const loading = source.load(n, pieces)
      if (loading.length > 0) stages.push({ parts: loading.map((each) => [each]) })
      stages.push({ parts: lanes.map((each, i) => add(source, n, each, output, shares[i]!)) })
    }
  }
  build.step({
    name: `${phases[0]?.kernel.name ?? 'zero'} convolutionWeightGradient`,
    reads: inputs,
    writes: [output, ...partial, ...scratches],
    stages,
  })
  return true
}

/** First and end of a range of columns. */
type Columns = readonly [first: number, end: number]
