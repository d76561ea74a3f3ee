/** Where the batch, the channels and the space of a tensor lie. */
import { describe, fail } from '../errors.ts'

/** `[batch, channels, ...space]` or `[batch, ...space, channels]`. */
export type Layout = 'channels-first' | 'channels-last'

export function checkLayout(op: string, layout: Layout | undefined): Layout {
  if (layout === undefined) return 'channels-first'
  if (layout !== 'channels-first' && layout !== 'channels-last') {
    fail({
      op,
      argument: 'layout',
      got: describe(layout),
      needs: "must be 'channels-first' or 'channels-last'",
    })
  }
  return layout
}

export const channelAxis = (layout: Layout, dimensions: number): number =>
  layout === 'channels-first' ? 1 : dimensions - 1

/** First axis of the space; the space is `dimensions − 2` axes from there. */
export const firstSpatialAxis = (layout: Layout): number => (layout === 'channels-first' ? 2 : 1)

export function spatialShape(layout: Layout, shape: readonly number[]): number[] {
  const first = firstSpatialAxis(layout)
  return shape.slice(first, first + shape.length - 2)
}

export const layShape = (
  layout: Layout,
  batch: number,
  channels: number,
  space: readonly number[],
): number[] =>
  layout === 'channels-first' ? [batch, channels, ...space] : [batch, ...space, channels]

/** Element strides of batch, channel and each spatial axis of a row-major tensor in this layout. */
export function layoutStrides(
  layout: Layout,
  channels: number,
  space: readonly number[],
): { batch: number; channel: number; space: number[] } {
  const cells = space.reduce((product, size) => product * size, 1)
  const inner = layout === 'channels-first' ? 1 : channels
  const strides: number[] = []
  let stride = inner
  for (let a = space.length - 1; a >= 0; a--) {
    strides[a] = stride
    stride *= space[a]!
  }
  return {
    batch: cells * channels,
    channel: layout === 'channels-first' ? cells : 1,
    space: strides,
  }
}
