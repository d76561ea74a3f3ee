/** What the process that counts and the processes that read say to each other. */

/** Inputs `first` to `last`, both included. */
export interface Order {
  readonly seed: number
  readonly first: number
  readonly last: number
  /** One target, or all. */
  readonly only: string | null
  /** Folders of real files; empty where there are none. */
  readonly shared: string
  readonly fixtures: string
  /** A file of 8 bytes: the number of the input that is being read. */
  readonly sign: string
  /** Where inputs are saved that something is wrong with. */
  readonly findings: string
  /** Whether the first input is to be saved and not read. */
  readonly saveOnly: boolean
}

export type Report =
  | { readonly unknown: readonly string[] }
  | { readonly broken: string }
  | { readonly targets: readonly string[] }
  /** How far it has come, and what came of it so far. */
  | { readonly at: number; readonly read: number; readonly refused: number }
  /** A message that does not say where, and what it has in common with others. */
  | { readonly placeless: string; readonly example: string }
  | {
      readonly fault: number
      readonly target: string
      readonly sample: string
      readonly faults: readonly string[]
      readonly saved: string
    }
  | { readonly saved: string; readonly target: string; readonly sample: string }
  | { readonly done: true; readonly read: number; readonly refused: number }
