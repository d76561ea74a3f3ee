/** A convolution of any rank as geometry: batch, channels, groups, and one window axis per dimension. */
import { type Axis, usefulTaps } from './axis.ts'
import { type Layout, layShape } from './layout.ts'

export interface ConvolutionGeometry {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly groups: number
  readonly axes: readonly Axis[]
  readonly layout: Layout
  /** How the sum may round, where the engine's setting is not to decide. */
  readonly precision?: 'exact' | 'fast'
}

export const product = (sizes: readonly number[]): number =>
  sizes.reduce((total, size) => total * size, 1)

export const inputShape = (g: ConvolutionGeometry): number[] =>
  layShape(
    g.layout,
    g.batch,
    g.inChannels,
    g.axes.map((axis) => axis.input),
  )

export const outputShape = (g: ConvolutionGeometry): number[] =>
  layShape(
    g.layout,
    g.batch,
    g.outChannels,
    g.axes.map((axis) => axis.output),
  )

/**
 * `[out, in/groups, ...kernel]`; transposed (kernel stored in reverse) `[in, out/groups, ...kernel]`.
 */
export function weightShape(g: ConvolutionGeometry): number[] {
  const kernel = g.axes.map((axis) => axis.kernel)
  return isTransposed(g)
    ? [g.inChannels, g.outChannels / g.groups, ...kernel]
    : [g.outChannels, g.inChannels / g.groups, ...kernel]
}

/** Whether weights lie as `[in, out/groups]` and in reverse: transposed convolution, and the input gradient of a plain one. */
export const isTransposed = (g: ConvolutionGeometry): boolean => g.axes[0]?.flip ?? false

/**
 * Multiply-adds counted for every tap of every cell: for a convolution of every output cell, for a
 * transposed one of every input cell (each input is multiplied with the whole kernel once).
 */
export function nominalMultiplyAdds(g: ConvolutionGeometry): number {
  const cells = product(g.axes.map((axis) => (axis.flip ? axis.input : axis.output)))
  const taps = product(g.axes.map((axis) => axis.kernel))
  return g.batch * g.outChannels * (g.inChannels / g.groups) * cells * taps
}

/** Multiply-adds whose tap meets an input cell: padding and the holes of a transposed window left out. */
export function usefulMultiplyAdds(g: ConvolutionGeometry): number {
  const pairs = product(g.axes.map(usefulTaps))
  return g.batch * g.outChannels * (g.inChannels / g.groups) * pairs
}
