/** The inner kernel of the contraction: a tile of C in registers, over one packed panel each of A and B. */
import {
  f32,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import { consecutive, element, type KernelTarget, multiplyAdd } from '../kernel.ts'

/**
 * a: depth × rows floats. b: depth × width floats. cM, cN: offsets of the tile's rows and columns,
 * of which `columns` are wanted. bias: address of the rows' bias, or 0. tile: room for the tile.
 */
const microParameters = {
  depth: 'i32',
  a: 'i32',
  b: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  columns: 'i32',
  bias: 'i32',
  beta: 'f32',
  tile: 'i32',
} as const
export type Micro = Procedure<typeof microParameters>

const writeParameters = {
  rows: 'i32',
  columns: 'i32',
  tile: 'i32',
  c: 'i32',
  cM: 'i32',
  cN: 'i32',
  beta: 'f32',
} as const
export type WriteTile = Procedure<typeof writeParameters>

/** C[tile] = beta · C[tile] + bias + A · B, for a fixed number of rows and of vectors of 4 columns. */
export function micro(
  module: ModuleBuilder,
  options: KernelTarget & { readonly rows: number; readonly vectors: number },
  write: WriteTile,
): Micro {
  const { rows, vectors } = options
  return module.procedure(`micro${rows}x${4 * vectors}`, microParameters, (f, p) => {
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
      f.set(p.a, i32.add(p.a, 4 * rows))
      f.set(p.b, i32.add(p.b, 16 * vectors))
    })

    const store = (address: Local<'i32'>, sum: Value<'v128'>): void =>
      f.do(v128.store(address, sum))
    const storeAll = (value: (address: Local<'i32'>, sum: Value<'v128'>) => Value<'v128'>): void =>
      grid.forEach((sums, i) => {
        const row = f.let(element(p.c, i32.load(p.cM, 4 * i)))
        sums.forEach((sum, j) => {
          const address = f.let(element(row, i32.load(p.cN, 16 * j)))
          store(address, value(address, sum))
        })
      })
    const straight = grid[0]?.reduce<Value<'i32'>>(
      (all, _, j) => i32.and(all, consecutive(p.cN, 16 * j)),
      i32.const(1),
    )
    f.block((done) => {
      f.if(i32.eq(p.columns, 4 * vectors), () =>
        f.if(straight ?? 0, () => {
          f.if(
            f32.eq(p.beta, 0),
            () => storeAll((_, sum) => sum),
            () => {
              const beta = f.let(f32x4.splat(p.beta))
              storeAll((address, sum) => multiplyAdd(options, beta, v128.load(address), sum))
            },
          )
          f.br(done)
        }),
      )
      for (const { sum, i, j } of cells) f.do(v128.store(p.tile, sum, 16 * (vectors * i + j)))
      const { columns, tile, c, cM, cN, beta } = p
      f.do(write.call({ rows: i32.const(rows), columns, tile, c, cM, cN, beta }))
    })
  })
}

/** Writes a tile of `width` columns cell by cell: ragged edges and scattered columns. */
export function writeTile(module: ModuleBuilder, width: number): WriteTile {
  return module.procedure('writeTile', writeParameters, (f, p) => {
    const j = f.local('i32')
    const value = f.local('f32')
    f.times(p.rows, () => {
      const row = f.let(element(p.c, i32.load(p.cM)))
      f.for(j, { to: p.columns }, () => {
        const address = f.let(element(row, i32.load(element(p.cN, j))))
        f.set(value, f32.load(element(p.tile, j)))
        f.if(f32.ne(p.beta, 0), () =>
          f.set(value, f32.add(value, f32.mul(p.beta, f32.load(address)))),
        )
        f.do(f32.store(address, value))
      })
      f.set(p.cM, i32.add(p.cM, 4))
      f.set(p.tile, i32.add(p.tile, 4 * width))
    })
  })
}
