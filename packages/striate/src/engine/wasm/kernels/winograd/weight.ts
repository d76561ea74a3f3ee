/** G g along every axis: rows of the weight become planes of [channel, row]. */
import { i32, type Local, ModuleBuilder, type Value } from '../../assembler/index.ts'
import { type KernelModule, kernelModule, kernelName, minimum } from '../kernel.ts'
import { cellBytes, transferLines } from './channelBlocks.ts'
import { tilesName } from './input.ts'
import { isTransformed, productsOf, type Tile } from './points.ts'
import { transforms, type WinogradOptions } from './transform.ts'

export type WinogradWeightExports = {
  /**
   * Any number of output channels (rows) and of channels, whose taps lie together; steps in bytes from row to
   * row and from channel to channel. Rows stand side by side, channels `record` bytes apart, in planes
   * that are `planeStep` apart. flip: 1 where the taps are stored in reverse.
   */
  run(
    ...block: [
      ...size: [channels: number, rows: number],
      ...from: [weight: number, rowStep: number, channelStep: number, flip: number],
      ...to: [to: number, record: number, planeStep: number],
      work: number,
    ]
  ): void
}

/** Channels transformed together: their taps and half-transformed values stay in the first-level cache. */
export const stretch = 16

/** The axes that are transformed; where there is none, one of a single tap stands for all. */
export const passesOf = (tiles: readonly Tile[]): readonly Tile[] => {
  const transformed = tiles.filter(isTransformed)
  return transformed.length > 0 ? transformed : tiles.slice(0, 1)
}

/** Bytes of work space of a call. */
export function winogradWeightWork(tiles: readonly Tile[]): number {
  return cellsOf(tiles).reduce((sum, cells) => sum + cells, 0) * stretch * cellBytes
}

/** Cells for each channel: the taps, then after the pass along each transformed axis but the last. */
function cellsOf(tiles: readonly Tile[]): number[] {
  const axes = passesOf(tiles)
  return axes.map((_, i) =>
    axes.reduce((all, tile, a) => all * (a < i ? productsOf(tile) : tile.taps), 1),
  )
}

export function winogradWeightModule(
  options: WinogradOptions,
): KernelModule<WinogradWeightExports> {
  const { tiles } = options
  const axes = passesOf(tiles)
  const cells = cellsOf(tiles)
  const taps = cells[0]!
  const name = kernelName(`f32-winograd-weight-${tilesName(options)}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const lines = transferLines(module, 'gather')
  const columns = transforms(module, { ...options, tiles: axes }, 'weight')
  module.procedure(
    'run',
    {
      channels: 'i32',
      rows: 'i32',
      weight: 'i32',
      rowStep: 'i32',
      channelStep: 'i32',
      flip: 'i32',
      to: 'i32',
      record: 'i32',
      planeStep: 'i32',
      work: 'i32',
    },
    (f, p) => {
      const [count, row, to] = [f.local('i32'), f.local('i32'), f.local('i32')]
      /** From the first or, flipped, the last tap; `step` is from tap to tap. */
      const window = (
        source: Value<'i32'>,
        step: Value<'i32'>,
        taps: number,
      ): { from: Value<'i32'>; fromTap: Value<'i32'> } => ({
        from: i32.select(p.flip, i32.add(source, i32.mul(step, taps - 1)), source),
        fromTap: i32.select(p.flip, i32.sub(0, step), step),
      })
      /** Lines of the first pass are [channel, taps], later ones [products, taps, channel]. */
      const pass = (i: number, source: Local<'i32'>): void => {
        const tile = axes[i]!
        const products = productsOf(tile)
        const lead = axes.slice(0, i).reduce((all, each) => all * productsOf(each), 1)
        const rest = axes.slice(i + 1).reduce((all, each) => all * each.taps, 1)
        const isLast = rest === 1
        const line = f.let(i32.mul(count, cellBytes))
        const next = isLast ? to : f.let(i32.add(source, i32.mul(line, cells[i]!)))
        const toTap = isLast ? p.planeStep : f.let(i32.mul(line, rest))
        const innerTo = isLast ? p.record : i32.const(cellBytes)
        const { call } = columns(tile)
        const bias = 0
        if (i === 0) {
          const step = rest * cellBytes
          f.do(
            call({
              outer: rest,
              outerFrom: cellBytes,
              outerTo: line,
              inner: count,
              innerFrom: tile.taps * step,
              innerTo,
              ...window(source, i32.const(step), tile.taps),
              to: next,
              toTap,
              bias,
            }),
          )
        } else {
          const step = f.let(i32.mul(line, rest))
          f.do(
            call({
              outer: lead,
              outerFrom: i32.mul(step, tile.taps),
              outerTo: i32.mul(toTap, products),
              inner: i32.mul(count, rest),
              innerFrom: cellBytes,
              innerTo,
              ...window(source, step, tile.taps),
              to: next,
              toTap,
              bias,
            }),
          )
        }
        if (!isLast) pass(i + 1, next)
      }
      const tapBytes = 4 * taps
      f.while(i32.gtS(p.channels, 0), () => {
        f.set(count, minimum(p.channels, stretch))
        const isRun = f.let(i32.eq(p.channelStep, tapBytes))
        // All rows of a stretch of channels at once: cache lines that they share are written together.
        f.for(row, { to: p.rows, step: 8 }, () => {
          f.do(
            lines.call({
              lines: i32.select(isRun, 1, count),
              lineTensor: p.channelStep,
              lineBlocks: taps * cellBytes,
              cells: i32.select(isRun, i32.mul(count, taps), taps),
              channels: minimum(i32.sub(p.rows, row), 8),
              tensor: i32.add(p.weight, i32.mul(p.rowStep, row)),
              cell: 4,
              channel: p.rowStep,
              blocks: p.work,
            }),
          )
          f.set(to, i32.add(p.to, i32.shl(row, 2)))
          pass(0, p.work)
        })
        f.set(p.weight, i32.add(p.weight, i32.mul(p.channelStep, count)))
        f.set(p.to, i32.add(p.to, i32.mul(p.record, count)))
        f.set(p.channels, i32.sub(p.channels, count))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
