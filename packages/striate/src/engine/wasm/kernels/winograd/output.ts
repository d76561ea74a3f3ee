/** Aᵀ m along every axis and the bias: planes of [channel block, tile, lane] become a region of the tensor. */
import { i32, type Local, type Locals, ModuleBuilder, type Value } from '../../assembler/index.ts'
import {
  epilogueLabel,
  type KernelEpilogue,
  type OperandParameters,
  operandParameters,
} from '../epilogue.ts'
import { type KernelModule, kernelModule, kernelName } from '../kernel.ts'
import { type BoxWindows, windowsLabel } from './boxWindows.ts'
import { cellBytes, transferLines } from './channelBlocks.ts'
import { tilesName } from './input.ts'
import { isTransformed, productsOf } from './points.ts'
import { overTiles, regionReader, transferBox } from './region.ts'
import { transforms, type WinogradOptions } from './transform.ts'

export type WinogradOutputExports = {
  /**
   * `from`: the first tile of the region in plane 0; `tensor`: its first cell in channel 0; `bias`: a float
   * for every channel, with room for whole blocks, or 0; `work`: see the region; `operands` of the
   * epilogue: where they lie beside the first cell, or the one number for all.
   */
  run(
    region: number,
    from: number,
    tensor: number,
    bias: number,
    work: number,
    ...operands: readonly number[]
  ): void
}

export function winogradOutputModule(
  options: WinogradOptions & {
    /** Operands lie as the results do, or are one number for all. */
    readonly epilogue?: KernelEpilogue
    /** Their largest cells are written, of results after the epilogue, whose operands are numbers for all then. */
    readonly windows?: BoxWindows
  },
): KernelModule<WinogradOutputExports> {
  const { tiles, epilogue, windows } = options
  const rank = tiles.length
  /** The pass that ends the sum, which adds the bias: that of the outermost transformed axis, or the only one. */
  const outermost = tiles.findIndex(isTransformed)
  const finalAxis = outermost < 0 ? rank - 1 : outermost
  const name = kernelName(
    `f32-winograd-output-${tilesName(options)}${epilogueLabel(epilogue)}${windowsLabel(windows)}`,
    options,
  )
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const lines = transferLines(
    module,
    'scatter',
    epilogue && !windows ? { epilogue, target: options } : undefined,
  )
  const pool = windows?.code(module, options, windows.taps, epilogue)
  const columns = transforms(module, options, 'output')
  module.procedure(
    'run',
    {
      region: 'i32',
      from: 'i32',
      tensor: 'i32',
      bias: 'i32',
      work: 'i32',
      ...operandParameters(epilogue),
    },
    (f, p) => {
      const region = regionReader(p.region)
      const channels = f.let(region.whole('channels'))
      const planeStep = f.let(region.whole('planeStep'))
      for (const [i, access] of (epilogue?.operands ?? []).entries()) {
        const operand = (p as Locals<OperandParameters>)[`operand${i}`]!
        if (access === 'cell') f.set(operand, i32.sub(operand, p.tensor))
      }
      /** From `axis` on, into `lead` boxes of the axes from here on, `leadStep` apart. */
      const transform = (
        axis: number,
        lead: number,
        leadStep: Value<'i32'>,
        from: Local<'i32'>,
        buffer: Value<'i32'>,
      ): void => {
        const tile = tiles[axis]!
        const products = productsOf(tile)
        const toTap = region.axis(axis, 'tapStep')
        const { call } = columns(tile)
        const outer = i32.const(lead)
        const bias = axis === finalAxis ? p.bias : i32.const(0)
        if (axis === rank - 1) {
          const place = f.let(from)
          const round = f.let(buffer)
          const rounds = f.let(region.axis(axis, 'rounds'))
          const inner = region.axis(axis, 'count')
          f.times(rounds, () => {
            f.do(
              call({
                outer,
                outerFrom: i32.mul(planeStep, products),
                outerTo: leadStep,
                inner,
                innerFrom: cellBytes,
                innerTo: region.axis(axis, 'countStep'),
                from: place,
                fromTap: planeStep,
                to: round,
                toTap,
                bias,
              }),
            )
            f.set(place, i32.add(place, i32.mul(inner, cellBytes)))
            f.set(round, i32.add(round, region.axis(axis, 'roundStep')))
          })
          return
        }
        const tileFrom = f.let(from)
        const innerStep = region.axis(axis, 'innerStep')
        overTiles(f, region, axis, buffer, (to) => {
          if (!isTransformed(tile)) transform(axis + 1, lead, leadStep, tileFrom, to)
          else {
            const place = f.let(i32.add(p.work, region.axis(axis + 1, 'place')))
            transform(axis + 1, lead * products, innerStep, tileFrom, place)
            f.do(
              call({
                outer,
                outerFrom: i32.mul(innerStep, products),
                outerTo: leadStep,
                inner: region.axis(axis, 'inner'),
                innerFrom: cellBytes,
                innerTo: cellBytes,
                from: place,
                fromTap: innerStep,
                to,
                toTap,
                bias,
              }),
            )
          }
          f.set(tileFrom, i32.add(tileFrom, region.axis(axis, 'tileStep')))
        })
      }
      f.while(i32.gtS(channels, 0), () => {
        transform(0, 1, i32.const(0), p.from, p.work)
        if (pool) f.do(pool.call({ ...p, buffer: p.work }))
        transferBox(f, rank, region, lines, {
          channels,
          tensor: p.tensor,
          buffer: p.work,
          operands: p,
        })
        f.set(channels, i32.sub(channels, 8))
        f.set(p.tensor, i32.add(p.tensor, i32.shl(region.whole('channelStep'), 3)))
        f.set(p.from, i32.add(p.from, region.whole('blockStep')))
        f.if(p.bias, () => f.set(p.bias, i32.add(p.bias, cellBytes)))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
