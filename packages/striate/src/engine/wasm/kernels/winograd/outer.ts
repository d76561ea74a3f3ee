/**
 * The products of a weight gradient: for one point, [channels × tiles] · [tiles × outputs], summed over
 * tiles, where both matrices lie in blocks of eight channels, cell after cell.
 */
import {
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  minimum,
  multiplyAdd,
} from '../kernel.ts'
import { cellBytes } from './channelBlocks.ts'

export type OuterProductOptions = KernelTarget & {
  /** Blocks of outputs in registers, beside four channels. */
  readonly blocks: 1 | 2 | 3
}

export type OuterProductExports = {
  /**
   * For each plane: to[output block, channel, lane] += Σ_cell from[channel / 8, cell, channel % 8] ·
   * by[output block, cell, lane], or = where `add` is 0. Channels are rounded up to four. Steps in bytes.
   */
  run(
    ...product: [
      ...size: [planes: number, cells: number, channels: number, outputBlocks: number],
      ...from: [from: number, blockStep: number, planeStep: number],
      ...by: [by: number, blockStep: number, planeStep: number],
      ...to: [to: number, blockStep: number, planeStep: number],
      add: number,
    ]
  ): void
}

/** Channels in registers: half a block. */
const rows = 4

/** Cells summed in registers, from 0, before the sum is added to what is there: sums of sums round less than one long sum. */
const sumDepth = 128

const microParameters = {
  cells: 'i32',
  from: 'i32',
  by: 'i32',
  byBlock: 'i32',
  to: 'i32',
  toBlock: 'i32',
  add: 'i32',
} as const
type Micro = Procedure<typeof microParameters>

export function outerProductModule(
  options: OuterProductOptions,
): KernelModule<OuterProductExports> {
  const { blocks, sharedMemory } = options
  const name = kernelName(`f32-outerproduct-${rows}x${8 * blocks}`, options)
  const module = new ModuleBuilder({ name, sharedMemory })
  const widths = Array.from({ length: blocks }, (_, index) => blocks - index)
  const kernels = widths.map((width) => micro(module, options, width))
  const panel = module.procedure(
    'plane',
    {
      cells: 'i32',
      channels: 'i32',
      outputBlocks: 'i32',
      from: 'i32',
      fromBlock: 'i32',
      by: 'i32',
      byBlock: 'i32',
      to: 'i32',
      toBlock: 'i32',
      add: 'i32',
    },
    (f, p) => {
      const [channel, start, left] = [f.local('i32'), f.local('i32'), f.local('i32')]
      kernels.forEach((kernel, index) => {
        const width = widths[index]!
        f.while(i32.geS(p.outputBlocks, width), () => {
          f.for(channel, { to: p.channels, step: rows }, () => {
            const block = i32.mul(i32.shrU(channel, 3), p.fromBlock)
            const half = i32.shl(i32.and(channel, 4), 2)
            f.set(left, p.cells)
            f.for(start, { to: p.cells, step: sumDepth }, () => {
              const skipped = i32.mul(start, cellBytes)
              f.do(
                kernel.call({
                  cells: minimum(left, sumDepth),
                  from: i32.add(p.from, i32.add(i32.add(block, half), skipped)),
                  by: i32.add(p.by, skipped),
                  byBlock: p.byBlock,
                  to: i32.add(p.to, i32.mul(channel, cellBytes)),
                  toBlock: p.toBlock,
                  add: i32.or(p.add, start),
                }),
              )
              f.set(left, i32.sub(left, sumDepth))
            })
          })
          f.set(p.by, i32.add(p.by, i32.mul(p.byBlock, width)))
          f.set(p.to, i32.add(p.to, i32.mul(p.toBlock, width)))
          f.set(p.outputBlocks, i32.sub(p.outputBlocks, width))
        })
      })
    },
  )
  module.procedure(
    'run',
    {
      planes: 'i32',
      cells: 'i32',
      channels: 'i32',
      outputBlocks: 'i32',
      from: 'i32',
      fromBlock: 'i32',
      fromPlane: 'i32',
      by: 'i32',
      byBlock: 'i32',
      byPlane: 'i32',
      to: 'i32',
      toBlock: 'i32',
      toPlane: 'i32',
      add: 'i32',
    },
    (f, p) => {
      f.times(p.planes, () => {
        f.do(panel.call(p))
        f.set(p.from, i32.add(p.from, p.fromPlane))
        f.set(p.by, i32.add(p.by, p.byPlane))
        f.set(p.to, i32.add(p.to, p.toPlane))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}

/** Four channels and a fixed number of blocks of outputs, over all cells. */
function micro(module: ModuleBuilder, options: OuterProductOptions, blocks: number): Micro {
  const vectors = 2 * blocks
  return module.procedure(`micro${rows}x${8 * blocks}`, microParameters, (f, p) => {
    const grid = Array.from({ length: rows }, () =>
      Array.from({ length: vectors }, () => f.local('v128')),
    )
    const sources = columnsOf(f, p.by, p.byBlock, blocks)
    const targets = columnsOf(f, p.to, p.toBlock, blocks)
    const factors = Array.from({ length: vectors }, () => f.local('v128'))
    const value = f.local('v128')
    const at = (columns: readonly Local<'i32'>[], vector: number, row: number) =>
      [columns[vector >> 1]!, 16 * (vector % 2) + cellBytes * row] as const
    const step = (cell: number): void => {
      factors.forEach((factor, vector) => {
        f.set(factor, v128.load(...at(sources, vector, cell)))
      })
      grid.forEach((sums, row) => {
        f.set(value, v128.load32Splat(p.from, cellBytes * cell + 4 * row))
        sums.forEach((sum, vector) => {
          f.set(sum, multiplyAdd(options, value, factors[vector]!, sum))
        })
      })
    }
    f.times(p.cells, () => {
      step(0)
      f.set(p.from, i32.add(p.from, cellBytes))
      for (const source of sources) f.set(source, i32.add(source, cellBytes))
    })
    const store = (value: (sum: Local<'v128'>, before: Value<'v128'>) => Value<'v128'>): void =>
      grid.forEach((sums, row) => {
        sums.forEach((sum, vector) => {
          const [address, offset] = at(targets, vector, row)
          f.do(v128.store(address, value(sum, v128.load(address, offset)), offset))
        })
      })
    f.if(
      p.add,
      () => store((sum, before) => f32x4.add(before, sum)),
      () => store((sum) => sum),
    )
  })
}

/** The address of each block. */
function columnsOf(
  f: FunctionBuilder,
  first: Local<'i32'>,
  step: Local<'i32'>,
  blocks: number,
): Local<'i32'>[] {
  const columns = [first]
  while (columns.length < blocks) columns.push(f.let(i32.add(columns.at(-1)!, step)))
  return columns
}
