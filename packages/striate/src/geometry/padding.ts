/** Padding in every spelling, as `[low, high]` per axis; and where each padding mode finds its values. */
import { describe, fail } from '../errors.ts'
import { kernelExtent } from './axis.ts'

export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'

/**
 * A number for every side; one number per axis; `[low, high]` per axis; `'valid'` (none);
 * `'same'` (output `⌈input / stride⌉`, the odd cell at the end); `'causal'` (only before the input).
 */
export type Padding =
  | number
  | readonly number[]
  | readonly (readonly [number, number])[]
  | 'valid'
  | 'same'
  | 'causal'

export type SizeArgument = number | readonly number[]

/** One whole number per axis, from a number for all or one each. */
export function perAxis(
  op: string,
  argument: string,
  value: SizeArgument | undefined,
  rank: number,
  otherwise: number,
  least = 1,
): number[] {
  const all = value === undefined ? otherwise : value
  const list = typeof all === 'number' ? Array.from({ length: rank }, () => all) : all
  const needs = `must be a whole number of at least ${least}, or ${rank} of them (one per axis)`
  if (!Array.isArray(list)) fail({ op, argument, got: describe(value), needs })
  const sizes: number[] = []
  for (const size of list as readonly unknown[]) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < least)
      fail({ op, argument, got: describe(value), needs })
    sizes.push(size)
  }
  if (sizes.length !== rank) {
    const hint = sizes.length === 1 ? `${sizes[0]} alone applies to every axis` : undefined
    fail({ op, argument, got: describe(value), needs, ...(hint ? { hint } : {}) })
  }
  return sizes
}

export interface PaddingContext {
  readonly input: readonly number[]
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}

type Pair = [low: number, high: number]

/** `[low, high]` per axis of a convolution or pooling window. */
export function resolvePadding(
  op: string,
  padding: Padding | undefined,
  context: PaddingContext,
): Pair[] {
  const { input, kernel, stride, dilation } = context
  if (padding === 'same' || padding === 'causal') {
    return input.map((size, a): Pair => {
      const extent = kernelExtent(kernel[a]!, dilation[a]!)
      if (padding === 'causal') return [extent - 1, 0]
      const output = Math.ceil(size / stride[a]!)
      const total = Math.max((output - 1) * stride[a]! + extent - size, 0)
      return [Math.floor(total / 2), total - Math.floor(total / 2)]
    })
  }
  return explicitPairs(op, padding, input.length)
}

/** `[low, high]` per axis cut from a transposed convolution, and the output padding that goes with it. */
export function resolveTransposedPadding(
  op: string,
  padding: Padding | undefined,
  context: PaddingContext,
): { pairs: Pair[]; outputPadding: number[] } {
  const { input, kernel, stride, dilation } = context
  if (padding === 'same' || padding === 'causal') {
    const excess = input.map((_, a) => kernelExtent(kernel[a]!, dilation[a]!) - stride[a]!)
    return {
      pairs: excess.map((cells): Pair => {
        const total = Math.max(cells, 0)
        const low = padding === 'causal' ? 0 : Math.floor(total / 2)
        return [low, total - low]
      }),
      outputPadding: excess.map((cells) => Math.max(-cells, 0)),
    }
  }
  return { pairs: explicitPairs(op, padding, input.length), outputPadding: input.map(() => 0) }
}

function explicitPairs(op: string, padding: Padding | undefined, rank: number): Pair[] {
  const needs = `must be a whole number of at least 0, ${rank} of them (one per axis), ${rank} [low, high] pairs, 'valid', 'same' or 'causal'`
  const wrong = (): never => fail({ op, argument: 'padding', got: describe(padding), needs })
  const whole = (value: unknown): number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : wrong()
  if (padding === undefined || padding === 'valid')
    return Array.from({ length: rank }, (): Pair => [0, 0])
  if (typeof padding === 'number') {
    const size = whole(padding)
    return Array.from({ length: rank }, (): Pair => [size, size])
  }
  if (!Array.isArray(padding) || padding.length !== rank) return wrong()
  return (padding as readonly unknown[]).map((entry): Pair => {
    if (!Array.isArray(entry)) return [whole(entry), whole(entry)]
    if (entry.length !== 2) return wrong()
    return [whole(entry[0]), whole(entry[1])]
  })
}

export const paddingModes: readonly PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular']

/** Checks that a mode exists and can fill `low` and `high` cells beside `size` cells. */
export function checkPaddingMode(
  op: string,
  mode: PaddingMode,
  size: number,
  low: number,
  high: number,
): void {
  if (!paddingModes.includes(mode)) {
    fail({
      op,
      argument: 'paddingMode',
      got: describe(mode),
      needs: `must be one of ${paddingModes.map((name) => `'${name}'`).join(', ')}`,
    })
  }
  const most = mostPadding(mode, size)
  const asked = Math.max(low, high)
  if (asked > most) {
    fail({
      op,
      argument: 'padding',
      got: `${asked} cells beside an axis of ${size}`,
      needs: `must be at most ${most} for paddingMode '${mode}' on this axis`,
      hint: "paddingMode 'replicate' or 'zeros' has no such limit",
    })
  }
}

/** The most cells that a mode can fill beside `size` cells: a mirror shows each cell once, a circle turns once. */
export const mostPadding = (mode: PaddingMode, size: number): number =>
  mode === 'reflect' ? size - 1 : mode === 'circular' ? size : Number.POSITIVE_INFINITY

/** The input cell that stands at `position` of an axis continued by `mode`, or −1 for a zero. */
export function paddedIndex(mode: PaddingMode, position: number, size: number): number {
  if (position >= 0 && position < size) return position
  switch (mode) {
    case 'zeros':
      return -1
    case 'replicate':
      return position < 0 ? 0 : size - 1
    case 'reflect':
      return position < 0 ? -position : 2 * (size - 1) - position
    case 'circular':
      return ((position % size) + size) % size
  }
}
