/** The inner kernel of the turned contraction: a few columns of C, its rows along the vectors. */
import {
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type Local,
  type Locals,
  type ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  type EmitEpilogue,
  epilogueCode,
  type KernelEpilogue,
  moveOperands,
  type OperandAccess,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { element, type KernelTarget, multiplyAdd, transposeFour } from '../kernel.ts'
import { type WriteTile, writeTile } from './writeTile.ts'

export type TurnedOptions = KernelTarget & {
  /** The tile in registers: so many columns of C, and rows along the vectors, a multiple of 4. */
  readonly columns: number
  readonly rows: number
  readonly epilogue?: KernelEpilogue
}

/**
 * b: bytes `step` apart from one product to the next. next: what of A comes later, of which `pace` bytes a
 * product are touched. sums: where those of earlier products are, and go
 * unless these are the last.
 */
const microParameters = {
  depth: 'i32',
  a: 'i32',
  b: 'i32',
  step: 'i32',
  next: 'i32',
  pace: 'i32',
  sums: 'i32',
  first: 'i32',
  last: 'i32',
  bias: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  wanted: 'i32',
  tile: 'i32',
} as const
export type Micro = Procedure<typeof microParameters & OperandParameters>

/** A tile of `count` columns. */
export function micro(
  module: ModuleBuilder,
  options: TurnedOptions,
  count: number,
  writing: Writing,
): Micro {
  const { rows, epilogue } = options
  const vectors = rows / 4
  const parameters: typeof microParameters & OperandParameters = {
    ...microParameters,
    ...operandParameters(epilogue),
  }
  return module.procedure(`micro${rows}x${count}`, parameters, (f, p) => {
    const grid = Array.from({ length: count }, () =>
      Array.from({ length: vectors }, () => f.local('v128')),
    )
    const all = grid.flatMap((column, j) => column.map((sum, vector) => ({ sum, j, vector })))
    const factors = Array.from({ length: vectors }, () => f.local('v128'))
    const cell = f.local('v128')
    const touched = f.local('i32')
    f.if(p.first, () => {
      for (const { sum, vector } of all) f.set(sum, v128.load(p.bias, 16 * vector))
    })
    f.times(p.depth, () => {
      factors.forEach((factor, vector) => {
        f.set(factor, v128.load(p.a, 16 * vector))
      })
      grid.forEach((column, j) => {
        f.set(cell, v128.load32Splat(p.b, 4 * j))
        column.forEach((sum, vector) => {
          f.set(sum, multiplyAdd(options, cell, factors[vector]!, sum))
        })
      })
      f.add(p.a, 4 * rows)
      f.add(p.b, p.step)
      // Weights come from far away, once: what is read ahead at the pace of the columns arrives meanwhile.
      f.set(touched, i32.load(p.next))
      f.add(p.next, p.pace)
    })
    // By way of memory: where sums change after the loop, V8 before version 13 keeps them there during the loop.
    f.if(i32.eqz(p.first), () => {
      for (const [j, column] of grid.entries())
        for (let vector = 0; vector < vectors; vector += 2) {
          const pair = column
            .slice(vector, vector + 2)
            .map((sum, i) => [sum, 16 * (vectors * j + vector + i)] as const)
          for (const [sum, at] of pair) f.do(v128.store(p.tile, sum, at))
          for (const [sum, at] of pair)
            f.set(sum, f32x4.add(v128.load(p.tile, at), v128.load(p.sums, at)))
        }
    })
    f.if(
      p.last,
      () => finish(f, p, grid, writing),
      () => {
        for (const { sum, j, vector } of all)
          f.do(v128.store(p.sums, sum, 16 * (vectors * j + vector)))
      },
    )
  })
}

/**
 * Writes a tile: four neighbouring columns at a time, where all are neighbours and rows whole vectors, or cell
 * by cell.
 */
function finish(
  f: FunctionBuilder,
  p: Locals<typeof microParameters & OperandParameters>,
  grid: readonly (readonly Local<'v128'>[])[],
  { emit, epilogue, write }: Writing,
): void {
  const count = grid.length
  const vectors = grid[0]!.length
  const value = f.local('v128')
  const first = f.let(element(p.c, i32.load(p.cN)))
  const address = f.local('i32')
  const straight = (): Value<'i32'> =>
    Array.from({ length: count - 1 }, (_, i) => i + 1).reduce<Value<'i32'>>(
      (all, j) => i32.and(all, i32.eq(i32.load(p.cN, 4 * j), i32.add(i32.load(p.cN), j))),
      i32.eqz(i32.and(p.wanted, 3)),
    )
  const four = (vector: number, start: number): void => {
    const columns = grid.slice(start, start + 4).map((column) => column[vector]!) as FourVectors
    transposeFour(columns, (each) => f.let(each)).forEach((lanes, i) => {
      const row = 4 * vector + i
      f.set(address, element(first, i32.load(p.cM, 4 * row)))
      f.set(value, lanes)
      const operand = (index: number, access: OperandAccess): Value<'v128'> => {
        const at = p[`operand${index}`]!
        if (access === 'cell') return v128.load(i32.add(address, at), 4 * start)
        return v128.load32Splat(at, access === 'row' ? 4 * row : 0)
      }
      if (emit) f.set(value, emit(f, value, operand))
      f.do(v128.store(address, value, 4 * start))
    })
  }
  f.block((done) => {
    if (count >= 4)
      f.if(straight(), () => {
        for (let vector = 0; vector < vectors; vector++)
          f.if(i32.gtS(p.wanted, 4 * vector), () => {
            // The last four overlap those before: they are written twice.
            for (const start of new Set([0, count - 4])) four(vector, start)
          })
        f.br(done)
      })
    for (const [j, column] of grid.entries())
      for (const [vector, sum] of column.entries())
        f.do(v128.store(p.tile, sum, 16 * (vectors * j + vector)))
    const { wanted: columns, tile, c, cM: cN, cN: cM } = p
    const operands = moveOperands(epilogue, p, (at) => at)
    const rest = { beta: f32.const(0), last: i32.const(1) }
    f.do(write.call({ rows: i32.const(count), columns, tile, c, cM, cN, ...rest, ...operands }))
  })
}

type FourVectors = [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>]

/** How a tile is written: in registers, or by a function for which rows are columns. */
export interface Writing {
  readonly epilogue: KernelEpilogue | undefined
  readonly emit: EmitEpilogue | null
  readonly write: WriteTile
}

export function writing(module: ModuleBuilder, options: TurnedOptions): Writing {
  const { epilogue, rows } = options
  const turn = (access: OperandAccess): OperandAccess =>
    access === 'row' ? 'column' : access === 'column' ? 'row' : access
  const turned = epilogue && { ...epilogue, operands: epilogue.operands.map(turn) }
  const emit = (each: KernelEpilogue | undefined): EmitEpilogue | null =>
    each ? epilogueCode(module, options, each) : null
  return { epilogue, emit: emit(epilogue), write: writeTile(module, rows, turned, emit(turned)) }
}
