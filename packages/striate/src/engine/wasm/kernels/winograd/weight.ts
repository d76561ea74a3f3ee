/** G g along every axis: rows of the weight become planes of [channel, row], view by view. */
import { f32x4, i32, type Local, ModuleBuilder, v128 } from '../../assembler/index.ts'
import { type KernelModule, kernelModule, kernelName, minimum } from '../kernel.ts'
import { cellBytes, transferLines } from './channelBlocks.ts'
import { tilesName } from './input.ts'
import { productsOf } from './points.ts'
import { cellsOf, passesOf, readTapWords } from './taps.ts'
import { transforms, type WinogradOptions } from './transform.ts'

export type WinogradWeightExports = {
  /**
   * Any number of output channels (rows) and of channels, whose stored taps lie together; steps in bytes from
   * row to row and from channel to channel. Rows stand side by side, channels `record` bytes apart, in
   * the planes of each view: `words` are tapWords(…).
   */
  run(
    ...block: [
      words: number,
      ...size: [channels: number, rows: number],
      ...from: [weight: number, rowStep: number, channelStep: number],
      ...to: [to: number, record: number],
      work: number,
    ]
  ): void
}

export function winogradWeightModule(
  options: WinogradOptions,
): KernelModule<WinogradWeightExports> {
  const { tiles } = options
  const axes = passesOf(tiles)
  const cells = cellsOf(axes)
  const name = kernelName(`f32-winograd-weight-${tilesName(options)}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const lines = transferLines(module, 'gather')
  const first = transforms(module, { ...options, tiles: axes.slice(0, 1) }, 'weight', 'from')
  const later = transforms(module, { ...options, tiles: axes.slice(1) }, 'weight')
  module.procedure(
    'run',
    {
      words: 'i32',
      channels: 'i32',
      rows: 'i32',
      weight: 'i32',
      rowStep: 'i32',
      channelStep: 'i32',
      to: 'i32',
      record: 'i32',
      work: 'i32',
    },
    (f, p) => {
      const taps = readTapWords(f, p, cells[0]!)
      const [count, row, at] = [f.local('i32'), f.local('i32'), f.local('i32')]
      const [kernels, to] = [f.local('i32'), f.local('i32')]
      /** Lines of the first pass are [channel, taps], later ones [products, taps, channel]. */
      const pass = (i: number, source: Local<'i32'>, offsets: Local<'i32'>): void => {
        const tile = axes[i]!
        const products = productsOf(tile)
        const lead = axes.slice(0, i).reduce((all, each) => all * productsOf(each), 1)
        const rest = axes.slice(i + 1).reduce((all, each) => all * each.taps, 1)
        const isLast = rest === 1
        const line = f.let(i32.mul(count, cellBytes))
        const next = i === 0 ? taps.between : f.let(i32.add(source, i32.mul(line, cells[i]!)))
        const step = f.let(i32.mul(line, rest))
        const toTap = isLast ? taps.planeStep : step
        const places = {
          innerTo: isLast ? p.record : i32.const(cellBytes),
          from: source,
          to: isLast ? to : next,
          toTap,
          bias: 0,
        }
        f.do(
          i === 0
            ? first(tile).call({
                outer: rest,
                outerFrom: 0,
                outerTo: line,
                inner: count,
                innerFrom: taps.kernelBytes,
                fromTap: offsets,
                ...places,
              })
            : later(tile).call({
                outer: lead,
                outerFrom: i32.mul(step, tile.taps),
                outerTo: i32.mul(toTap, products),
                inner: i32.mul(count, rest),
                innerFrom: cellBytes,
                fromTap: step,
                ...places,
              }),
        )
        if (!isLast) pass(i + 1, next, offsets)
      }
      f.for(at, { to: taps.clear, step: taps.kernelBytes }, () => {
        const cell = i32.add(taps.lacking, at)
        for (const offset of [0, 16]) f.do(v128.store(cell, f32x4.splat(0), offset))
      })
      f.while(i32.gtS(p.channels, 0), () => {
        f.set(count, minimum(p.channels, taps.together))
        const eachBlock = (body: () => void): void => {
          f.set(kernels, p.work)
          f.for(row, { to: p.rows, step: 8 }, () => {
            body()
            f.add(kernels, taps.blockBytes)
          })
        }
        eachBlock(() =>
          taps.move(lines, count, {
            channels: minimum(i32.sub(p.rows, row), 8),
            tensor: i32.add(p.weight, i32.mul(p.rowStep, row)),
            blocks: kernels,
          }),
        )
        taps.eachView((place, offsets) => {
          // All rows of a stretch of channels at once: cache lines that they share are written together.
          eachBlock(() => {
            f.set(to, i32.add(i32.add(p.to, place), i32.shl(row, 2)))
            pass(0, kernels, offsets)
          })
        })
        f.add(p.weight, i32.mul(p.channelStep, count))
        f.add(p.to, i32.mul(p.record, count))
        f.set(p.channels, i32.sub(p.channels, count))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
