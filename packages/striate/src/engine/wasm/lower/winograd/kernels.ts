/** The kernels of the Winograd steps. */
import type { Features } from '../../features.ts'
import type { Kernel } from '../../kernelCache.ts'
import {
  type BlockProductExports,
  blockProductModule,
  type KernelModule,
  type OuterProductExports,
  outerProductModule,
  tileName,
  type WinogradOptions,
} from '../../kernels/index.ts'
import type { Builder } from '../../plan.ts'
import { type ProductTile, tilesOf } from '../../tuning/tiles.ts'
import type { WinogradForm } from './tiling.ts'

export function winogradKernel<Exports>(
  build: Builder,
  { axes }: WinogradForm,
  name: 'input' | 'weight' | 'output' | 'upstream' | 'gradient',
  generate: (options: WinogradOptions) => KernelModule<Exports>,
  /** What tells it from others of the name. */
  label = '',
): Kernel<Exports> {
  const tiles = axes.map(({ tile }) => tile)
  const { wide } = build.features
  return build.kernel<Exports>(
    `winograd:${name}:${tiles.map(tileName).join('x')}${label}`,
    (target) => generate({ ...target, tiles, wide }),
  )
}

export const productTile = (features: Features): ProductTile => tilesOf(features).product

/** Twelve sums, of 256 bits or of 128. */
export function outerProduct(build: Builder): Kernel<OuterProductExports> {
  const blocks = build.features.wide ? 2 : 1
  return build.kernel<OuterProductExports>(`outerproduct:${blocks}`, (target) =>
    outerProductModule({ ...target, blocks }),
  )
}

export function blockProduct(build: Builder): Kernel<BlockProductExports> {
  const tile = productTile(build.features)
  return build.kernel<BlockProductExports>(
    `blockproduct:${tile.rows}x${tile.blocks}x${tile.unroll}`,
    (target) => blockProductModule({ ...target, ...tile }),
  )
}
