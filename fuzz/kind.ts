/** What a kind of random case is. */
import type { Random } from './random.ts'
import type { Named, Script } from './script.ts'

/** Plain data: it is shrunk field by field, and printed. */
export type Data = { readonly [field: string]: unknown }

export interface Kind<D extends Data = Data> {
  readonly name: string
  draw(random: Random): D
  /** The results of a case. @throws StriateError where its parts do not fit together. */
  build(data: D, script: Script): readonly Named[]
}

/** How the engine runs a case. */
export interface Setting extends Data {
  readonly threads: number
  /** Name of a convolution algorithm that is taken wherever it applies. */
  readonly algorithm: string | null
  readonly canaries: boolean
  /** Runs with the same arrays, which stay in the engine's memory from the second on. */
  readonly repeats: number
  /** Whether a last run brings other values. */
  readonly changes: boolean
  readonly scale: number
  readonly valueSeed: number
}

export interface Case extends Data {
  readonly kind: string
  readonly data: Data
  readonly setting: Setting
}
