/** The inner kernel of direct convolution: a few output channels along a few lines of outputs. */
import {
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type Locals,
  type ModuleBuilder,
  type Operand,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  type EmitEpilogue,
  epilogueCode,
  type KernelEpilogue,
  type OperandAccess,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { type KernelTarget, minimum, multiplyAdd } from '../kernel.ts'
import type { DirectForm, DirectPhase } from './form.ts'
import { type Tap, type TapNest, tapNests } from './taps.ts'
import type { Tile } from './tile.ts'

const lineParameters = {
  scratch: 'i32',
  weight: 'i32',
  bias: 'i32',
  output: 'i32',
  work: 'i32',
} as const
/** Sixteen sums of two vectors. */
export const lineWorkBytes: number = 16 * 32

/**
 * Addresses of the first cell in scratch, of weight, bias and first output of the first row, and of
 * `lineWorkBytes` to work in.
 */
export type LineKernel = Procedure<typeof lineParameters & OperandParameters>

export interface LineOptions extends KernelTarget {
  readonly form: DirectForm
  readonly phase: DirectPhase
  readonly tile: Tile
  readonly hasBias: boolean
  readonly epilogue?: KernelEpilogue
}

/** A sum in registers: its output channel, line and unit, and which vector of the unit it is. */
interface Sum {
  readonly local: Local<'v128'>
  readonly row: number
  readonly line: number
  readonly unit: number
  readonly half: number
}

/** All outputs of `tile.rows` channels along `tile.lines` whole lines. */
export function lineKernel(module: ModuleBuilder, name: string, options: LineOptions): LineKernel {
  const { form, phase, tile, hasBias } = options
  const { rows, lines, units, lanes } = tile
  const width = phase.counts[2]!
  const covered = Math.min(width, units * lanes)
  const parameters: typeof lineParameters & OperandParameters = {
    ...lineParameters,
    ...operandParameters(options.epilogue),
  }
  const emit = options.epilogue ? epilogueCode(module, options, options.epilogue) : null
  return module.procedure(name, parameters, (f, p) => {
    const sums: Sum[] = []
    for (let row = 0; row < rows; row++)
      for (let line = 0; line < lines; line++)
        for (let unit = 0; unit < units; unit++)
          for (let half = 0; half < lanes / 4; half++)
            sums.push({ local: f.local('v128'), row, line, unit, half })
    const temporary = {
      inputs: Array.from({ length: (units * lanes) / 4 }, () => f.local('v128')),
      weight: f.local('v128'),
    }
    const scratch = f.local('i32')
    const weight = f.local('i32')
    const left = f.let(i32.const(width - covered))
    const step = f.local('i32')
    const biasOf = (address: Local<'i32'>, row: number, cell: number): Operand<'v128'> =>
      form.weightsPerTap ? v128.load(address, 4 * cell) : v128.load32Splat(address, 4 * row)
    const nests = tapNests(form, phase, tile)
    // The last tile begins early enough to end with the line: some outputs are computed twice.
    f.block((done) =>
      f.loop((again) => {
        for (const { local, row, unit, half } of sums)
          f.set(
            local,
            hasBias ? biasOf(p.bias, row, unit * lanes + 4 * half) : f32x4.const(0, 0, 0, 0),
          )
        for (const nest of nests)
          overNest(f, nest, { from: p, scratch, weight }, (base) =>
            unrolledBody(f, options, nest.body, sums, temporary, base),
          )
        if (!lanesOf(options).isWhole && lanes === 8) throughMemory(f, sums, p.work)
        // All before the first store: V8 joins no loads across a store.
        if (emit) for (const sum of sums) finish(f, options, sum, p, emit)
        for (const sum of sums) store(f, options, sum, p.output)
        f.brIf(done, i32.eqz(left))
        f.set(step, minimum(left, covered))
        f.set(left, i32.sub(left, step))
        f.add(p.scratch, i32.shl(step, 2))
        f.add(p.output, i32.mul(step, 4 * phase.steps[2]!))
        if (form.weightsPerTap) {
          f.add(p.weight, i32.shl(step, 2))
          f.add(p.bias, i32.shl(step, 2))
          for (const [i, access] of (options.epilogue?.operands ?? []).entries())
            if (access === 'row') f.add(p[`operand${i}`]!, i32.shl(step, 2))
        }
        f.br(again)
      }),
    )
  })
}

interface Base {
  readonly scratch: Local<'i32'>
  readonly weight: Local<'i32'>
}

/** Runs the body in all loops of the nest, with addresses that move along. */
function overNest(
  f: FunctionBuilder,
  { start, loops }: TapNest,
  { from, ...moving }: Base & { readonly from: Base },
  body: (base: Base) => void,
): void {
  f.set(moving.scratch, i32.add(from.scratch, 4 * start.scratch))
  f.set(moving.weight, i32.add(from.weight, 4 * start.weight))
  const move = (scratch: number, weight: number): void => {
    if (scratch !== 0) f.add(moving.scratch, 4 * scratch)
    if (weight !== 0) f.add(moving.weight, 4 * weight)
  }
  const nested = (depth: number): void => {
    const loop = loops[depth]
    if (loop === undefined) {
      body(moving)
      return
    }
    const { count, scratchStep, weightStep } = loop
    const inner = loops[depth + 1]
    const left = f.local('i32')
    f.set(left, count)
    f.loop((again) => {
      nested(depth + 1)
      // The inner loop has moved on by its whole length.
      const undo = inner ?? { count: 0, scratchStep: 0, weightStep: 0 }
      move(scratchStep - undo.count * undo.scratchStep, weightStep - undo.count * undo.weightStep)
      f.set(left, i32.sub(left, 1))
      f.brIf(again, left)
    })
  }
  nested(0)
}

function unrolledBody(
  f: FunctionBuilder,
  options: LineOptions,
  body: readonly Tap[],
  sums: readonly Sum[],
  temporary: { readonly inputs: readonly Local<'v128'>[]; readonly weight: Local<'v128'> },
  base: Base,
): void {
  const { form, tile } = options
  const { lines, rows, lanes } = tile
  const { inputs, weight } = temporary
  const halves = lanes / 4
  const splat = (row: number, tap: Tap): void =>
    f.set(weight, v128.load32Splat(base.weight, 4 * (row * form.weightRow + tap.weight)))
  const inputAt = (offset: number, vector: number): Operand<'v128'> =>
    v128.load(base.scratch, 4 * offset + 16 * vector)
  if (form.weightsPerTap) {
    for (const tap of body)
      for (const { local, line, unit, half } of sums) {
        const vector = unit * halves + half
        // Sums of the same cells on other lines follow: they take the weights from registers.
        if (line === 0) f.set(inputs[vector]!, v128.load(base.weight, 4 * tap.weight + 16 * vector))
        const input = inputAt(tap.scratch + line * form.cellSteps[1]!, vector)
        f.set(local, multiplyAdd(options, inputs[vector]!, input, local))
      }
    return
  }
  if (tile.weightFirst) {
    for (const tap of body) {
      splat(0, tap)
      for (const { local, line, unit, half } of sums) {
        const input = inputAt(tap.scratch + line * form.cellSteps[1]!, unit * halves + half)
        f.set(local, multiplyAdd(options, weight, input, local))
      }
    }
    return
  }
  // Lines of the output that read the same cells read them together.
  const readers = new Map<number, { tap: Tap; line: number }[]>()
  for (let line = 0; line < lines; line++)
    for (const tap of body) {
      const offset = tap.scratch + line * form.cellSteps[1]!
      readers.set(offset, [...(readers.get(offset) ?? []), { tap, line }])
    }
  for (const [offset, list] of [...readers].sort(([a], [b]) => a - b)) {
    for (const [vector, input] of inputs.entries()) f.set(input, inputAt(offset, vector))
    for (const { tap, line } of list)
      for (let row = 0; row < rows; row++) {
        splat(row, tap)
        for (const sum of sums)
          if (sum.row === row && sum.line === line) {
            const input = inputs[sum.unit * halves + sum.half]!
            f.set(sum.local, multiplyAdd(options, weight, input, sum.local))
          }
      }
  }
}

/** The bytes from the first output of a tile to lane `lane` of a sum. */
function offsetOf(
  { form, phase, tile }: LineOptions,
  { row, line, unit, half }: Sum,
  lane: number,
): number {
  const cell = unit * tile.lanes + 4 * half + lane
  return 4 * (row * form.outputPlane + line * phase.steps[1]! + cell * phase.steps[2]!)
}

/** Lanes of a sum that are outputs, and whether they are neighbours. */
function lanesOf({ phase }: LineOptions): { readonly lanes: number; readonly isWhole: boolean } {
  const lanes = Math.min(4, phase.counts[2]!)
  return { lanes, isWhole: lanes === 4 && phase.steps[2] === 1 }
}

/**
 * Sums of pairs of vectors are joined because of the stores in which they end: those that are stored lane by
 * lane later go to memory and back.
 */
function throughMemory(f: FunctionBuilder, sums: readonly Sum[], work: Local<'i32'>): void {
  for (const [i, { local }] of sums.entries()) f.do(v128.store(work, local, 16 * i))
  for (const [i, { local }] of sums.entries()) f.set(local, v128.load(work, 16 * i))
}

function finish(
  f: FunctionBuilder,
  options: LineOptions,
  sum: Sum,
  p: Locals<typeof lineParameters & OperandParameters>,
  emit: EmitEpilogue,
): void {
  const { lanes, isWhole } = lanesOf(options)
  const offset = (lane: number): number => offsetOf(options, sum, lane)
  const operand = (index: number, access: OperandAccess): Value<'v128'> => {
    const at = p[`operand${index}`]!
    if (access === 'scalar') return v128.load32Splat(at)
    if (access !== 'cell') {
      const { row, unit, half } = sum
      const isAlong = options.form.weightsPerTap !== undefined
      return isAlong
        ? v128.load(at, 4 * (unit * options.tile.lanes + 4 * half))
        : v128.load32Splat(at, 4 * row)
    }
    const beside = i32.add(p.output, at)
    if (isWhole) return v128.load(beside, offset(0))
    return Array.from({ length: lanes - 1 }, (_, i) => i + 1).reduce<Value<'v128'>>(
      (vector, lane) => v128.load32Lane(beside, vector, lane, offset(lane)),
      v128.load32Zero(beside, offset(0)),
    )
  }
  f.set(sum.local, emit(f, sum.local, operand))
}

function store(f: FunctionBuilder, options: LineOptions, sum: Sum, output: Local<'i32'>): void {
  const { lanes, isWhole } = lanesOf(options)
  if (isWhole) f.do(v128.store(output, sum.local, offsetOf(options, sum, 0)))
  else
    for (let lane = 0; lane < lanes; lane++)
      f.do(v128.store32Lane(output, sum.local, lane, offsetOf(options, sum, lane)))
}
