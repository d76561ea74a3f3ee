/** The taps of a weight as those of the views of its input, and back. */
import { isTransposed, product } from '../../../../geometry/convolution.ts'
import { stridesOf } from '../../../../tensor/shape.ts'
import type { Builder, ValueId } from '../../plan.ts'
import { type Call, place } from '../../program.ts'
import { type Copy, copyCalls } from '../copy.ts'
import { zero } from '../fill.ts'
import type { WinogradForm } from './tiling.ts'

/**
 * A weight as if each view were channels, [group, output, view, input, ...taps]: copied out of a weight
 * (`forth`), with 0 for taps that a view lacks, or into one (`back`).
 */
export function spreadCopies(
  build: Builder,
  { geometry: g, axes, views, inputs, channels, outputs }: WinogradForm,
  weight: ValueId,
  direction: 'forth' | 'back',
): { readonly value: ValueId; readonly copies: readonly Call[] } {
  const kernel = axes.map(({ axis }) => axis.kernel)
  const kernelStrides = stridesOf(kernel)
  const kernelSize = product(kernel)
  const sizes = axes.map(({ tile }) => tile.taps)
  const strides = stridesOf(sizes)
  const size = product(sizes)
  const transposed = isTransposed(g)
  const weightStrides = [
    inputs * outputs * kernelSize,
    transposed ? kernelSize : inputs * kernelSize,
    transposed ? outputs * kernelSize : kernelSize,
  ]
  const spreadStrides = [outputs * channels * size, channels * size, size]
  const bytes = 4 * g.groups * outputs * channels * size
  const value = build.scratch(bytes)
  const copies = views.flatMap((view, number) => {
    const start = view.reduce((sum, { tap }, a) => {
      const stored = axes[a]!.axis.flip ? kernel[a]! - 1 - tap : tap
      return sum + stored * kernelStrides[a]!
    }, 0)
    const steps = view.map(
      ({ tapStep }, a) => (axes[a]!.axis.flip ? -1 : 1) * tapStep * kernelStrides[a]!,
    )
    const inWeight = { value: weight, start, strides: [...weightStrides, ...steps] }
    const inSpread = {
      value,
      start: number * inputs * size,
      strides: [...spreadStrides, ...strides],
    }
    const [from, to] = direction === 'forth' ? [inWeight, inSpread] : [inSpread, inWeight]
    const shape = [g.groups, outputs, inputs, ...view.map((each) => each.taps)]
    const copy: Copy = { elementBytes: 4, shape, from, to }
    return copyCalls(build, copy, 1)
  })
  const isFull = views.every((view) => view.every((each, a) => each.taps === sizes[a]))
  const clears = direction === 'forth' && !isFull
  return { value, copies: [...(clears ? [zero(build, place(value), bytes)] : []), ...copies] }
}
