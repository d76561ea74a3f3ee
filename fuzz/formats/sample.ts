/** What is fuzzed: readers, and whole files for them. */

/** A file that a reader takes as it stands. */
export interface Sample {
  readonly name: string
  readonly bytes: Uint8Array
  /** The parts of which it is packed, where it is a zip file: each can be spoiled in a file that is whole. */
  readonly entries?: Readonly<Record<string, Uint8Array>>
  /** Files beside it, by name. */
  readonly beside?: Readonly<Record<string, Uint8Array>>
}

export interface Target {
  readonly name: string
  readonly samples: readonly Sample[]
  /** Whether the reader takes a path and looks for files beside it. */
  readonly byPath: boolean
  /** Reads everything that the file has; throws a StriateError where it is not as it must be. */
  readonly read: (input: Input) => unknown
}

export interface Input {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The file on disk, where the reader wants one. */
  readonly path: string
  readonly beside: Readonly<Record<string, Uint8Array>>
}
