/** What writers of Keras's layers share: how options are read, and how weights are told. */
import type { LayerCall, Module } from '../description.ts'
import type { Flow, Held } from './flow.ts'

/** How a weight of the network becomes one of Keras: under which shape, and in which order of axes. */
export interface WeightRule {
  readonly state: string
  readonly shape?: readonly number[]
  readonly axes?: readonly number[]
}

export interface LayerPlace {
  readonly flow: Flow
  readonly where: string
  /** The words for the layer of a module: made once, whatever the number of its calls. */
  readonly layer: (module: Module, text: string, weights: readonly WeightRule[]) => string
}

export type Options = Readonly<Record<string, unknown>>
export type Write = (call: LayerCall, x: Held, place: LayerPlace) => Held | null

export const givenOf = ({ module }: LayerCall): readonly unknown[] => module.recipe!.arguments
export const optionsAt = (call: LayerCall, index: number): Options =>
  (givenOf(call)[index] ?? {}) as Options
export const numberIn = (options: Options, name: string, otherwise: number): number =>
  (options[name] as number | undefined) ?? otherwise
export const isLast = (options: Options): boolean => options.layout === 'channels-last'
export const channelOf = (options: Options, x: Held): number =>
  isLast(options) ? x.order.length - 1 : 1
export const rankAt = (builder: string): number => Number(builder.at(-2))

export const weight = (state: string): WeightRule => ({ state })

/** Words of arguments, joined. */
export const words = (...parts: readonly (string | false)[]): string =>
  parts.filter((part) => part !== false && part !== '').join(', ')

export const formatWord = (flow: Flow): string =>
  flow.channelsLast ? '' : 'data_format="channels_first"'
