/** What the compiler knows of a layer's channels, and how it compares neighbours. */
import type { Layer } from './layer.ts'

declare const same: unique symbol
declare const features: unique symbol

/** Channels that come out as they went in. */
export type Same = number & { readonly [same]: true }

/** The size of a last axis, which linear layers read: another count than channels. */
export type Features<Count extends number = number> = number & { readonly [features]: Count }

/** What the compiler reads out where a layer does not fit: it stands in the layer's place. */
export type Mismatch<
  Before extends string,
  Taken extends string,
> = `the layer before gives ${Before}, this one takes ${Taken}`

/** A literal count of channels or features as words, or `unknown`. */
type Words<Count> =
  Count extends Features<infer N>
    ? number extends N
      ? unknown
      : `${N} features`
    : number extends Count
      ? unknown
      : Count extends Same
        ? unknown
        : Count extends number
          ? `${Count} channels`
          : unknown

/** The same word at the end: both count channels, or both features. */
type Kind<Text> = Text extends `${string} ${infer Unit}` ? Unit : unknown

/** `Taking` itself if it may follow `Before`, else the complaint. */
export type Fits<Before, In, Taking> =
  Words<Before> extends infer B
    ? Words<In> extends infer A
      ? B extends string
        ? A extends string
          ? B extends A
            ? Taking
            : Kind<A> extends Kind<B>
              ? Mismatch<B, A>
              : Taking
          : Taking
        : Taking
      : never
    : never

/** What follows `Before` through a layer that gives `Out`. */
export type After<Before, Out> = Out extends Same ? Before : Out

type InOf<L> = L extends Layer<infer In, number> ? In : number
type OutOf<L> = L extends Layer<number, infer Out> ? Out : number

/** Each layer, or the complaint at its place. */
export type Chain<
  Layers extends readonly unknown[],
  Before = number,
  Done extends readonly unknown[] = [],
> = Layers extends readonly [infer First, ...infer Rest]
  ? Chain<Rest, After<Before, OutOf<First>>, [...Done, Fits<Before, InOf<First>, First>]>
  : readonly [...Done, ...Layers]

/** What a chain takes: the first count that a layer asks for. */
export type ChainIn<Layers extends readonly unknown[]> = Layers extends readonly [
  infer First,
  ...infer Rest,
]
  ? OutOf<First> extends Same
    ? ChainIn<Rest>
    : InOf<First>
  : number

/** What a chain gives: the last count that a layer sets, or the same as it takes. */
export type ChainOut<
  Layers extends readonly unknown[],
  Before extends number = Same,
> = Layers extends readonly [infer First, ...infer Rest]
  ? ChainOut<Rest, After<Before, OutOf<First>> & number>
  : Layers extends readonly []
    ? Before
    : number

/** What a layer takes, and what it gives, by type. */
export type Taken<L> = L extends Layer ? InOf<L> : number
export type Given<L> = L extends Layer ? OutOf<L> : number
