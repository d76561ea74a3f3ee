/**
 * The products between the transforms: for one point, [tiles × channels] · [channels × outputs], where
 * both matrices lie in blocks of eight channels: element (tile, c) at block c / 8, cell tile, lane c % 8.
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
import { panelHeight } from '../contraction/pack.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  minimum,
  multiplyAdd,
} from '../kernel.ts'

export type BlockProductOptions = KernelTarget & {
  /** The tile of outputs in registers: cells, and channels in blocks of eight. */
  readonly rows: number
  readonly blocks: 1 | 2
  /** Channels whose products stand in one round of the inner loop. */
  readonly unroll: 1 | 2
}

export type BlockProductExports = {
  /**
   * For each plane, from blocks of `channels` channels to `outputBlocks` whole blocks, for `cells` cells.
   * Steps in bytes. The weight of a plane lies as it is read: stretches of `blockProductDepth` channels,
   * in each of them panels of `blocks` blocks (the last one may have fewer), in each of them, channel by
   * channel, the lanes of the panel.
   */
  run(
    ...product: [
      ...size: [planes: number, cells: number, channels: number, outputBlocks: number],
      ...from: [from: number, blockStep: number, planeStep: number],
      ...weight: [weight: number, planeStep: number],
      ...to: [to: number, blockStep: number, planeStep: number],
    ]
  ): void
}

/** Channels whose weight for a panel of outputs stays in the nearest cache while all cells meet it. */
export const blockProductDepth = 256

/** Channels summed in registers, from 0, before the sum is added to what is there: sums of sums round less than one long sum. */
const sumDepth = 128

/** Lanes of a block, and its bytes. */
const lanes = 8
const cellBytes = 4 * lanes

const microParameters = {
  channels: 'i32',
  from: 'i32',
  fromBlock: 'i32',
  weight: 'i32',
  to: 'i32',
  toBlock: 'i32',
  add: 'i32',
} as const
type Micro = Procedure<typeof microParameters>
const panelParameters = { cells: 'i32', ...microParameters } as const
type Panel = Procedure<typeof panelParameters>
const productParameters = { outputBlocks: 'i32', ...panelParameters } as const

export function blockProductModule(
  options: BlockProductOptions,
): KernelModule<BlockProductExports> {
  const { rows, blocks, sharedMemory } = options
  const name = kernelName(`f32-blockproduct-${rows}x${lanes * blocks}`, options)
  const module = new ModuleBuilder({ name, sharedMemory })
  const widths = Array.from({ length: blocks }, (_, index) => blocks - index)
  const kernels = widths.map((width) =>
    Array.from({ length: rows }, (_, index) => micro(module, options, index + 1, width)),
  )
  const panels = kernels.map((byHeight, index) => panel(module, widths[index]!, rows, byHeight))
  const product = module.procedure('product', productParameters, (f, p) => {
    panels.forEach((columns, index) => {
      const width = widths[index]!
      f.while(i32.geS(p.outputBlocks, width), () => {
        f.do(columns.call(p))
        const bytes = cellBytes * width
        f.set(p.weight, i32.add(p.weight, i32.mul(p.channels, bytes)))
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
      weight: 'i32',
      weightPlane: 'i32',
      to: 'i32',
      toBlock: 'i32',
      toPlane: 'i32',
    },
    (f, p) => {
      const start = f.local('i32')
      f.times(p.planes, () => {
        f.for(start, { to: p.channels, step: blockProductDepth }, () => {
          const skipped = i32.shrU(start, 3)
          f.do(
            product.call({
              ...p,
              channels: minimum(i32.sub(p.channels, start), blockProductDepth),
              from: i32.add(p.from, i32.mul(skipped, p.fromBlock)),
              weight: i32.add(p.weight, i32.mul(start, i32.mul(p.outputBlocks, cellBytes))),
              add: start,
            }),
          )
        })
        f.set(p.from, i32.add(p.from, p.fromPlane))
        f.set(p.weight, i32.add(p.weight, p.weightPlane))
        f.set(p.to, i32.add(p.to, p.toPlane))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}

/** All cells of one or two blocks of outputs. */
function panel(
  module: ModuleBuilder,
  width: number,
  rows: number,
  kernels: readonly Micro[],
): Panel {
  return module.procedure(`panel${width}`, panelParameters, (f, p) => {
    const start = f.local('i32')
    f.while(i32.gtS(p.cells, 0), () => {
      const height = f.let(panelHeight(f, p.cells, rows))
      f.block((done) => {
        for (const [index, kernel] of [...kernels.entries()].reverse()) {
          f.if(i32.eq(height, index + 1), () => {
            f.for(start, { to: p.channels, step: sumDepth }, () =>
              f.do(
                kernel.call({
                  ...p,
                  channels: minimum(i32.sub(p.channels, start), sumDepth),
                  from: i32.add(p.from, i32.mul(i32.shrU(start, 3), p.fromBlock)),
                  weight: i32.add(p.weight, i32.mul(start, width * cellBytes)),
                  add: i32.or(p.add, start),
                }),
              ),
            )
            f.br(done)
          })
        }
      })
      f.set(p.cells, i32.sub(p.cells, height))
      f.set(p.from, i32.add(p.from, i32.mul(height, cellBytes)))
      f.set(p.to, i32.add(p.to, i32.mul(height, cellBytes)))
    })
  })
}

/** A fixed number of cells and of blocks of outputs, over all channels. */
function micro(
  module: ModuleBuilder,
  options: BlockProductOptions,
  rows: number,
  blocks: number,
): Micro {
  const { unroll } = options
  const vectors = 2 * blocks
  return module.procedure(`micro${rows}x${lanes * blocks}`, microParameters, (f, p) => {
    const grid = Array.from({ length: rows }, () =>
      Array.from({ length: vectors }, () => f.local('v128')),
    )
    const factors = Array.from({ length: vectors }, () => f.local('v128'))
    const value = f.local('v128')
    const second = f.let(i32.add(p.to, p.toBlock))
    const place = (row: number, vector: number): [Local<'i32'>, number] => [
      vector < 2 ? p.to : second,
      cellBytes * row + 16 * (vector % 2),
    ]
    const step = (channel: number): void => {
      factors.forEach((factor, vector) => {
        f.set(factor, v128.load(p.weight, 16 * (vectors * channel + vector)))
      })
      grid.forEach((sums, row) => {
        f.set(value, v128.load32Splat(p.from, cellBytes * row + 4 * channel))
        sums.forEach((sum, vector) => {
          f.set(sum, multiplyAdd(options, value, factors[vector]!, sum))
        })
      })
    }
    overChannels(f, p, vectors, unroll, step)
    const store = (value: (sum: Local<'v128'>, before: Value<'v128'>) => Value<'v128'>): void =>
      grid.forEach((sums, row) => {
        sums.forEach((sum, vector) => {
          const [address, offset] = place(row, vector)
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

/** Whole blocks of channels, then the channels that are left, one at a time. */
function overChannels(
  f: FunctionBuilder,
  p: {
    readonly channels: Local<'i32'>
    readonly from: Local<'i32'>
    readonly fromBlock: Local<'i32'>
    readonly weight: Local<'i32'>
  },
  vectors: number,
  unroll: number,
  step: (channel: number) => void,
): void {
  const round = (channels: number): void => {
    for (let channel = 0; channel < channels; channel++) step(channel)
    f.set(p.weight, i32.add(p.weight, 16 * vectors * channels))
  }
  const next = f.let(i32.sub(p.fromBlock, cellBytes))
  const rounds = f.local('i32')
  f.while(i32.geS(p.channels, lanes), () => {
    f.set(rounds, lanes / unroll)
    f.loop((again) => {
      round(unroll)
      f.set(p.from, i32.add(p.from, 4 * unroll))
      f.set(rounds, i32.sub(rounds, 1))
      f.brIf(again, rounds)
    })
    f.set(p.from, i32.add(p.from, next))
    f.set(p.channels, i32.sub(p.channels, lanes))
  })
  f.times(p.channels, () => {
    round(1)
    f.set(p.from, i32.add(p.from, 4))
  })
}
