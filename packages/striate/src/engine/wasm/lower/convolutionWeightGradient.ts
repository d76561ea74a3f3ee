/** The gradient of the weight of a convolution: a contraction over the cells of its gather form. */
import { type Axis, axisPhases } from '../../../geometry/axis.ts'
import { type ConvolutionGeometry, product } from '../../../geometry/convolution.ts'
import type { Features } from '../features.ts'
import type { ValueId } from '../plan.ts'
import { type Call, call, cut, place, type Stage } from '../program.ts'
import { addInto } from './addInto.ts'
import {
  type Continuation,
  continuation,
  groupsOf,
  phaseTables,
  scratchesOf,
} from './continuation.ts'
import { contraction, contractionUnit, offsetTable } from './contraction.ts'
import { zero } from './fill.ts'
import { gatherForm } from './gatherForm.ts'
import type { LoweringContext } from './host.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

/** Nanoseconds on one core: measured products, and what is packed of input and upstream. */
export function weightGradientCost(g: ConvolutionGeometry, { wide }: Features): number {
  const outputs = product(g.axes.map(windowTaps)) * g.batch
  const products = outputs * (g.inChannels / g.groups) * g.outChannels
  const upstream = g.batch * g.outChannels * product(g.axes.map(({ output }) => output))
  return products * (wide ? 0.02 : 0.036) + (outputs * g.inChannels + upstream) * 0.1 + 600
}

/** Taps of all outputs along an axis, those on padding too. */
const windowTaps = (axis: Axis): number =>
  axisPhases(axis).reduce((sum, { taps, count }) => sum + taps * count, 0)

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
              0,
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
