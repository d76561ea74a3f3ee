/** How TensorFlow.js lays out filters, channels and padding, and what they are here. */
import { type Padding, permute, reshape, type Tensor } from 'striate'
import type { Layout } from '../../src/geometry/layout.ts'
import { toTensor } from './tfjsCases.ts'

export type Results = Readonly<Record<string, Tensor>>
export type Operator = (...args: readonly never[]) => Tensor | Results
export type Sizes = number | readonly number[]
export type Pairs = readonly (readonly [number, number])[]
export type PeerPad = number | 'same' | 'valid' | Pairs

/** `[in, out]` at the end of a filter become `[out, in]` at its beginning. */
export function filterFirst(filter: Tensor): Tensor {
  const rank = filter.rank
  return permute(filter, [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, a) => a)])
}

/** `[...kernel, in, multiplier]` → `[in · multiplier, 1, ...kernel]`. */
export function depthwiseFirst(filter: Tensor): Tensor {
  const kernel = filter.shape.slice(0, -2)
  const [inputs, multiplier] = filter.shape.slice(-2) as [number, number]
  const order = [filter.rank - 2, filter.rank - 1, ...kernel.map((_, a) => a)]
  return reshape(permute(filter, order), [inputs * multiplier, 1, ...kernel])
}

export const layoutOf = (format: string | null | undefined): Layout =>
  format?.startsWith('NC') ? 'channels-first' : 'channels-last'

/** A peer's padding names all axes of the batch; ours those of space. */
export function paddingOf(value: PeerPad, rank: number, layout: Layout): Padding {
  if (!Array.isArray(value)) return value as number | 'same' | 'valid'
  const first = layout === 'channels-first' ? 2 : 1
  return (value as Pairs).slice(first, first + rank)
}

/** Runs an operator over a batch on input that may come without its batch axis. */
export function batched(value: unknown, rank: number, run: (x: Tensor) => Tensor): Tensor {
  const x = toTensor(value)
  if (x.rank === rank + 2) return run(x)
  const y = run(reshape(x, [1, ...x.shape]))
  return reshape(y, y.shape.slice(1))
}

export const given = <Value>(value: Value | null | undefined, otherwise: Value): Value =>
  value ?? otherwise
