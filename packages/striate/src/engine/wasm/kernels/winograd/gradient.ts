/** Gᵀ u along every axis: planes of [output block, channel, lane] become the gradient of the weight. */
import { i32, type Local, ModuleBuilder, type Operand, type Value } from '../../assembler/index.ts'
import { type KernelModule, kernelModule, kernelName, minimum } from '../kernel.ts'
import { cellBytes, transferLines } from './channelBlocks.ts'
import { tilesName } from './input.ts'
import { productsOf, type Tile } from './points.ts'
import { transforms, type WinogradOptions } from './transform.ts'
import { passesOf, stretch } from './weight.ts'

export type WinogradGradientExports = {
  /**
   * Any number of channels, and up to eight output channels (rows): the mirror image of the weight's `run`.
   * `from`: the first channel in plane 0, channels are cells.
   */
  run(
    ...block: [
      ...size: [channels: number, rows: number],
      ...from: [from: number, planeStep: number],
      ...to: [weight: number, rowStep: number, channelStep: number, flip: number],
      work: number,
    ]
  ): void
}

/** Cells for each channel after each pass, from the last axis to the first. */
function cellsOf(axes: readonly Tile[]): number[] {
  return axes
    .map((_, i) => axes.reduce((all, tile, a) => all * (a < i ? productsOf(tile) : tile.taps), 1))
    .reverse()
}

/** Bytes of work space of a call. */
export function winogradGradientWork(tiles: readonly Tile[]): number {
  return cellsOf(passesOf(tiles)).reduce((sum, cells) => sum + cells, 0) * stretch * cellBytes
}

export function winogradGradientModule(
  options: WinogradOptions,
): KernelModule<WinogradGradientExports> {
  const { tiles } = options
  const axes = passesOf(tiles)
  const cells = cellsOf(axes)
  const taps = cells.at(-1)!
  const name = kernelName(`f32-winograd-gradient-${tilesName(options)}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const lines = transferLines(module, 'scatter')
  const columns = transforms(module, { ...options, tiles: axes }, 'gradient')
  module.procedure(
    'run',
    {
      channels: 'i32',
      rows: 'i32',
      from: 'i32',
      planeStep: 'i32',
      weight: 'i32',
      rowStep: 'i32',
      channelStep: 'i32',
      flip: 'i32',
      work: 'i32',
    },
    (f, p) => {
      const count = f.local('i32')
      const turned = (step: Operand<'i32'>): Value<'i32'> =>
        i32.select(p.flip, i32.sub(0, step), step as Value<'i32'>)
      /**
       * Along axis `a`, over lines of `step` bytes: [products before a, products of a, taps after a, channel].
       * The last pass leaves [channel, taps] at the end of the work space, in reverse where they are stored so.
       */
      const pass = (a: number, source: Local<'i32'>, step: Value<'i32'>): void => {
        const tile = axes[a]!
        const lead = axes.slice(0, a).reduce((all, each) => all * productsOf(each), 1)
        const rest = axes.slice(a + 1).reduce((all, each) => all * each.taps, 1)
        const line = f.let(i32.mul(count, cellBytes))
        const skipped = cells.slice(0, axes.length - 1 - a).reduce((sum, each) => sum + each, 0)
        const to = f.let(i32.add(p.work, i32.mul(line, skipped)))
        const fromTap = f.let(i32.mul(step, rest))
        const { call } = columns(tile)
        const bias = 0
        if (a === 0) {
          const last = i32.const((taps - 1) * cellBytes)
          f.do(
            call({
              outer: rest,
              outerFrom: step,
              outerTo: turned(i32.const(cellBytes)),
              inner: count,
              innerFrom: cellBytes,
              innerTo: taps * cellBytes,
              from: source,
              fromTap,
              to: i32.select(p.flip, i32.add(to, last), to),
              toTap: turned(i32.const(rest * cellBytes)),
              bias,
            }),
          )
          return
        }
        const isFirst = a === axes.length - 1
        f.do(
          call({
            outer: lead,
            outerFrom: i32.mul(fromTap, productsOf(tile)),
            outerTo: i32.mul(line, rest * tile.taps),
            inner: isFirst ? count : i32.mul(count, rest),
            innerFrom: cellBytes,
            innerTo: cellBytes,
            from: source,
            fromTap,
            to,
            toTap: i32.mul(line, rest),
            bias,
          }),
        )
        pass(a - 1, to, line)
      }
      const tapBytes = 4 * taps
      const result = i32.const(cells.slice(0, -1).reduce((sum, each) => sum + each, 0) * cellBytes)
      f.while(i32.gtS(p.channels, 0), () => {
        f.set(count, minimum(p.channels, stretch))
        pass(axes.length - 1, p.from, p.planeStep)
        const isRun = f.let(i32.eq(p.channelStep, tapBytes))
        f.do(
          lines.call({
            lines: i32.select(isRun, 1, count),
            lineTensor: p.channelStep,
            lineBlocks: taps * cellBytes,
            cells: i32.select(isRun, i32.mul(count, taps), taps),
            channels: p.rows,
            tensor: p.weight,
            cell: 4,
            channel: p.rowStep,
            blocks: i32.add(p.work, i32.mul(count, result)),
          }),
        )
        f.set(p.weight, i32.add(p.weight, i32.mul(p.channelStep, count)))
        f.set(p.from, i32.add(p.from, i32.mul(count, cellBytes)))
        f.set(p.channels, i32.sub(p.channels, count))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
