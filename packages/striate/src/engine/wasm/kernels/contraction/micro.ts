/** The inner kernel of the contraction: a tile of C in registers, over one packed panel each of A and B. */
import { f32, f32x4, i32, type ModuleBuilder, type Procedure, v128 } from '../../assembler/index.ts'
import {
  type EmitEpilogue,
  type KernelEpilogue,
  moveOperands,
  type OperandAccess,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { element, type KernelTarget, multiplyAdd } from '../kernel.ts'
import type { WriteTile } from './writeTile.ts'

/**
 * a: depth × rows floats. b: width floats for each of depth, `step` bytes apart. cM, cN: offsets of the tile's rows and columns,
 * of which `columns` are wanted; straight: all are, and neighbours. bias: address of the rows' bias, or 0.
 * last: these are the last products, after which the epilogue comes. tile: room for the tile.
 */
const microParameters = {
  depth: 'i32',
  a: 'i32',
  b: 'i32',
  step: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  columns: 'i32',
  straight: 'i32',
  bias: 'i32',
  beta: 'f32',
  last: 'i32',
  tile: 'i32',
} as const

export type Micro = Procedure<typeof microParameters & OperandParameters>

/** C[tile] = f(beta · C[tile] + bias + A · B), for a fixed number of rows and of vectors of 4 columns. */
export function micro(
  module: ModuleBuilder,
  options: KernelTarget & {
    readonly rows: number
    readonly vectors: number
    readonly epilogue?: KernelEpilogue
  },
  write: WriteTile,
  emit: EmitEpilogue | null,
): Micro {
  const { rows, vectors, epilogue } = options
  const name = `micro${rows}x${4 * vectors}`
  const parameters: typeof microParameters & OperandParameters = {
    ...microParameters,
    ...operandParameters(epilogue),
  }
  return module.procedure(name, parameters, (f, p) => {
    const grid = Array.from({ length: rows }, () =>
      Array.from({ length: vectors }, () => f.local('v128')),
    )
    const cells = grid.flatMap((row, i) => row.map((sum, j) => ({ sum, i, j })))
    const factors = Array.from({ length: vectors }, () => f.local('v128'))
    const weight = f.local('v128')
    f.if(p.bias, () => {
      for (const { sum, i } of cells) f.set(sum, v128.load32Splat(p.bias, 4 * i))
    })
    f.times(p.depth, () => {
      factors.forEach((factor, j) => {
        f.set(factor, v128.load(p.b, 16 * j))
      })
      grid.forEach((sums, i) => {
        f.set(weight, v128.load32Splat(p.a, 4 * i))
        sums.forEach((sum, j) => {
          const factor = factors[j]
          if (factor !== undefined) f.set(sum, multiplyAdd(options, weight, factor, sum))
        })
      })
      f.add(p.a, 4 * rows)
      f.add(p.b, p.step)
    })

    const operandAt = (
      operand: number,
      access: OperandAccess,
      { i, j }: { i: number; j: number },
    ) => {
      const at = p[`operand${operand}`]!
      if (access === 'cell') return v128.load(i32.add(addresses[i]!, at), 16 * j)
      if (access === 'column') return v128.load(at, 16 * j)
      return v128.load32Splat(at, access === 'row' ? 4 * i : 0)
    }
    const addresses = grid.map(() => f.local('i32'))
    f.block((done) => {
      f.if(p.straight, () => {
        const first = f.let(element(p.c, i32.load(p.cN)))
        addresses.forEach((address, i) => {
          f.set(address, element(first, i32.load(p.cM, 4 * i)))
        })
        f.if(f32.ne(p.beta, 0), () => {
          const beta = f.let(f32x4.splat(p.beta))
          for (const { sum, i, j } of cells)
            f.set(sum, multiplyAdd(options, beta, v128.load(addresses[i]!, 16 * j), sum))
        })
        if (emit !== null)
          f.if(p.last, () => {
            for (const cell of cells)
              f.set(
                cell.sum,
                emit(f, cell.sum, (operand, access) => operandAt(operand, access, cell)),
              )
          })
        for (const { sum, i, j } of cells) f.do(v128.store(addresses[i]!, sum, 16 * j))
        f.br(done)
      })
      for (const { sum, i, j } of cells) f.do(v128.store(p.tile, sum, 16 * (vectors * i + j)))
      const { columns, tile, c, cM, cN, beta, last } = p
      const operands = moveOperands(epilogue, p, (at) => at)
      const args = { rows: i32.const(rows), columns, tile, c, cM, cN, beta, last, ...operands }
      f.do(write.call(args))
    })
  })
}
