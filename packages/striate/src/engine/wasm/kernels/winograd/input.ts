/**
 * Bᵀ d along every axis, or A ∇y for the gradient of the weight: a region of the tensor becomes planes of
 * [channel block, tile, lane].
 */
import { i32, type Local, ModuleBuilder, memoryFill, type Value } from '../../assembler/index.ts'
import { type KernelModule, kernelModule, kernelName, minimum } from '../kernel.ts'
import { cellBytes, transferLines } from './channelBlocks.ts'
import { isTransformed, productsOf, tileName } from './points.ts'
import { overTiles, regionReader, transferBox } from './region.ts'
import { transforms, type WinogradOptions } from './transform.ts'

export type WinogradInputExports = {
  /** `tensor`: first cell of the box in channel 0; `to`: its first tile in plane 0; `work`: see the region. */
  run(region: number, tensor: number, to: number, work: number): void
  /** Brings up to eight channels into lanes of `work`, from lane `lane` on; cells outside the box stay. */
  bring(region: number, tensor: number, channels: number, work: number, lane: number): void
  /** Transforms the block of channels in `work`. */
  change(region: number, to: number, work: number): void
}

export const tilesName = ({ tiles, wide }: WinogradOptions): string =>
  `${tiles.map(tileName).join('x')}${wide ? '-wide' : ''}`

export function winogradInputModule(
  options: WinogradOptions,
  side: 'input' | 'upstream' = 'input',
): KernelModule<WinogradInputExports> {
  const { tiles } = options
  const rank = tiles.length
  const name = kernelName(`f32-winograd-${side}-${tilesName(options)}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const lines = transferLines(module, 'gather')
  const columns = transforms(module, options, side)
  const bring = module.procedure(
    'bring',
    { region: 'i32', tensor: 'i32', channels: 'i32', work: 'i32', lane: 'i32' },
    (f, p) => {
      const buffer = i32.add(p.work, i32.shl(p.lane, 2))
      const channels = minimum(p.channels, 8)
      transferBox(f, rank, regionReader(p.region), lines, { channels, tensor: p.tensor, buffer })
    },
    { exported: true },
  )
  const change = module.procedure(
    'change',
    { region: 'i32', to: 'i32', work: 'i32' },
    (f, p) => {
      const region = regionReader(p.region)
      const planeStep = f.let(region.whole('planeStep'))
      /** From `axis` on; `lead` lines, one for each product of the axes before, `leadStep` apart. */
      const transform = (
        axis: number,
        lead: number,
        leadStep: Value<'i32'>,
        buffer: Value<'i32'>,
        to: Local<'i32'>,
      ): void => {
        const tile = tiles[axis]!
        const products = productsOf(tile)
        const fromTap = region.axis(axis, 'tapStep')
        const { call } = columns(tile)
        const outer = i32.const(lead)
        const bias = 0
        if (axis === rank - 1) {
          const place = f.let(to)
          const round = f.let(buffer)
          const rounds = f.let(region.axis(axis, 'rounds'))
          const inner = region.axis(axis, 'count')
          f.times(rounds, () => {
            f.do(
              call({
                outer,
                outerFrom: leadStep,
                outerTo: i32.mul(planeStep, products),
                inner,
                innerFrom: region.axis(axis, 'countStep'),
                innerTo: cellBytes,
                from: round,
                fromTap,
                to: place,
                toTap: planeStep,
                bias,
              }),
            )
            f.set(place, i32.add(place, i32.mul(inner, cellBytes)))
            f.set(round, i32.add(round, region.axis(axis, 'roundStep')))
          })
          return
        }
        const tileTo = f.let(to)
        const innerStep = region.axis(axis, 'innerStep')
        overTiles(f, region, axis, buffer, (from) => {
          if (!isTransformed(tile)) transform(axis + 1, lead, leadStep, from, tileTo)
          else {
            const place = f.let(i32.add(p.work, region.axis(axis + 1, 'place')))
            f.do(
              call({
                outer,
                outerFrom: leadStep,
                outerTo: i32.mul(innerStep, products),
                inner: region.axis(axis, 'inner'),
                innerFrom: cellBytes,
                innerTo: cellBytes,
                from,
                fromTap,
                to: place,
                toTap: innerStep,
                bias,
              }),
            )
            transform(axis + 1, lead * products, innerStep, place, tileTo)
          }
          f.set(tileTo, i32.add(tileTo, region.axis(axis, 'tileStep')))
        })
      }
      transform(0, 1, i32.const(0), p.work, p.to)
    },
    { exported: true },
  )
  module.procedure(
    'run',
    { region: 'i32', tensor: 'i32', to: 'i32', work: 'i32' },
    (f, p) => {
      const region = regionReader(p.region)
      const channels = f.let(region.whole('channels'))
      f.do(memoryFill(p.work, 0, region.whole('clear')))
      f.while(i32.gtS(channels, 0), () => {
        f.do(bring.call({ ...p, channels, lane: 0 }))
        f.do(change.call(p))
        f.set(channels, i32.sub(channels, 8))
        f.set(p.tensor, i32.add(p.tensor, i32.shl(region.whole('channelStep'), 3)))
        f.set(p.to, i32.add(p.to, region.whole('blockStep')))
      })
    },
    { exported: true },
  )
  return kernelModule(name, module)
}
