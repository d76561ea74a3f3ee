/**
 * Direct convolution, channels first: no matrix is built. A band of the input is brought into scratch
 * with its padding; then a few output channels along a few lines are summed in registers, weights
 * splatted, inputs as vectors along the innermost axis.
 */
import {
  type FunctionBuilder,
  i32,
  type Local,
  type Locals,
  ModuleBuilder,
  memoryFill,
} from '../../assembler/index.ts'
import {
  epilogueLabel,
  type KernelEpilogue,
  type OperandAccess,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  minimum,
} from '../kernel.ts'
import { type FillBand, fillBand } from './fill.ts'
import {
  type DirectForm,
  type DirectGeometry,
  type DirectPhase,
  directForm,
  directLabel,
} from './form.ts'
import { type LineKernel, lineKernel, lineWorkBytes } from './line.ts'
import { chooseTile } from './tile.ts'

export interface DirectOptions extends KernelTarget, DirectGeometry {
  readonly hasBias: boolean
  /** What is done to a sum before it is written; rows are the output channels. */
  readonly epilogue?: KernelEpilogue
  /** V8 revectorizes to 256 bits. */
  readonly wide: boolean
}

export type DirectExports = {
  run(
    ...args: [
      first: number,
      end: number,
      groups: number,
      input: number,
      weight: number,
      bias: number,
      output: number,
      scratch: number,
      ...operands: number[],
    ]
  ): void
}

/** Bytes of scratch that one call needs. */
export const directScratchBytes = (form: DirectForm): number => form.scratchBytes + lineWorkBytes

const runParameters = {
  first: 'i32',
  end: 'i32',
  groups: 'i32',
  input: 'i32',
  weight: 'i32',
  bias: 'i32',
  output: 'i32',
  scratch: 'i32',
} as const
type RunLocals = Locals<typeof runParameters & OperandParameters>

export function directModule(options: DirectOptions): KernelModule<DirectExports> {
  const form = directForm(options)
  const { hasBias, epilogue, wide } = options
  const ends = `${hasBias ? '+bias' : ''}${epilogueLabel(epilogue)}${wide ? '-wide' : ''}`
  const variant = `${directLabel(options)}${ends}`
  const name = kernelName(`f32-direct-${variant}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const fill = fillBand(module, form)
  const phases = form.phases.map((phase, i) => phaseKernels(module, options, form, phase, i))
  const parameters: typeof runParameters & OperandParameters = {
    ...runParameters,
    ...operandParameters(epilogue),
  }
  module.procedure('run', parameters, (f, p) => overBands(f, p, form, fill, phases, options), {
    exported: true,
  })
  return kernelModule(name, module)
}

/** The outputs of a phase are cut in blocks of nearly one size: `count` blocks of `rows` channels each. */
interface PhaseKernels {
  readonly phase: DirectPhase
  readonly lines: number
  readonly blocks: readonly {
    readonly rows: number
    readonly count: number
    readonly kernel: LineKernel
  }[]
}

function phaseKernels(
  module: ModuleBuilder,
  options: DirectOptions,
  form: DirectForm,
  phase: DirectPhase,
  index: number,
): PhaseKernels {
  const tile = chooseTile(form, phase, options)
  const blocks = Math.ceil(form.outputs / tile.rows)
  const larger = form.outputs % blocks
  const rows = Math.floor(form.outputs / blocks)
  const sizes = [
    { rows: rows + 1, count: larger },
    { rows, count: blocks - larger },
  ].filter(({ count }) => count > 0)
  return {
    phase,
    lines: tile.lines,
    blocks: sizes.map((size) => ({
      ...size,
      kernel: lineKernel(module, `lines${index}x${size.rows}`, {
        ...options,
        form,
        phase,
        tile: { ...tile, rows: size.rows },
      }),
    })),
  }
}

/** Pieces of work are numbered by sample, group and band, the band fastest. */
function overBands(
  f: FunctionBuilder,
  p: RunLocals,
  form: DirectForm,
  fill: FillBand,
  phases: readonly PhaseKernels[],
  { hasBias, epilogue }: DirectOptions,
): void {
  const { bands, band, bandOutputs, bandStep, bandAxis, low, channels, outputs } = form
  const [item, start] = [f.local('i32'), f.local('i32')]
  const at = {
    group: f.local('i32'),
    output: f.local('i32'),
    weight: f.local('i32'),
    bias: f.local('i32'),
  }
  const operands = (epilogue?.operands ?? []).map((access, i): PlacedOperand => {
    const address = p[`operand${i}`]!
    // Those that lie as the outputs do are found from them.
    if (access === 'cell') f.set(address, i32.sub(address, p.output))
    return { access, address, ofGroup: access === 'row' ? f.local('i32') : address }
  })
  const work = f.let(i32.add(p.scratch, form.scratchBytes))
  f.do(memoryFill(p.scratch, 0, form.scratchBytes))
  f.for(p.first, { from: p.first, to: p.end }, () => {
    f.set(item, bands > 1 ? i32.divU(p.first, bands) : p.first)
    // The last band begins early enough to end with the axis.
    const first = i32.mul(i32.sub(p.first, i32.mul(item, bands)), band)
    f.set(start, bands > 1 ? minimum(first, bandOutputs - band) : 0)
    f.set(at.group, i32.remU(item, p.groups))
    f.do(
      fill.call({
        from: i32.add(p.input, i32.mul(item, 4 * channels * form.inputPlane)),
        start: i32.add(i32.mul(start, bandStep), low[bandAxis]!),
        to: p.scratch,
      }),
    )
    f.set(at.weight, i32.add(p.weight, i32.mul(at.group, 4 * form.weightGroup)))
    if (hasBias) f.set(at.bias, i32.add(p.bias, i32.mul(at.group, 4 * outputs)))
    f.set(at.output, i32.add(p.output, i32.mul(item, 4 * outputs * form.outputPlane)))
    for (const { access, address, ofGroup } of operands)
      if (access === 'row') f.set(ofGroup, i32.add(address, i32.mul(at.group, 4 * outputs)))
    for (const each of phases) overLines(f, form, each, p.scratch, start, { ...at, work, operands })
  })
}

interface PlacedOperand {
  readonly access: OperandAccess
  readonly address: Local<'i32'>
  /** The same for the group at hand, where it differs. */
  readonly ofGroup: Local<'i32'>
}

interface Item {
  readonly weight: Local<'i32'>
  readonly bias: Local<'i32'>
  readonly output: Local<'i32'>
  readonly work: Local<'i32'>
  readonly operands: readonly PlacedOperand[]
}

/** Lines of a band, all output channels of a group. */
function overLines(
  f: FunctionBuilder,
  form: DirectForm,
  { phase, lines, blocks }: PhaseKernels,
  from: Local<'i32'>,
  start: Local<'i32'>,
  item: Item,
): void {
  const { counts, steps } = phase
  const [z, y, left] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const bandStart = i32.mul(start, 4 * steps[form.bandAxis]!)
  const origin = f.let(i32.add(i32.add(item.output, 4 * phase.start), bandStart))
  const [output, weight, bias] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const scratch = f.local('i32')
  const operands = item.operands.map((each) => ({
    ...each,
    ofRows: each.access === 'row' ? f.local('i32') : each.ofGroup,
  }))
  const addresses = Object.fromEntries(operands.map(({ ofRows }, i) => [`operand${i}`, ofRows]))
  const rowOperands = operands.filter(({ access }) => access === 'row')
  f.for(z, { to: counts[0]! }, () => {
    f.set(y, 0)
    f.loop((again) => {
      // The last lines begin early enough to end with the axis.
      f.set(y, minimum(y, counts[1]! - lines))
      const cell = (zStep: number, yStep: number) =>
        i32.add(i32.mul(z, 4 * zStep), i32.mul(y, 4 * yStep))
      f.set(scratch, i32.add(from, cell(form.cellSteps[0]!, form.cellSteps[1]!)))
      f.set(output, i32.add(origin, cell(steps[0]!, steps[1]!)))
      f.set(weight, item.weight)
      f.set(bias, item.bias)
      for (const { ofRows, ofGroup } of rowOperands) f.set(ofRows, ofGroup)
      for (const { rows, count, kernel } of blocks) {
        f.set(left, count)
        f.loop((next) => {
          f.do(kernel.call({ scratch, weight, bias, output, work: item.work, ...addresses }))
          f.add(weight, 4 * rows * form.weightRow)
          f.add(bias, 4 * rows)
          for (const { ofRows } of rowOperands) f.add(ofRows, 4 * rows)
          f.add(output, 4 * rows * form.outputPlane)
          f.set(left, i32.sub(left, 1))
          f.brIf(next, left)
        })
      }
      f.add(y, lines)
      f.brIf(again, i32.ltS(y, counts[1]!))
    })
  })
}
