/** What the process that counts and the process that computes say to each other. */

/** Cases `first` to `last`, both included; each is `seed + number`. */
export interface Order {
  readonly seed: number
  readonly first: number
  readonly last: number
  readonly only: string | null
}

export type Report =
  | { readonly begun: number }
  | {
      readonly failed: number
      readonly message: string
      /** The smallest case that fails as well, as code. */
      readonly code: string
    }
  | { readonly done: true }
