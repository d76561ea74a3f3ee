/** Runs a random convolution on the engine that is set, from arrays of its numbers. */
import { conv, convTranspose, type Tensor, tensor } from 'striate'
import type { ConvolutionSpec } from '../../src/explain/index.ts'
import type { RandomConvolution } from './geometries.ts'

export interface Shapes {
  /** With the batch, in the layout. */
  readonly x: readonly number[]
  readonly weight: readonly number[]
  readonly bias: readonly number[] | null
}

export function shapesOf(c: RandomConvolution): Shapes {
  const inChannels = c.groups * c.inPerGroup
  const outChannels = c.groups * c.outPerGroup
  return {
    x:
      c.layout === 'channels-first'
        ? [c.batch, inChannels, ...c.input]
        : [c.batch, ...c.input, inChannels],
    weight: c.transposed
      ? [inChannels, c.outPerGroup, ...c.kernel]
      : [outChannels, c.inPerGroup, ...c.kernel],
    bias: c.bias ? [outChannels] : null,
  }
}

/** The operator on given tensors. */
export function run(c: RandomConvolution, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const { stride, dilation, padding, paddingMode, groups, layout, outputPadding } = c
  const options = { bias, stride, dilation, padding, paddingMode, groups, layout }
  return c.transposed
    ? convTranspose(x, weight, { ...options, outputPadding })
    : conv(x, weight, options)
}

/** The same as a spec to explain, without a batch. */
export function specOf(c: RandomConvolution): ConvolutionSpec {
  const { stride, dilation, padding, paddingMode, groups, layout, transposed, outputPadding } = c
  return {
    input: shapesOf(c).x.slice(1),
    outChannels: groups * c.outPerGroup,
    kernelSize: c.kernel,
    stride,
    dilation,
    padding,
    paddingMode,
    groups,
    layout,
    transposed,
    ...(transposed ? { outputPadding } : {}),
    bias: c.bias,
  }
}

/** `count` whole numbers from −3 to 3 of a fixed sequence. */
export function wholeNumbers(count: number, seed: number): number[] {
  let state = (Math.imul(seed + 1, 2654435761) + 12345) >>> 0
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * 7) - 3
  })
}

/** A tensor of such numbers: sums of their products are exact in every engine. */
export const wholeTensor = (shape: readonly number[], seed: number): Tensor =>
  tensor(
    wholeNumbers(
      shape.reduce((size, length) => size * length, 1),
      seed,
    ),
    shape,
  )
