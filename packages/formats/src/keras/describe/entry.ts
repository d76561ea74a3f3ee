/** What a layer of Striate is in Keras. */
import { fail, type Layout, type nn, type Tensor } from 'striate'
import type { LayerCall } from '../../source/description.ts'
import type { Json } from '../config.ts'

/** A layer of Keras: its class, its settings, and the layer of Striate whose weights it takes. */
export interface Entry {
  readonly className: string
  readonly config: { readonly [key: string]: Json }
  readonly source?: nn.Layer
  /** The states, where they are not those of the source. */
  readonly states?: Readonly<Record<string, Tensor>>
}

/** Whose settings are read, as errors call it. */
export interface Place {
  readonly op: string
  readonly where: string
}

/** A layer, how errors call it, and a call of it. */
export interface Described extends Place {
  readonly layer: nn.Layer
  readonly arguments: readonly unknown[]
  readonly call: LayerCall
  /** Where the value that is written has its channels; the layer may say otherwise. */
  readonly layout: Layout
  /** Places of the network's axes in the value that is written. */
  readonly placeOf: (axis: number) => number
  /** Whether the input has no negative cells, so that zeros around it are never the largest. */
  readonly isNonNegative: boolean
}

export type Describer = (described: Described) => readonly Entry[]

/** Says that Keras has no such layer, and why. */
export function refuse({ op, where }: Place, reason: string, hint?: string): never {
  const needs = 'must be a layer that Keras has too'
  return fail({ op, argument: where, needs, got: reason, ...(hint === undefined ? {} : { hint }) })
}

export const optionsAt = (described: Described, at: number): Readonly<Record<string, unknown>> =>
  (described.arguments[at] ?? {}) as Readonly<Record<string, unknown>>

/** Keras's word for a layout. */
export const dataFormat = ({ layout }: Pick<Described, 'layout'>): string =>
  layout.replace('-', '_')

/** One whole number per axis. */
export const sizes = (value: unknown, rank: number, otherwise: number): number[] =>
  Array.isArray(value)
    ? (value as number[])
    : Array.from({ length: rank }, () => (value as number | undefined) ?? otherwise)

export type Pairs = readonly (readonly [low: number, high: number])[]

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

export const isSamePads = (a: Pairs, b: Pairs): boolean =>
  a.every(([low, high], axis) => low === b[axis]![0] && high === b[axis]![1])

/** Zeros around the space; negative counts crop. */
export function padEntries(place: Place, pairs: Pairs, format: string): Entry[] {
  const rank = pairs.length
  const plain = (list: Pairs): Json => (rank === 1 ? [...list[0]!] : list.map((pair) => [...pair]))
  const added = pairs.map(([low, high]) => [Math.max(low, 0), Math.max(high, 0)] as const)
  const cut = pairs.map(([low, high]) => [Math.max(-low, 0), Math.max(-high, 0)] as const)
  const isSome = (list: Pairs): boolean => list.some((pair) => pair.some((cells) => cells > 0))
  // Keras crops series with the channels last alone, and has no setting for it.
  const cropFormat = rank === 1 ? {} : { data_format: format }
  if (rank === 1 && format === 'channels_first' && isSome(cut))
    refuse(place, 'cropping with the channels first', "layout: 'channels-last' can be written")
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
