/** Products of packed blocks: every panel of A with every panel of B, a tile of C at a time. */
import { i32, type ModuleBuilder, type Procedure } from '../../assembler/index.ts'
import { element, type KernelTarget, minimum } from '../kernel.ts'
import { type Micro, micro, writeTile } from './micro.ts'
import { panelHeight } from './pack.ts'

/** The tile of C that is kept in registers; columns is a multiple of 4. */
export type Tile = KernelTarget & { readonly rows: number; readonly columns: number }

const blockParameters = {
  m: 'i32',
  n: 'i32',
  depth: 'i32',
  a: 'i32',
  b: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  bias: 'i32',
  beta: 'f32',
  tile: 'i32',
} as const
export type Block = Procedure<typeof blockParameters>

/** One packed block of A times one of B: each panel of B meets all panels of A. */
export function block(module: ModuleBuilder, options: Tile): Block {
  const { rows, columns } = options
  const write = writeTile(module, columns)
  const kernel = (height: number): Micro =>
    micro(module, { ...options, rows: height, vectors: columns / 4 }, write)
  const kernels = Array.from({ length: rows }, (_, index) => kernel(rows - index))
  return module.procedure('block', blockParameters, (f, p) => {
    const i = f.local('i32')
    const j = f.local('i32')
    const height = f.local('i32')
    const { depth, c, beta, tile } = p
    f.for(j, { to: p.n, step: columns }, () => {
      const b = f.let(element(p.b, i32.mul(j, depth)))
      const cN = f.let(element(p.cN, j))
      const wanted = f.let(minimum(i32.sub(p.n, j), columns))
      const call = (kernel: Micro): void => {
        const a = element(p.a, i32.mul(i, depth))
        const bias = i32.select(p.bias, element(p.bias, i), 0)
        const cM = element(p.cM, i)
        f.do(kernel.call({ depth, a, b, c, cM, cN, columns: wanted, bias, beta, tile }))
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
        f.set(i, i32.add(i, height))
      })
    })
  })
}
