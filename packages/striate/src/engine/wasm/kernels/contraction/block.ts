/** Products of packed blocks: every panel of A with every panel of B, a tile of C at a time. */
import { i32, type ModuleBuilder, type Procedure } from '../../assembler/index.ts'
import {
  epilogueCode,
  type KernelEpilogue,
  moveOperands,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { element, type KernelTarget, minimum, neighbours } from '../kernel.ts'
import { type Micro, micro } from './micro.ts'
import { panelHeight } from './pack.ts'
import { writeTile } from './writeTile.ts'

/** The tile of C that is kept in registers; columns is a multiple of 4. */
export type Tile = KernelTarget & {
  readonly rows: number
  readonly columns: number
  /** What is done to a sum before it is written; its operands lie as C does, or by C's rows and columns. */
  readonly epilogue?: KernelEpilogue
}

const blockParameters = {
  m: 'i32',
  n: 'i32',
  depth: 'i32',
  a: 'i32',
  b: 'i32',
  inPlace: 'i32',
  step: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  bias: 'i32',
  beta: 'f32',
  last: 'i32',
  tile: 'i32',
} as const
export type Block = Procedure<typeof blockParameters & OperandParameters>

/**
 * One packed block of A times one of B: each panel of B meets all panels of A. Where the products of a
 * column lie `step` bytes apart, and not 0, whole panels of B are read in place.
 */
export function block(module: ModuleBuilder, options: Tile): Block {
  const { rows, columns, epilogue } = options
  const emit = epilogue ? epilogueCode(module, options, epilogue) : null
  const write = writeTile(module, columns, epilogue, emit)
  const kernel = (height: number): Micro =>
    micro(module, { ...options, rows: height, vectors: columns / 4 }, write, emit)
  const kernels = Array.from({ length: rows }, (_, index) => kernel(rows - index))
  const parameters: typeof blockParameters & OperandParameters = {
    ...blockParameters,
    ...operandParameters(epilogue),
  }
  return module.procedure('block', parameters, (f, p) => {
    const i = f.local('i32')
    const j = f.local('i32')
    const height = f.local('i32')
    const straight = f.local('i32')
    const { depth, c, beta, last, tile } = p
    f.for(j, { to: p.n, step: columns }, () => {
      const b = f.let(element(p.b, i32.mul(j, depth)))
      const step = f.let(i32.const(4 * columns))
      const cN = f.let(element(p.cN, j))
      const wanted = f.let(minimum(i32.sub(p.n, j), columns))
      f.set(straight, 0)
      f.if(i32.eq(wanted, columns), () => {
        f.if(p.step, () => {
          f.set(b, element(p.inPlace, j))
          f.set(step, p.step)
        })
        f.set(straight, neighbours(cN, columns))
      })
      const call = (kernel: Micro): void => {
        const a = element(p.a, i32.mul(i, depth))
        const bias = i32.select(p.bias, element(p.bias, i), 0)
        const cM = element(p.cM, i)
        const operands = moveOperands(epilogue, p, (at, access) =>
          access === 'row' ? element(at, i) : access === 'column' ? element(at, j) : at,
        )
        const sizes = { depth, columns: wanted, straight }
        f.do(kernel.call({ ...sizes, a, b, step, c, cM, cN, bias, beta, last, tile, ...operands }))
      }
      f.set(i, 0)
      f.while(i32.ltS(i, p.m), () => {
        f.set(height, panelHeight(f, i32.sub(p.m, i), rows))
        f.block((done) => {
          kernels.forEach((kernel, index) => {
            f.if(i32.eq(height, rows - index), () => {
              call(kernel)
              f.br(done)
            })
          })
        })
        f.add(i, height)
      })
    })
  })
}
