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
  /** Blocks of outputs in registers, beside six channels. */
  readonly blocks: 1 | 2
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

/**
 * Channels in registers, lane by lane: six of a block, or of two that follow each other. Three blocks are four
 * sixes; four channels at a time are the rest. Twelve sums keep both multipliers busy, and with what they are
 * made of they fill the registers.
 */
interface Rows {
  readonly here: number
  readonly next: number
}
const sixes: readonly (Rows & { readonly lane: number; readonly block: number })[] = [
  { block: 0, lane: 0, here: 6, next: 0 },
  { block: 0, lane: 6, here: 2, next: 4 },
  { block: 1, lane: 4, here: 4, next: 2 },
  { block: 2, lane: 2, here: 6, next: 0 },
]
const four: Rows = { here: 4, next: 0 }
const lanes = 8
const threeBlocks = 3 * lanes

/** Cells summed in registers, from 0, before the sum is added to what is there: sums of sums round less than one long sum. */
const sumDepth = 128

const microParameters = {
  cells: 'i32',
  from: 'i32',
  /** The first lane of the next block. */
  next: 'i32',
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
  const name = kernelName(`f32-outerproduct-6x${lanes * blocks}`, options)
  const module = new ModuleBuilder({ name, sharedMemory })
  const widths = Array.from({ length: blocks }, (_, index) => blocks - index)
  const panels = widths.map((width) => panel(module, options, width))
  const plane = module.procedure('plane', { ...panelParameters, outputBlocks: 'i32' }, (f, p) => {
    panels.forEach((columns, index) => {
      const width = widths[index]!
      f.while(i32.geS(p.outputBlocks, width), () => {
        f.do(columns.call(p))
        f.set(p.by, i32.add(p.by, i32.mul(p.byBlock, width)))
        f.set(p.to, i32.add(p.to, i32.mul(p.toBlock, width)))
        f.set(p.outputBlocks, i32.sub(p.outputBlocks, width))
      })
    })
  })
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
        f.do(plane.call(p))
        f.set(p.from, i32.add(p.from, p.fromPlane))
        f.set(p.by, i32.add(p.by, p.byPlane))
        f.set(p.to, i32.add(p.to, p.toPlane))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}

const panelParameters = {
  cells: 'i32',
  channels: 'i32',
  from: 'i32',
  fromBlock: 'i32',
  by: 'i32',
  byBlock: 'i32',
  to: 'i32',
  toBlock: 'i32',
  add: 'i32',
} as const

/** All channels beside a fixed number of blocks of outputs. */
function panel(
  module: ModuleBuilder,
  options: OuterProductOptions,
  blocks: number,
): Procedure<typeof panelParameters> {
  const kernels = new Map<string, Micro>()
  const kernelOf = (rows: Rows): Micro => {
    const key = `${rows.here}+${rows.next}`
    const known = kernels.get(key) ?? micro(module, options, rows, blocks)
    kernels.set(key, known)
    return known
  }
  const byRows = [...sixes, four].map(kernelOf)
  return module.procedure(`panel${lanes * blocks}`, panelParameters, (f, p) => {
    const [start, left] = [f.local('i32'), f.local('i32')]
    const sum = (kernel: Micro, from: Value<'i32'>, next: Value<'i32'>, row: number): void => {
      f.set(left, p.cells)
      f.for(start, { to: p.cells, step: sumDepth }, () => {
        const skipped = i32.mul(start, cellBytes)
        f.do(
          kernel.call({
            ...p,
            cells: minimum(left, sumDepth),
            from: i32.add(from, skipped),
            next: i32.add(next, skipped),
            by: i32.add(p.by, skipped),
            to: i32.add(p.to, row * cellBytes),
            add: i32.or(p.add, start),
          }),
        )
        f.set(left, i32.sub(left, sumDepth))
      })
    }
    const blockAt = (index: number): Value<'i32'> => i32.add(p.from, i32.mul(p.fromBlock, index))
    const pass = (blocksDone: number): void => {
      f.set(p.from, blockAt(blocksDone))
      f.set(p.to, i32.add(p.to, blocksDone * lanes * cellBytes))
      f.set(p.channels, i32.sub(p.channels, blocksDone * lanes))
    }
    f.while(i32.geS(p.channels, threeBlocks), () => {
      sixes.forEach(({ block, lane }, i) => {
        sum(byRows[i]!, i32.add(blockAt(block), 4 * lane), blockAt(block + 1), 6 * i)
      })
      pass(3)
    })
    f.while(i32.gtS(p.channels, 0), () => {
      sum(byRows.at(-1)!, p.from, p.from, 0)
      f.if(i32.gtS(p.channels, 4), () => sum(byRows.at(-1)!, i32.add(p.from, 16), p.from, 4))
      pass(1)
    })
  })
}

/** A few channels and a fixed number of blocks of outputs, over all cells. */
function micro(
  module: ModuleBuilder,
  options: OuterProductOptions,
  { here, next }: Rows,
  blocks: number,
): Micro {
  const vectors = 2 * blocks
  const rows = here + next
  const name = `micro${here}${next > 0 ? `and${next}` : ''}x${lanes * blocks}`
  return module.procedure(name, microParameters, (f, p) => {
    const grid = Array.from({ length: rows }, () =>
      Array.from({ length: vectors }, () => f.local('v128')),
    )
    const sources = columnsOf(f, p.by, p.byBlock, blocks)
    const targets = columnsOf(f, p.to, p.toBlock, blocks)
    const factors = Array.from({ length: vectors }, () => f.local('v128'))
    const value = f.local('v128')
    const at = (columns: readonly Local<'i32'>[], vector: number, row: number) =>
      [columns[vector >> 1]!, 16 * (vector % 2) + cellBytes * row] as const
    const step = (): void => {
      factors.forEach((factor, vector) => {
        f.set(factor, v128.load(...at(sources, vector, 0)))
      })
      grid.forEach((sums, row) => {
        const [source, lane] = row < here ? [p.from, row] : [p.next, row - here]
        f.set(value, v128.load32Splat(source, 4 * lane))
        sums.forEach((sum, vector) => {
          f.set(sum, multiplyAdd(options, value, factors[vector]!, sum))
        })
      })
    }
    const moving = [p.from, ...(next > 0 ? [p.next] : []), ...sources]
    f.times(p.cells, () => {
      step()
      for (const source of moving) f.set(source, i32.add(source, cellBytes))
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
