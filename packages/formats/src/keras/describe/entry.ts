/** What a layer of Striate is in Keras. */
import { fail, type nn } from 'striate'
import type { Json } from '../config.ts'

/** A layer of Keras: its class, its settings, and the layer of Striate whose weights it takes. */
export interface Entry {
  readonly className: string
  readonly config: { readonly [key: string]: Json }
  readonly source?: nn.Layer
}

/** A layer and how errors call it. */
export interface Described {
  readonly op: string
  readonly where: string
  readonly layer: nn.Layer
  readonly arguments: readonly unknown[]
}

export type Describer = (described: Described) => readonly Entry[]

/** Says that Keras has no such layer, and why. */
export function refuse(
  { op, where }: Pick<Described, 'op' | 'where'>,
  reason: string,
  hint?: string,
): never {
  const needs = 'must be a layer that Keras has too'
  return fail({ op, argument: where, needs, got: reason, ...(hint === undefined ? {} : { hint }) })
}

export const optionsAt = (described: Described, at: number): Readonly<Record<string, unknown>> =>
  (described.arguments[at] ?? {}) as Readonly<Record<string, unknown>>

export const dataFormat = (options: Readonly<Record<string, unknown>>): string =>
  options.layout === 'channels-last' ? 'channels_last' : 'channels_first'

/** One whole number per axis. */
export const sizes = (value: unknown, rank: number, otherwise: number): number[] =>
  Array.isArray(value)
    ? (value as number[])
    : Array.from({ length: rank }, () => (value as number | undefined) ?? otherwise)

type Pairs = (readonly [low: number, high: number])[]

/** Padding in numbers as pairs; a name as it is. */
export function paddingOf(value: unknown, rank: number): 'valid' | 'same' | 'causal' | Pairs {
  if (value === undefined || value === 'valid' || value === 0) return 'valid'
  if (value === 'same' || value === 'causal') return value
  const list: readonly unknown[] = Array.isArray(value)
    ? value
    : Array.from({ length: rank }, () => value)
  const pairs = list.map((each) => (Array.isArray(each) ? each : [each, each]) as [number, number])
  return pairs.every((pair) => pair.every((cells) => cells === 0)) ? 'valid' : pairs
}

/** Zeros around the space; negative counts crop. */
export function padEntries(described: Described, pairs: Pairs, format: string): Entry[] {
  const rank = pairs.length
  const plain = (list: Pairs): Json => (rank === 1 ? [...list[0]!] : list.map((pair) => [...pair]))
  const added = pairs.map(([low, high]) => [Math.max(low, 0), Math.max(high, 0)] as const)
  const cut = pairs.map(([low, high]) => [Math.max(-low, 0), Math.max(-high, 0)] as const)
  const isSome = (list: Pairs): boolean => list.some((pair) => pair.some((cells) => cells > 0))
  // Keras crops series with the channels last alone, and has no setting for it.
  const cropFormat = rank === 1 ? {} : { data_format: format }
  if (rank === 1 && format === 'channels_first' && isSome(cut))
    refuse(described, 'cropping with the channels first', "layout: 'channels-last' can be written")
  return [
    ...(isSome(added)
      ? [
          {
            className: `ZeroPadding${rank}D`,
            config: { padding: plain(added), data_format: format },
          },
        ]
      : []),
    ...(isSome(cut)
      ? [{ className: `Cropping${rank}D`, config: { cropping: plain(cut), ...cropFormat } }]
      : []),
  ]
}
