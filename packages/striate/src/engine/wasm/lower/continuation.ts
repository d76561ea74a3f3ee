/** What contractions over the gather form read: samples continued by zeros, and the tables of a phase. */
import { type ConvolutionGeometry, product } from '../../../geometry/convolution.ts'
import type { Builder, ValueId } from '../plan.ts'
import { type Call, type Place, place } from '../program.ts'
import { copyCalls } from './copy.ts'
import { zero } from './fill.ts'
import type { GatherForm, GatherPhase } from './gatherForm.ts'

/** Samples of the input as the tables expect them, each continued by zeros where windows reach out. */
export interface Continuation {
  readonly scratch: readonly ValueId[]
  /** Zeros the frame; samples then overwrite only what lies inside it. */
  readonly clear: readonly Call[]
  /** Brings a sample into place, in `pieces` that may run side by side. */
  load(sample: number, pieces: number): Call[]
  /** Channel 0 of the first cell of a sample that was brought into place. */
  at(sample: number, offset: number): Place
}

export function continuation(
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
export const phaseTables = (
  build: Builder,
  phase: GatherPhase,
): { taps: number; inputs: number; outputs: number; weights: number } => ({
  taps: build.table(phase.tapOffsets),
  inputs: build.table(phase.cellOffsets),
  outputs: build.table(phase.outputOffsets),
  weights: build.table(phase.weightOffsets),
})

export const groupsOf = (g: ConvolutionGeometry): number[] =>
  Array.from({ length: g.groups }, (_, group) => group)

export function scratchesOf(
  build: Builder,
  works: readonly { readonly scratchBytes: number }[],
  all: ValueId[],
): ValueId[] {
  const scratch = works.map(({ scratchBytes }) => build.scratch(scratchBytes))
  all.push(...scratch)
  return scratch
}
