/** Gᵀ u along every axis: planes of [output block, channel, lane] become the gradient of the weight. */
import { i32, type Local, ModuleBuilder } from '../../assembler/index.ts'
import { type KernelModule, kernelModule, kernelName, minimum } from '../kernel.ts'
import { cellBytes, transferLines } from './channelBlocks.ts'
import { tilesName } from './input.ts'
import { productsOf } from './points.ts'
import { cellsOf, passesOf, readTapWords } from './taps.ts'
import { transforms, type WinogradOptions } from './transform.ts'

export type WinogradGradientExports = {
  /**
   * Any number of channels, and up to eight output channels (rows): the mirror image of the weight's `run`.
   * Channels are cells of the planes of each view, which have all stored taps among them.
   */
  run(
    ...block: [
      words: number,
      ...size: [channels: number, rows: number],
      from: number,
      ...to: [weight: number, rowStep: number, channelStep: number],
      work: number,
    ]
  ): void
}

export function winogradGradientModule(
  options: WinogradOptions,
): KernelModule<WinogradGradientExports> {
  const { tiles } = options
  const axes = passesOf(tiles)
  const cells = cellsOf(axes)
  const name = kernelName(`f32-winograd-gradient-${tilesName(options)}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const lines = transferLines(module, 'scatter')
  const last = transforms(module, { ...options, tiles: axes.slice(0, 1) }, 'gradient', 'to')
  const earlier = transforms(module, { ...options, tiles: axes.slice(1) }, 'gradient')
  module.procedure(
    'run',
    {
      words: 'i32',
      channels: 'i32',
      rows: 'i32',
      from: 'i32',
      weight: 'i32',
      rowStep: 'i32',
      channelStep: 'i32',
      work: 'i32',
    },
    (f, p) => {
      const taps = readTapWords(f, p, cells[0]!)
      const [count, from] = [f.local('i32'), f.local('i32')]
      /**
       * Along axis `a`, over lines of `step` bytes: [products before a, products of a, taps after a, channel].
       * The last pass puts taps where they belong in [channel, stored tap].
       */
      const pass = (
        a: number,
        source: Local<'i32'>,
        step: Local<'i32'>,
        offsets: Local<'i32'>,
      ): void => {
        const tile = axes[a]!
        const lead = axes.slice(0, a).reduce((all, each) => all * productsOf(each), 1)
        const rest = axes.slice(a + 1).reduce((all, each) => all * each.taps, 1)
        const line = f.let(i32.mul(count, cellBytes))
        const fromTap = f.let(i32.mul(step, rest))
        const places = { innerFrom: cellBytes, from: source, fromTap, bias: 0 }
        if (a === 0) {
          f.do(
            last(tile).call({
              outer: rest,
              outerFrom: step,
              outerTo: 0,
              inner: count,
              innerTo: taps.kernelBytes,
              to: p.work,
              toTap: offsets,
              ...places,
            }),
          )
          return
        }
        const skipped = cells.slice(a + 1).reduce((sum, each) => sum + each, 0)
        const to = f.let(i32.add(taps.between, i32.mul(line, skipped)))
        f.do(
          earlier(tile).call({
            outer: lead,
            outerFrom: i32.mul(fromTap, productsOf(tile)),
            outerTo: i32.mul(line, rest * tile.taps),
            inner: a === axes.length - 1 ? count : i32.mul(count, rest),
            innerTo: cellBytes,
            to,
            toTap: i32.mul(line, rest),
            ...places,
          }),
        )
        pass(a - 1, to, line, offsets)
      }
      f.while(i32.gtS(p.channels, 0), () => {
        f.set(count, minimum(p.channels, taps.together))
        taps.eachView((place, offsets) => {
          f.set(from, i32.add(p.from, place))
          pass(axes.length - 1, from, taps.planeStep, offsets)
        })
        taps.move(lines, count, { channels: p.rows, tensor: p.weight, blocks: p.work })
        f.add(p.weight, i32.mul(p.channelStep, count))
        f.add(p.from, i32.mul(count, cellBytes))
        f.set(p.channels, i32.sub(p.channels, count))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
