/** Pooling by plain loops over cells, written apart from the library, and random settings for it. */
import fc from 'fast-check'
import { sizeOf } from './draw.ts'

export interface Pooling {
  readonly input: readonly number[]
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly ceilMode: boolean
}

interface PoolingAxis {
  readonly input: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly low: number
  readonly high: number
}

const axis: fc.Arbitrary<PoolingAxis> = fc
  .record({
    more: fc.integer({ min: 0, max: 5 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    low: fc.integer({ min: 0, max: 2 }),
    high: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ more, ...rest }) => {
    const half = Math.floor(rest.kernel / 2)
    const [low, high] = [Math.min(rest.low, half), Math.min(rest.high, half)]
    // An input as long as the window reaches keeps dilated windows from falling between its cells.
    return { ...rest, low, high, input: rest.dilation * (rest.kernel - 1) + 1 + more }
  })

/** Settings of any rank from 1 to 3 in which no window is empty. */
export const poolings: fc.Arbitrary<Pooling> = fc
  .tuple(fc.array(axis, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([axes, ceilMode]) => ({
    input: axes.map((a) => a.input),
    kernel: axes.map((a) => a.kernel),
    stride: axes.map((a) => a.stride),
    dilation: axes.map((a) => a.dilation),
    padding: axes.map((a) => [a.low, a.high] as const),
    ceilMode,
  }))

/** Output sizes by counting window starts one after the other. */
export function outputSizes(p: Pooling): number[] {
  return p.input.map((input, a) => {
    const [low, high] = p.padding[a]!
    const end = input + low + high
    const reach = p.dilation[a]! * (p.kernel[a]! - 1)
    let count = 0
    for (let start = 0; start + reach < end; start += p.stride[a]!) count++
    const next = count * p.stride[a]!
    const last = (count - 1) * p.stride[a]! + reach
    // Ceil mode adds a window if cells are left over, unless it would start beyond input and low padding.
    return p.ceilMode && last < end - 1 && next < input + low ? count + 1 : count
  })
}

export interface Window {
  /** Values of the plane that the window covers. */
  readonly values: readonly number[]
  /** Row-major places of those values. */
  readonly places: readonly number[]
  /** Taps that lie in the input or its padding. */
  readonly padded: number
}

const unravel = (index: number, shape: readonly number[]): number[] => {
  const at: number[] = []
  for (let a = shape.length - 1; a >= 0; a--) {
    at[a] = index % shape[a]!
    index = Math.floor(index / shape[a]!)
  }
  return at
}

/** Every window of one plane, in row-major order of the outputs. */
export function windowsOf(plane: ArrayLike<number>, p: Pooling): Window[] {
  const outputs = outputSizes(p)
  return Array.from({ length: sizeOf(outputs) }, (_, o) => {
    const out = unravel(o, outputs)
    const values: number[] = []
    const places: number[] = []
    let padded = 0
    for (let k = 0; k < sizeOf(p.kernel); k++) {
      const tap = unravel(k, p.kernel)
      const at = tap.map((t, a) => out[a]! * p.stride[a]! + t * p.dilation[a]! - p.padding[a]![0])
      if (at.every((i, a) => i < p.input[a]! + p.padding[a]![1])) padded++
      if (!at.every((i, a) => i >= 0 && i < p.input[a]!)) continue
      const place = at.reduce((sum, i, a) => sum * p.input[a]! + i, 0)
      places.push(place)
      values.push(plane[place]!)
    }
    return { values, places, padded }
  })
}
