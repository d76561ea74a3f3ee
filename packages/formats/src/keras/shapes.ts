/** Shapes of values on their way through a network, the batch first; null is any size. */
import { describe, fail, type Layout } from 'striate'
import type { Config } from './config.ts'

export type Size = number | null
export type Shape = readonly Size[]
export type Rank = 1 | 2 | 3

export const showShape = (shape: Shape): string =>
  `[${shape.map((size) => size ?? '?').join(', ')}]`

export const layoutOf = (config: Config): Layout =>
  config.oneOf('data_format', ['channels_last', 'channels_first'], 'channels_last') ===
  'channels_last'
    ? 'channels-last'
    : 'channels-first'

/** Requires a shape of a batch, channels and `rank` axes of space. */
export function checkSpace(config: Config, shape: Shape, rank: Rank): void {
  if (shape.length === rank + 2) return
  const needs = `expects ${rank + 2} axes`
  fail({ op: config.op, argument: config.where, needs, got: showShape(shape) })
}

/** The size of an axis that weights depend on. */
export function knownSize(config: Config, shape: Shape, axis: number): number {
  const size = shape.at(axis)
  if (typeof size === 'number' && size >= 1) return size
  const needs = `must be given a size for axis ${axis} of its input`
  return fail({ op: config.op, argument: config.where, needs, got: showShape(shape) })
}

export const channelsOf = (config: Config, shape: Shape, layout: Layout): number =>
  knownSize(config, shape, layout === 'channels-last' ? shape.length - 1 : 1)

export const spaceOf = (shape: Shape, layout: Layout): Shape =>
  layout === 'channels-last' ? shape.slice(1, -1) : shape.slice(2)

export function withSpace(shape: Shape, layout: Layout, space: Shape, channels?: Size): Shape {
  const batch = shape[0] ?? null
  const last = channels === undefined ? shape.at(layout === 'channels-last' ? -1 : 1)! : channels
  return layout === 'channels-last' ? [batch, ...space, last] : [batch, last, ...space]
}

export interface WindowSizes {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: 'valid' | 'same' | 'causal'
}

/** Cells that windows give along each axis. */
export function windowSpace(config: Config, space: Shape, sizes: WindowSizes): Shape {
  return space.map((size, axis) => {
    if (size === null) return null
    const stride = sizes.stride[axis]!
    if (sizes.padding !== 'valid') return Math.ceil(size / stride)
    const extent = (sizes.kernel[axis]! - 1) * sizes.dilation[axis]! + 1
    if (size >= extent) return Math.floor((size - extent) / stride) + 1
    const needs = `expects at least ${extent} cells along axis ${axis} of its space`
    return fail({ op: config.op, argument: config.where, needs, got: `${size}` })
  })
}

/** The shape of values of both shapes together, as NumPy broadcasts. */
export function broadcastShapes(config: Config, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis): Size => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length])
    const given = sizes.filter((size): size is number => typeof size === 'number' && size !== 1)
    if (given.some((size) => size !== given[0])) {
      const got = shapes.map(showShape).join(' and ')
      fail({
        op: config.op,
        argument: config.where,
        needs: 'expects inputs that fit together',
        got,
      })
    }
    return given[0] ?? (sizes.includes(null) ? null : 1)
  })
}

/** Elements of a shape without its batch; null where a size is open. */
export function elementsOf(shape: Shape): Size {
  return shape
    .slice(1)
    .reduce<Size>((all, size) => (all === null || size === null ? null : all * size), 1)
}

/** An axis of a shape, counted from the end where negative. */
export function axisOf(config: Config, name: string, axis: unknown, rank: number): number {
  if (Number.isInteger(axis) && (axis as number) >= -rank && (axis as number) < rank)
    return ((axis as number) + rank) % rank
  return config.refuse(name, `must be an axis of ${rank}, got ${describe(axis)}`)
}
