/** Convolution as contractions over the gather form, for any geometry and layout. */
import { axisPhases } from '../../../geometry/axis.ts'
import { type ConvolutionGeometry, product } from '../../../geometry/convolution.ts'
import type { Features } from '../features.ts'
import type { ValueId } from '../plan.ts'
import { type Call, cut, type Part, place } from '../program.ts'
import type { ConvolutionAlgorithm } from './algorithm.ts'
import {
  type Continuation,
  continuation,
  groupsOf,
  phaseTables,
  scratchesOf,
} from './continuation.ts'
import { offsetTable } from './contraction.ts'
import { combinations, gatherForm } from './gatherForm.ts'
import type { LoweringContext } from './host.ts'
import { evenStep, packedProduct, productLanes, type Share, stepInPlace } from './packedProduct.ts'

/** Products from which on a second thread is worth waking. */
const leastProducts = 65536

/**
 * Measured on one core, in nanoseconds: a multiply-add; a float of the input brought into a frame, packed (none,
 * neighbours, or cells that a stride parts), and of the output written (neighbours, or cells of one phase); a weight
 * packed, in some runs or, in training, in all, where many leave the nearer caches; a call; and all that comes once.
 */
const productCost = ({ wide }: Features): number => (wide ? 0.0158 : 0.0325)
const cellBrought = 0.08
const cellPacked = { inPlace: 0, near: 0.08, apart: 0.27 }
const cellWritten = { near: 0.05, apart: 0.3 }
const weightPacked = { kept: 0.1, anew: 0.3, far: 0.6 }
const nearWeights = 2 ** 19
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
    const strided = g.axes.some(({ stride }) => stride > 1)
    const isInPlace =
      g.layout === 'channels-first' &&
      !strided &&
      phases.every(({ taps }) => taps <= 1) &&
      stepInPlace(product(g.axes.map(({ input }) => input))) > 0
    const packed = cellPacked[strided ? 'apart' : isInPlace ? 'inPlace' : 'near']
    const written = cellWritten[phases.length > 1 ? 'apart' : 'near']
    const sums = phases.reduce((total, { cells, taps }) => {
      const k = channels * taps
      const kept = productLanes(rows, cells, k, features) * k * productCost(features)
      return total + kept + cells * k * packed + cells * rows * written + callCost
    }, 0)
    const weights = product(g.axes.map(({ kernel }) => kernel)) * channels * g.outChannels
    const inputs = g.batch * g.inChannels * product(g.axes.map(({ input }) => input))
    const packing = features.trains
      ? weights * weightPacked.anew + Math.max(0, weights - nearWeights) * weightPacked.far
      : weights * weightPacked.kept
    return times * sums + (isInPlace ? 0 : inputs * cellBrought) + packing + fixed
  },
  lower,
}

function lower(context: LoweringContext<ConvolutionGeometry>): void {
  const { build, attributes: g, inputs, output, outputType } = context
  const [x, weight, bias] = inputs as [ValueId, ValueId, ValueId?]
  const form = gatherForm(g)
  const rows = g.outChannels / g.groups
  const channels = g.inChannels / g.groups
  const weightRows = build.table(offsetTable([rows], [form.weightRow]))
  const outputRows = build.table(offsetTable([rows], [form.output.channel]))
  const channelAxis = g.layout === 'channels-first' ? 1 : outputType.shape.length - 1
  const epilogue = context.epilogue?.inRegisters({ row: channelAxis })
  const phases = form.phases.map((phase) => {
    const k = channels * phase.taps
    const work = packedProduct(build, rows, phase.cells, k, epilogue?.kernel)
    const packed = build.scratch(work.packedBytes * g.groups)
    const step = evenStep(phase.tapOffsets, phase.cellOffsets)
    return { work, phase, k, packed, step, tables: phaseTables(build, phase) }
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
    phases.flatMap(({ work, packed, tables, phase, step }, p) => {
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
          step,
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
