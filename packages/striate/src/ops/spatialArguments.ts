/** The checks that operators over the space of a batch share: rank, layout, kernel size, flags. */
import { describe, fail } from '../errors.ts'
import type { AxisMap } from '../geometry/axisMap.ts'
import {
  channelAxis,
  checkLayout,
  firstSpatialAxis,
  type Layout,
  spatialShape,
} from '../geometry/layout.ts'
import { perAxis, type SizeArgument } from '../geometry/padding.ts'
import { requireTensor } from '../tensor/build.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface SpatialFacts {
  readonly layout: Layout
  /** Number of spatial axes. */
  readonly rank: number
  /** First spatial axis of the tensor. */
  readonly first: number
  readonly channelAxis: number
  readonly batch: number
  readonly channels: number
  readonly space: readonly number[]
}

/** Reads `x` as `[batch, channels, ...space]` (or channels last), of `rank` spatial axes or any number. */
export function checkSpatial(
  op: string,
  rank: number | null,
  x: Tensor,
  layoutOption: Layout | undefined,
  argument = 'x',
): SpatialFacts {
  requireTensor(op, argument, x)
  const layout = checkLayout(op, layoutOption)
  const show = (): string => `[${x.shape.join(', ')}]`
  if (rank === null ? x.rank < 3 : x.rank !== rank + 2) {
    const axes =
      layout === 'channels-first' ? '[batch, channels, ...space]' : '[batch, ...space, channels]'
    fail({
      op,
      argument,
      got: `${x.rank} axes, ${show()}`,
      needs: `expects ${rank === null ? 'at least 3' : rank + 2} axes ${axes}`,
      ...(x.rank === (rank ?? 1) + 1 ? { hint: 'unsqueeze(x, 0) adds a batch of one' } : {}),
    })
  }
  if (x.size === 0)
    fail({ op, argument, got: show(), needs: 'needs at least one cell on every axis' })
  const channel = channelAxis(layout, x.rank)
  return {
    layout,
    rank: x.rank - 2,
    first: firstSpatialAxis(layout),
    channelAxis: channel,
    batch: x.shape[0]!,
    channels: x.shape[channel]!,
    space: spatialShape(layout, x.shape),
  }
}

/** `kernelSize` as one size per axis; it has no default. */
export function checkKernelSize(op: string, kernelSize: SizeArgument, rank: number): number[] {
  if (kernelSize === undefined) {
    fail({
      op,
      argument: 'kernelSize',
      got: 'undefined',
      needs: `must be a whole number of at least 1, or ${rank} of them (one per axis)`,
    })
  }
  return perAxis(op, 'kernelSize', kernelSize, rank, 1)
}

export function checkFlag(op: string, argument: string, value: boolean | undefined): void {
  if (value !== undefined && typeof value !== 'boolean')
    fail({ op, argument, got: describe(value), needs: 'must be true or false' })
}

/** The maps with the axis of the tensor that each works on. */
export const alongSpace = (
  first: number,
  maps: readonly AxisMap[],
): (readonly [axis: number, map: AxisMap])[] => maps.map((map, a) => [first + a, map] as const)
