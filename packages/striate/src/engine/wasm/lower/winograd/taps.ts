/** Where the taps of a view stand in the stored kernel. */
import { product } from '../../../../geometry/convolution.ts'
import { stridesOf } from '../../../../tensor/shape.ts'
import { isTransformed } from '../../kernels/index.ts'
import { combinations, type View, type WinogradForm } from './tiling.ts'

/** Stored taps of a kernel of the geometry. */
export const kernelTaps = ({ axes }: WinogradForm): number =>
  product(axes.map(({ axis }) => axis.kernel))

/** The stored tap of each tap of a tile, the first transformed axis innermost; null where the view has none. */
export function storedTaps({ axes }: WinogradForm, view: readonly View[]): (number | null)[] {
  const strides = stridesOf(axes.map(({ axis }) => axis.kernel))
  const places = axes.map(({ axis, tile }, a) =>
    Array.from({ length: tile.taps }, (_, i) => {
      const { tap, tapStep, taps } = view[a]!
      const at = tap + i * tapStep
      return i < taps ? strides[a]! * (axis.flip ? axis.kernel - 1 - at : at) : Number.NaN
    }),
  )
  const first = axes.findIndex(({ tile }) => isTransformed(tile))
  const inner = places.splice(Math.max(0, first), 1)
  return combinations([...places, ...inner]).map((all) => {
    const sum = all.reduce((total, each) => total + each, 0)
    return Number.isNaN(sum) ? null : sum
  })
}
